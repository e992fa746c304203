/*
 * x86-64's types of the contract in hyp/arch/hyp_arch.h.
 *
 * Where a vCPU's registers are.  The VMCB is the truth for what it has a place for: rax, rsp, rip, rflags, segments,
 * control registers, and the model-specific registers that VMSAVE and VMLOAD move.  The other general registers are in
 * gpr[] while the guest does not run, floating point in fp while fp_loaded is false.
 */
#ifndef X86_HYP_MACHINE_H
#define X86_HYP_MACHINE_H

/* Numbers of registers, as instructions have them: index in gpr[].  switch.S knows that they are 8 bytes apart. */
#define GPR_RAX 0 /* in the VMCB */
#define GPR_RCX 1
#define GPR_RDX 2
#define GPR_RBX 3
#define GPR_RSP 4 /* in the VMCB */
#define GPR_RBP 5
#define GPR_RSI 6
#define GPR_RDI 7
#define GPR_COUNT 16

#ifndef __ASSEMBLER__

#include "kernel.h"
#include "abi/vm.h"
#include "arch/arch.h"

struct vmcb;
struct host_root;

struct arch_vcpu {
	u64 gpr[GPR_COUNT];
	struct vmcb *vmcb;
	struct arch_fp fp;
	bool fp_loaded;
	struct { /* asid.c: what the VMCB's ASID was given for */
		const struct host_root *root;
		u64 generation, flush_count;
		u32 cpu;
	} asid_for;
};

/* ASIDs belong to vCPUs. */
struct arch_root {
};

#define ARCH_VM_LINES (16 + VM_VCPU_MAX) /* the PICs', then an NMI of each vCPU */

struct arch_vm {
};

#endif
#endif
