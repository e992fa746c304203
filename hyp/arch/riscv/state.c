/*
 * Register sets: all of a vCPU's state, for the monitor to read and write (docs/vm-api.md).
 *
 * Nothing that comes in is believed.  CSRs of a guest's have fields that hardware ought to check and does not: QEMU
 * aborts at a mode of vsatp that does not exist (docs/platform.md, "Guests on RISC-V").  So each field is cut to what
 * the guest itself could have written, or refused.
 *
 * The vCPU is not loaded, so all is in memory.
 */
#include "hyp_riscv.h"
#include "csr.h"
#include "hyp/vm.h"

/* Hardware: [RV-PRIV] "Supervisor Status (sstatus) Register". */
#define SSTATUS_SUM       (1ull << 18)
#define SSTATUS_MXR       (1ull << 19)
#define SSTATUS_UXL_64    (2ull << 32)
#define SSTATUS_GUEST     (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR)
#define SIE_ALL           (SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL)
#define FCSR_ALL          0xff
#define SCOUNTEREN_ALL    7
/* Hardware: [RV-PRIV] "Supervisor Environment Configuration (senvcfg) Register"; 2 is no value of CBIE. */
#define SENVCFG_ALL       0xf1
#define SENVCFG_CBIE      0x30
#define SENVCFG_CBIE_FREE 0x20

static bool satp_is_valid(u64 satp)
{
	enum { BARE = 0, SV39 = 8, SV48, SV57 };
	u64 mode = satp >> 60;

	return mode == BARE || (mode >= SV39 && mode <= SV57);
}

/* ---- Registers ----------------------------------------------------------------------------------------- */

static void core_get(struct vcpu *vcpu, void *data)
{
	const struct arch_vcpu *arch = &vcpu->arch;
	struct vm_riscv_core *core = data;

	core->mode = arch->sstatus & SSTATUS_SPP ? 1 : 0;
	memcpy(core->x, arch->x, sizeof(core->x));
	core->x[0] = 0;
	core->pc = arch->pc;
}

/* An access or call that the monitor was asked to finish is not this one's any more. */
static int core_set(struct vcpu *vcpu, const void *data)
{
	const struct vm_riscv_core *core = data;
	struct arch_vcpu *arch = &vcpu->arch;

	if (core->mode > 1)
		return -EINVAL;
	arch->sstatus = core->mode ? SSTATUS_SPP : 0;
	memcpy(arch->x, core->x, sizeof(arch->x));
	arch->x[0] = 0;
	arch->pc = core->pc & ~1ull;
	vcpu->has_unfinished = false;
	return 0;
}

static void fp_get(struct vcpu *vcpu, void *data)
{
	struct vm_riscv_fp *fp = data;

	fp->reserved = 0;
	memcpy(fp->f, vcpu->arch.fp.f, sizeof(fp->f));
	fp->fcsr = vcpu->arch.fp.fcsr;
}

static int fp_set(struct vcpu *vcpu, const void *data)
{
	const struct vm_riscv_fp *fp = data;

	if (fp->reserved)
		return -EINVAL;
	memcpy(vcpu->arch.fp.f, fp->f, sizeof(fp->f));
	vcpu->arch.fp.fcsr = fp->fcsr & FCSR_ALL;
	return 0;
}

/* ---- CSRs ---------------------------------------------------------------------------------------------- */

static void csrs_get(struct vcpu *vcpu, void *data)
{
	const struct arch_vcpu *arch = &vcpu->arch;
	struct vm_riscv_csr *csr = data;

	csr->reserved = 0;
	csr->sstatus = (arch->vs.sstatus & SSTATUS_GUEST) | SSTATUS_UXL_64;
	csr->sie = arch->vs.sie & SIE_ALL;
	csr->sip = riscv_sip_get(vcpu);
	csr->stvec = arch->vs.stvec;
	csr->sscratch = arch->vs.sscratch;
	csr->sepc = arch->vs.sepc;
	csr->scause = arch->vs.scause;
	csr->stval = arch->vs.stval;
	csr->satp = arch->vs.satp;
	csr->scounteren = arch->shared.scounteren & SCOUNTEREN_ALL;
	csr->senvcfg = arch->shared.senvcfg & SENVCFG_ALL;
}

static bool csrs_are_valid(const struct vm_riscv_csr *csr)
{
	return !csr->reserved && (csr->stvec & 3) < 2 && satp_is_valid(csr->satp) &&
	       (csr->senvcfg & SENVCFG_CBIE) != SENVCFG_CBIE_FREE;
}

