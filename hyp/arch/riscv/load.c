/*
 * CSRs of a vCPU, floating point, and preparing harts.
 *
 * Floating point.  A guest's registers are restored before its first entry after a load, and saved at the put only if
 * it has written some: hardware marks that in FS of our sstatus too.  Why not wait for their first use: with FS = off
 * that is an illegal instruction of the guest's, which would have to come to us, and the firmware of newer QEMUs does
 * not bring it (docs/platform.md, "Guests on RISC-V").  So illegal instructions are the guest's own affair,
 * always.  Its own vsstatus.FS is checked by hardware besides.
 * Hardware: [RV-PRIV] "Virtual Supervisor Status (vsstatus) Register", "Hypervisor Trap Delegation".
 */
#include "hyp_riscv.h"
#include "hyp/vm.h"
#include "riscv.h"

/* What a guest would get on a machine of its own. */
#define HEDELEG_GUEST                                                                                        \
	(1ull << CAUSE_FETCH_MISALIGNED | 1ull << CAUSE_FETCH_ACCESS | 1ull << CAUSE_ILLEGAL |               \
	 1ull << CAUSE_BREAKPOINT | 1ull << CAUSE_LOAD_MISALIGNED | 1ull << CAUSE_LOAD_ACCESS |              \
	 1ull << CAUSE_STORE_MISALIGNED | 1ull << CAUSE_STORE_ACCESS | 1ull << CAUSE_USER_ECALL |            \
	 1ull << CAUSE_FETCH_PAGE | 1ull << CAUSE_LOAD_PAGE | 1ull << CAUSE_STORE_PAGE)

#define HCOUNTEREN_CY_TM_IR 7
#define HENVCFG_STCE        (1ull << 63)

bool riscv_guest_sstc;

/* ---- Harts --------------------------------------------------------------------------------------------- */

const char *arch_hyp_probe(void)
{
	return riscv_machine.has_h ? NULL : "no H extension";
}

void arch_hyp_init(void)
{
	riscv_vmid_init();
	riscv_guest_sstc = riscv_machine.has_sstc;
}

/*
 * hie stays 0: an interrupt of a guest's is never one of ours.  hideleg stays set: with it clear, a pending VSSIP would
 * come to the kernel.
 */
void arch_hyp_cpu_init(void)
{
	csr_write(hgatp, 0);
	csr_write(hie, 0);
	csr_write(hvip, 0);
	csr_write(hideleg, HIP_VSSIP | HIP_VSTIP | HIP_VSEIP);
	csr_write(hedeleg, HEDELEG_GUEST);
	csr_write(hcounteren, HCOUNTEREN_CY_TM_IR);
	if (riscv_machine.has_sstc) {
		csr_set(henvcfg, HENVCFG_STCE);
		csr_write(vstimecmp, TIMECMP_NEVER);
	}
}

/* ---- Floating point ------------------------------------------------------------------------------------ */

static void fp_load(struct arch_vcpu *arch)
{
	arch_fp_restore(&arch->fp);
	csr_clear(sstatus, SSTATUS_FS);
	csr_set(sstatus, SSTATUS_FS_CLEAN);
	arch->fp_loaded = true;
}

static void fp_put(struct arch_vcpu *arch)
{
	if (!arch->fp_loaded)
		return;
	arch_fp_save_and_disable(&arch->fp);
	arch->fp_loaded = false;
}

/* ---- A vCPU's CSRs ------------------------------------------------------------------------------------- */

static struct riscv_shared_csrs read_shared(void)
{
	return (struct riscv_shared_csrs){ csr_read(scounteren), csr_read(senvcfg) };
}

static void write_shared(const struct riscv_shared_csrs *shared)
{
	csr_write(scounteren, shared->scounteren);
	csr_write(senvcfg, shared->senvcfg);
}

void riscv_csrs_write(const struct arch_vcpu *arch)
{
	csr_write(vsstatus, arch->vs.sstatus);
	csr_write(vsie, arch->vs.sie);
	csr_write(vstvec, arch->vs.stvec);
	csr_write(vsscratch, arch->vs.sscratch);
	csr_write(vsepc, arch->vs.sepc);
	csr_write(vscause, arch->vs.scause);
	csr_write(vstval, arch->vs.stval);
	csr_write(vsatp, arch->vs.satp);
	write_shared(&arch->shared);
	csr_write(hvip, arch->pending);
	csr_write(htimedelta, arch->timedelta);
	if (riscv_guest_sstc)
		csr_write(vstimecmp, arch->vs.timecmp);
}

void arch_vcpu_load(struct vcpu *vcpu)
{
	vcpu->arch.host_shared = read_shared();
	riscv_csrs_write(&vcpu->arch);
}

/*
 * hgatp first: without a second stage, what vsatp leads to is nobody's.  hvip and vstimecmp last: they would go on
 * being pending.  The guest clears VSSIP by itself, so that bit is read back; the others are as they were.
 */
void arch_vcpu_put(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;

	csr_write(hgatp, 0);
	arch->vs.sstatus = csr_read(vsstatus);
	arch->vs.sie = csr_read(vsie);
	arch->vs.stvec = csr_read(vstvec);
	arch->vs.sscratch = csr_read(vsscratch);
	arch->vs.sepc = csr_read(vsepc);
	arch->vs.scause = csr_read(vscause);
	arch->vs.stval = csr_read(vstval);
	arch->vs.satp = csr_read(vsatp);
	arch->shared = read_shared();
	write_shared(&arch->host_shared);
	arch->pending = (arch->pending & ~HIP_VSSIP) | (csr_read(hvip) & HIP_VSSIP);
	csr_write(hvip, 0);
	if (riscv_guest_sstc) {
		arch->vs.timecmp = csr_read(vstimecmp);
		csr_write(vstimecmp, TIMECMP_NEVER);
	}
	fp_put(arch);
}

void arch_vcpu_enter(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;

	if (!arch->fp_loaded)
		fp_load(arch);
	riscv_vcpu_enter(arch);
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

void riscv_vcpu_reset(struct arch_vcpu *arch)
{
	memset(arch->x, 0, sizeof(arch->x));
	memset(&arch->vs, 0, sizeof(arch->vs));
	arch->shared = (struct riscv_shared_csrs){ 0 };
	arch->sstatus = SSTATUS_SPP;
	arch->vs.timecmp = TIMECMP_NEVER;
	arch->pending = 0;
}

u64 arch_vcpu_pc(const struct vcpu *vcpu)
{
	return vcpu->arch.pc;
}

int arch_vcpu_create(struct vcpu *vcpu)
{
	riscv_vcpu_reset(&vcpu->arch);
	arch_fp_init(&vcpu->arch.fp);
	if (vcpu->vm)
		vcpu->arch.timedelta = vcpu->vm->arch.timedelta;
	vcpu->arch.has_news = true;
	return 0;
}

void arch_vcpu_destroy(struct vcpu *vcpu)
{
}

/* A machine's time begins with it, and is the same on all its harts. */
int arch_vm_create(struct vm *vm)
{
	vm->arch.timedelta = -csr_read(time);
	return 0;
}

void arch_vm_destroy(struct vm *vm)
{
}
