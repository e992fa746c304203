/*
 * What the files of this machine share.
 */
#ifndef X86_HYP_X86_H
#define X86_HYP_X86_H

#include "hyp_machine.h"

/*
 * switch.S: run the guest of the VMCB at this physical address, with the general registers of gpr[]; `host` is the
 * physical address of this CPU's page for what VMSAVE saves of the kernel.
 */
void x86_vcpu_enter(u64 vmcb, u64 *gpr, u64 host);

/* asid.c: what arch_hwid_limit() does, on this CPU. */
void x86_asid_limit_here(u32 limit);

/* svm.c: the registers in the VMCB as after a reset. */
struct vmcb;
void x86_vmcb_reset(struct vmcb *vmcb);

#endif
