/*
 * Why a guest left, on x86-64.
 *
 * The processor does not say how long the instruction was (docs/platform.md), so rip is moved by what the instruction
 * has without prefixes, which mean nothing to it.  A guest that writes some goes on in the middle of its own bytes.
 *
 * A VMCB that the processor refuses has the kernel's state in it afterwards, which nobody shall see or run.
 */
#include "hyp_x86.h"
#include "vmcb.h"
#include "hyp/vcpu.h"
#include "mmu/fmt/npt/fault.h"

enum { LENGTH_HLT = 1, LENGTH_VMMCALL = 3 };

enum vcpu_exit arch_vcpu_exit(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	struct svm_exit exit = { vmcb->exitcode, vmcb->exitinfo1, vmcb->exitinfo2 };

	if (svm_fault_decode(&exit, &vcpu->fault))
		return VCPU_EXIT_FAULT;
	switch ((u32)vmcb->exitcode) {
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
		return VCPU_EXIT_AGAIN; /* it was ours, and has been served */
	case SVM_EXIT_VMMCALL:
		vmcb->rip += LENGTH_VMMCALL;
		return VCPU_EXIT_CALL;
	case SVM_EXIT_HLT:
		vmcb->rip += LENGTH_HLT;
		return VCPU_EXIT_HALT;
	case SVM_EXIT_INVALID:
		x86_vmcb_reset(vmcb);
		return VCPU_EXIT_OTHER;
	default:
		return VCPU_EXIT_OTHER;
	}
}
