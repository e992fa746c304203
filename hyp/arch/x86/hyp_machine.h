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
#include "cpuid.h"
#include "insn.h"
#include "vlapic.h"
#include "vpic.h"
#include "vpit.h"

struct vmcb;
struct host_root;

/* What the monitor has to answer, or has answered, before the guest goes on. */
enum unfinished {
	UNFINISHED_NOTHING, UNFINISHED_CALL, UNFINISHED_IN, UNFINISHED_INS, UNFINISHED_LOAD, UNFINISHED_READ,
	UNFINISHED_WRITE,
};

/* How long the instruction at a place was: guest.c. */
struct x86_seen_length {
	u64 rip, cr3;
	u32 exit, length; /* 0: nothing is known */
};

/* A vCPU of a machine.  The thread's own, but for what says otherwise. */
struct x86_machine_cpu {
	struct {
		enum unfinished kind;
		u64 rip;          /* of the instruction */
		u64 address;      /* guest-physical; INS: guest-virtual */
		u8 size;
		struct insn insn; /* LOAD */
		u64 data;         /* WRITE */
		u8 answers, used; /* READ: how many are here, and how many the instruction has taken this time */
		struct {
			u64 address, data;
		} answer[4]; /* of two operands in two parts each */
	} unfinished;

	u64 dr[4];
	bool nmi_masked;          /* until its handler returns */
	bool at_iret;             /* it returns by the IRET at iret_rip, where rip is yet */
	u64 iret_rip;
	bool is_stepping;         /* over that IRET: a #DB of ours comes behind it */
	u64 step_dr6;             /* what DR6 was before */
	struct x86_seen_length seen[8];
	bool has_run;
	u64 deadline;             /* ns: a timer wants attention; of the last look */
	struct cpuid_table cpuid;

	/* vm->irq_lock */
	struct vlapic lapic;       /* TPR: the thread's own */
	u8 nmi_pending;            /* how many: 0 to 2 */
	u8 sipi_vector;

	/* atomic */
	bool look;                /* something may have to be injected */
};

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
	struct x86_machine_cpu m;
};

/* ASIDs belong to vCPUs. */
struct arch_root {
};

#define ARCH_VM_LINES (16 + VM_VCPU_MAX) /* the PICs', then an NMI of each vCPU */

struct arch_vm {
	struct vpic pic;
	struct vpit pit;
	u32 nmi_lines;  /* levels, a bit for each vCPU */
	u64 tsc_offset; /* constant */
};

#endif
#endif
