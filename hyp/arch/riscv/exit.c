/*
 * Why a guest left, on RISC-V.
 *
 * Hardware: [RV-PRIV] "Hypervisor and Virtual Supervisor CSRs", "Trap Cause Codes" (of "Hypervisor Extension").
 */
#include "hyp_riscv.h"
#include "hyp/vcpu.h"

static enum vcpu_exit call(struct arch_vcpu *arch)
{
	arch->pc += 4;
	return VCPU_EXIT_CALL;
}

/*
 * Legal for a supervisor, but not for one in a guest.  A user's wfi is not legal anywhere.
 * Hardware: [RV-PRIV] "Virtual-Instruction Exception".
 */
static enum vcpu_exit virtual_instruction(struct arch_vcpu *arch)
{
	if (arch->exit.stval != INSN_WFI || !(arch->sstatus & SSTATUS_SPP))
		return VCPU_EXIT_OTHER;
	arch->pc += 4;
	return VCPU_EXIT_HALT;
}

enum vcpu_exit arch_vcpu_exit(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;

	if (arch->exit.scause & SCAUSE_INTERRUPT)
		return VCPU_EXIT_AGAIN; /* it was ours, and has been served */
	if (riscv_fault_decode(&arch->exit, &vcpu->fault))
		return VCPU_EXIT_FAULT;
	switch (arch->exit.scause) {
	case CAUSE_GUEST_ECALL: return call(arch);
	case CAUSE_VIRTUAL_INSTRUCTION: return virtual_instruction(arch);
	default: return VCPU_EXIT_OTHER;
	}
}