static int csrs_set(struct vcpu *vcpu, const void *data)
{
	const struct vm_riscv_csr *csr = data;
	struct arch_vcpu *arch = &vcpu->arch;

	if (!csrs_are_valid(csr))
		return -EINVAL;
	arch->vs.sstatus = (csr->sstatus & SSTATUS_GUEST) | SSTATUS_UXL_64;
	arch->vs.sie = csr->sie & SIE_ALL;
	arch->vs.stvec = csr->stvec;
	arch->vs.sscratch = csr->sscratch;
	arch->vs.sepc = csr->sepc & ~1ull;
	arch->vs.scause = csr->scause;
	arch->vs.stval = csr->stval;
	arch->vs.satp = csr->satp;
	arch->shared.scounteren = csr->scounteren & SCOUNTEREN_ALL;
	arch->shared.senvcfg = csr->senvcfg & SENVCFG_ALL;
	riscv_sip_set(vcpu, csr->sip);
	return 0;
}

/* ---- Time ---------------------------------------------------------------------------------------------- */

static void timer_get(struct vcpu *vcpu, void *data)
{
	struct vm_riscv_timer *timer = data;

	timer->reserved = 0;
	timer->time = csr_read(time) + vcpu->arch.timedelta;
	timer->stimecmp = vcpu->arch.vs.timecmp;
}

static int timer_set(struct vcpu *vcpu, const void *data)
{
	const struct vm_riscv_timer *timer = data;

	if (timer->reserved)
		return -EINVAL;
	vcpu->arch.timedelta = timer->time - csr_read(time);
	vcpu->arch.vs.timecmp = timer->stimecmp;
	return 0;
}

/* ---- Does it run? -------------------------------------------------------------------------------------- */

static void hart_get(struct vcpu *vcpu, void *data)
{
	struct vm_riscv_hart *hart = data;

	spin_lock(&vcpu->vm->irq_lock);
	switch (vcpu->state) {
	case VCPU_STOPPED: hart->state = VM_HART_STOPPED; break;
	case VCPU_HALTED: hart->state = VM_HART_HALTED; break;
	default: hart->state = VM_HART_STARTED; break;
	}
	spin_unlock(&vcpu->vm->irq_lock);
}

/* A start that the monitor asks for changes no register. */
static int hart_set(struct vcpu *vcpu, const void *data)
{
	const struct vm_riscv_hart *hart = data;

	if (hart->state > VM_HART_HALTED)
		return -EINVAL;
	spin_lock(&vcpu->vm->irq_lock);
	if (hart->state == VM_HART_STOPPED) {
		vcpu_stop_locked(vcpu);
	} else {
		vcpu_start_locked(vcpu);
		vcpu->state = hart->state == VM_HART_HALTED ? VCPU_HALTED : VCPU_RUNS;
	}
	spin_unlock(&vcpu->vm->irq_lock);
	return 0;
}

/* ---- All sets ------------------------------------------------------------------------------------------ */

struct state_set {
	u32 set, size;
	void (*get)(struct vcpu *vcpu, void *data);
	int (*put)(struct vcpu *vcpu, const void *data);
};

static const struct state_set state_sets[] = {
	{ VM_SET_RISCV_CORE, sizeof(struct vm_riscv_core), core_get, core_set },
	{ VM_SET_RISCV_FP, sizeof(struct vm_riscv_fp), fp_get, fp_set },
	{ VM_SET_RISCV_CSR, sizeof(struct vm_riscv_csr), csrs_get, csrs_set },
	{ VM_SET_RISCV_TIMER, sizeof(struct vm_riscv_timer), timer_get, timer_set },
	{ VM_SET_RISCV_HART, sizeof(struct vm_riscv_hart), hart_get, hart_set },
};

static const struct state_set *find(u32 set)
{
	for (u32 i = 0; i < ARRAY_SIZE(state_sets); i++)
		if (state_sets[i].set == set)
			return &state_sets[i];
	return NULL;
}

u32 arch_vcpu_state_size(u32 set)
{
	const struct state_set *s = find(set);

	return s ? s->size : 0;
}

/* Registers with which another hart has started it are its registers, though it has not run since. */
void arch_vcpu_state_get(struct vcpu *vcpu, u32 set, void *data)
{
	riscv_take_start(vcpu);
	find(set)->get(vcpu, data);
}

int arch_vcpu_state_set(struct vcpu *vcpu, u32 set, const void *data)
{
	riscv_take_start(vcpu);
	return find(set)->put(vcpu, data);
}

/* A machine has nothing that is not a vCPU's: its interrupt controller is the monitor's. */
u32 arch_vm_state_size(u32 set)
{
	return 0;
}

void arch_vm_state_get(struct vm *vm, u32 set, void *data)
{
}

int arch_vm_state_set(struct vm *vm, u32 set, const void *data)
{
	return -EINVAL;
}
