/*
 * Why a guest left, on x86-64.
 *
 * The processor does not say how long the instruction was (docs/platform.md), and an instruction may have prefixes that
 * mean nothing: so its bytes are looked at.  If they cannot be read any more, the guest executes it again, and faults.
 *
 * A VMCB that the processor refuses has the kernel's state in it afterwards, which nobody shall see or run; whatever
 * reason it gives: QEMU has been seen to say "shutdown" (docs/platform.md, "Guests on x86-64").
 */
#include "hyp_x86.h"
#include "hyp/hyp.h"
#include "mmu/fmt/npt/fault.h"

enum { LENGTH_HLT = 1, LENGTH_VMMCALL = 3 };

/* User programs of the guest's have nothing to ask its hypervisor for. */
static enum vcpu_exit call(struct vcpu *vcpu)
{
	if (vcpu->vm && vcpu->arch.vmcb->cpl) {
		x86_raise(vcpu, EXCEPTION_UD);
		return VCPU_EXIT_AGAIN;
	}
	return x86_skip(vcpu, LENGTH_VMMCALL) ? VCPU_EXIT_CALL : VCPU_EXIT_AGAIN;
}

/* MOV to CR8 does not end the guest: the VMCB has what it wrote. */
static void take_tpr(struct vcpu *vcpu)
{
	u32 *tpr = &vcpu->arch.m.lapic.reg[LAPIC_TPR / 16];
	u32 cr8 = vcpu->arch.vmcb->virtual_interrupt & VMCB_TPR;

	if (*tpr >> 4 != cr8)
		*tpr = cr8 << 4;
}

/* No guest is behind our VMRUN in our address space, but one that means to look so. */
static bool has_our_state(const struct vmcb *vmcb)
{
	return vmcb->rip == (u64)x86_behind_vmrun && vmcb->cr3 == cr3_read();
}

enum vcpu_exit arch_vcpu_exit(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	struct svm_exit exit = { vmcb->exitcode, vmcb->exitinfo1, vmcb->exitinfo2 };

	if ((u32)vmcb->exitcode == SVM_EXIT_INVALID || has_our_state(vmcb)) {
		if ((u32)vmcb->exitcode != SVM_EXIT_INVALID)
			__atomic_fetch_add(&hyp_guests_lost, 1, __ATOMIC_RELAXED);
		x86_vmcb_reset(vmcb);
		vmcb->event_inject = 0;
		vmcb->exitcode = SVM_EXIT_INVALID;
		return VCPU_EXIT_OTHER;
	}
	take_tpr(vcpu);
	if (svm_fault_decode(&exit, &vcpu->fault))
		return VCPU_EXIT_FAULT;
	switch ((u32)vmcb->exitcode) {
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
		return VCPU_EXIT_AGAIN; /* it was ours, and has been served */
	case SVM_EXIT_VMMCALL:
		return call(vcpu);
	case SVM_EXIT_HLT:
		return x86_skip(vcpu, LENGTH_HLT) ? VCPU_EXIT_HALT : VCPU_EXIT_AGAIN;
	default:
		return VCPU_EXIT_OTHER;
	}
}

u64 arch_vcpu_pc(const struct vcpu *vcpu)
{
	return vcpu->arch.vmcb->rip;
}
