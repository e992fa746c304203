/*
 * Accesses where no memory is: a device of the monitor's, or an exception of the guest's.  And what else an exit can be
 * but a fault, a call, or waiting.
 *
 * The instruction comes in htinst, or is fetched as the guest fetched it.  Between the guest's fetch and ours another
 * hart of the guest may write there, or the monitor may take the page away: what does not fit is not emulated, but run
 * again.
 */
#include "hyp_riscv.h"
#include "csr.h"
#include "hyp/vm.h"
#include "mmu/fmt/riscv/insn.h"

static u64 reg_get(const struct arch_vcpu *arch, u32 n)
{
	return n ? arch->x[n] : 0;
}

static void reg_set(struct arch_vcpu *arch, u32 n, u64 value)
{
	if (n)
		arch->x[n] = value;
}

/* ---- Exceptions ---------------------------------------------------------------------------------------- */

/*
 * Hardware: [RV-PRIV] "Supervisor Status (sstatus) Register", "Supervisor Trap Vector Base Address (stvec) Register".
 */
void riscv_inject(struct vcpu *vcpu, u64 cause, u64 value)
{
	struct arch_vcpu *arch = &vcpu->arch;
	u64 vsstatus = csr_read(vsstatus);
	u64 was_on = vsstatus & SSTATUS_SIE ? SSTATUS_SPIE : 0;
	u64 mode = arch->sstatus & SSTATUS_SPP;

	csr_write(vsstatus, (vsstatus & ~(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP)) | was_on | mode);
	csr_write(vsepc, arch->pc);
	csr_write(vscause, cause);
	csr_write(vstval, value);
	arch->pc = csr_read(vstvec) & ~3ull;
	arch->sstatus |= SSTATUS_SPP;
}

/*
 * An instruction that is legal in supervisor mode, but not in a guest's, is illegal on a machine like the guest's.
 * Illegal ones come to us only while floating point is off; exit.c has seen to that.
 */
static enum vm_next handle_exception(struct vcpu *vcpu)
{
	const struct riscv_exit *exit = &vcpu->arch.exit;

	switch (exit->scause) {
	case CAUSE_VIRTUAL_INSTRUCTION:
	case CAUSE_ILLEGAL:
		riscv_inject(vcpu, CAUSE_ILLEGAL, exit->stval);
		return VM_NEXT_ENTER;
	default:
		vm_exit_fail(vcpu, VM_FAIL_EXIT, exit->scause, vcpu->arch.pc);
		return VM_NEXT_MONITOR;
	}
}

enum vm_next arch_vcpu_handle(struct vcpu *vcpu, enum vcpu_exit exit)
{
	return exit == VCPU_EXIT_CALL ? riscv_sbi_call(vcpu) : handle_exception(vcpu);
}

/* ---- Fetching ------------------------------------------------------------------------------------------ */

static bool fetch_halves(u64 pc, struct riscv_insn *insn)
{
	u16 low, high = 0;

	if (riscv_hlvx_hu(gva(pc), &low))
		return false;
	insn->length = riscv_insn_length(low);
	insn->is_transformed = false;
	if (insn->length == 4 && riscv_hlvx_hu(gva(pc + 2), &high))
		return false;
	insn->bits = (u32)high << 16 | low;
	return true;
}

/*
 * As the guest did, in its mode.  hgatp is set for certain only since interrupts are off (hyp_riscv.h).  The fence is
 * for QEMU, which would use what was read for another vCPU since the last exit (docs/platform.md, "Guests on RISC-V").
 */
static bool fetch(struct vcpu *vcpu, struct riscv_insn *insn)
{
	bool fetched;

	irq_push();
	arch_hwid_prepare(vcpu);
	insn_hfence_vvma_all();
	if (vcpu->arch.sstatus & SSTATUS_SPP)
		csr_set(hstatus, HSTATUS_SPVP);
	fetched = fetch_halves(vcpu->arch.pc, insn);
	csr_clear(hstatus, HSTATUS_SPVP);
	irq_pop();
	return fetched;
}

/* ---- Access faults ------------------------------------------------------------------------------------- */

/*
 * The guest's own tables are where no memory is.  scause should tell what the instruction was about; QEMU calls all of
 * them loads (docs/platform.md, "Guests on RISC-V"), so an instruction has to be looked at.  0: it cannot be now.
 */
static u64 cause_of_walk(struct vcpu *vcpu)
{
	const struct arch_vcpu *arch = &vcpu->arch;
	struct riscv_insn insn;

	if (arch->exit.stval - arch->pc <= 2)
		return CAUSE_FETCH_ACCESS;
	if (!fetch(vcpu, &insn))
		return 0;
	return riscv_insn_stores(insn) ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS;
}

static u64 cause_of_access(struct vcpu *vcpu)
{
	switch (vcpu->arch.exit.scause) {
	case RISCV_FETCH_GUEST_PAGE_FAULT: return CAUSE_FETCH_ACCESS;
	case RISCV_STORE_GUEST_PAGE_FAULT: return CAUSE_STORE_ACCESS;
	default: return vcpu->fault.flags & TDP_FAULT_ON_WALK ? cause_of_walk(vcpu) : CAUSE_LOAD_ACCESS;
	}
}

static void inject_access_fault(struct vcpu *vcpu)
{
	u64 cause = cause_of_access(vcpu);

	if (cause)
		riscv_inject(vcpu, cause, vcpu->arch.exit.stval);
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

static void ask_for_data(struct vcpu *vcpu, const struct riscv_access *access, u8 length)
{
	vcpu->arch.unfinished = (struct riscv_unfinished){ .kind = RISCV_LOAD, .access = *access, .length = length };
	vcpu->has_unfinished = true;
}

/* A store is done as soon as the monitor knows; a load, when it has answered. */
static enum vm_next tell_monitor(struct vcpu *vcpu, u32 why, const struct riscv_access *access, u8 length)
{
	struct vm_run *run = vcpu->run;

	memset(&run->mmio, 0, sizeof(run->mmio));
	run->mmio.address = vcpu->fault.gpa.raw;
	run->mmio.bytes = access->bytes;
	run->mmio.is_write = access->is_write;
	run->mmio.why = why == MMU_WHY_READ_ONLY ? VM_MMIO_READ_ONLY : VM_MMIO_NO_SLOT;
	vm_leave(vcpu, VM_EXIT_MMIO);
	if (access->is_write) {
		run->mmio.data = riscv_access_extend(access, reg_get(&vcpu->arch, access->reg));
		vcpu->arch.pc += length;
	} else {
		ask_for_data(vcpu, access, length);
	}
	return VM_NEXT_MONITOR;
}

/*
 * An access over the end of a page is an access fault, as it may be where a device is: hardware tells of one part only,
 * and that may begin where the other page does.
 * Hardware: [RV-UNPRIV] "Load and Store Instructions"; [RV-PRIV] "Transformed Instruction or Pseudoinstruction for
 * mtinst or htinst".
 */
static bool is_split(const struct vcpu *vcpu, const struct riscv_access *access, struct riscv_insn insn)
{
	const struct arch_vcpu *arch = &vcpu->arch;
	u64 start = reg_get(arch, access->base) + access->offset;

	if (insn.is_transformed)
		start = arch->exit.stval - access->base;
	return (start & (PAGE_SIZE - 1)) + access->bytes > PAGE_SIZE;
}

static enum vm_next emulate_insn(struct vcpu *vcpu, u32 why)
{
	struct riscv_access access;
	struct riscv_insn insn;

	if (!riscv_insn_transformed(vcpu->arch.exit.htinst, &insn) && !fetch(vcpu, &insn))
		return VM_NEXT_ENTER;
	if (!riscv_insn_decode(insn, &access)) {
		vm_exit_fail(vcpu, VM_FAIL_EMULATE, vcpu->arch.pc, insn.bits);
		return VM_NEXT_MONITOR;
	}
	if (access.is_write != (vcpu->fault.access == TDP_ACCESS_WRITE))
		return VM_NEXT_ENTER;
	if (is_split(vcpu, &access, insn)) {
		inject_access_fault(vcpu);
		return VM_NEXT_ENTER;
	}
	return tell_monitor(vcpu, why, &access, insn.length);
}

enum vm_next arch_vcpu_emulate(struct vcpu *vcpu, u32 why)
{
	const struct tdp_fault *fault = &vcpu->fault;

	if (why == MMU_WHY_BEYOND || fault->access == TDP_ACCESS_EXEC || (fault->flags & TDP_FAULT_ON_WALK)) {
		inject_access_fault(vcpu);
		return VM_NEXT_ENTER;
	}
	return emulate_insn(vcpu, why);
}

/* ---- Answers ------------------------------------------------------------------------------------------- */

static void finish_load(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;
	const struct riscv_unfinished *u = &arch->unfinished;

	reg_set(arch, u->access.reg, riscv_access_extend(&u->access, READ_ONCE(vcpu->run->mmio.data)));
	arch->pc += u->length;
}

static void finish_call(struct vcpu *vcpu)
{
	vcpu->arch.x[REG_A0] = READ_ONCE(vcpu->run->call.result[0]);
	vcpu->arch.x[REG_A0 + 1] = READ_ONCE(vcpu->run->call.result[1]);
}

enum vm_next arch_vcpu_finish(struct vcpu *vcpu)
{
	if (vcpu->arch.unfinished.kind == RISCV_LOAD)
		finish_load(vcpu);
	else
		finish_call(vcpu);
	vcpu->has_unfinished = false;
	return VM_NEXT_ENTER;
}
