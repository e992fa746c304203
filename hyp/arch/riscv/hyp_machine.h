/*
 * RISC-V's types of the contract in hyp/arch/hyp_arch.h.
 *
 * Where a vCPU's registers are.  x1-x31 and pc: in the hart while the guest runs, here otherwise.  The CSRs whose names
 * begin with "vs": in the hart while the vCPU is loaded, in `vs` otherwise.  Floating point: see load.c.
 */
#ifndef RISCV_HYP_MACHINE_H
#define RISCV_HYP_MACHINE_H

/* Offsets in struct arch_vcpu that switch.S knows. */
#define VCPU_X            0
#define VCPU_PC           256
#define VCPU_SSTATUS      264
#define VCPU_EXIT_SCAUSE  272
#define VCPU_EXIT_STVAL   280
#define VCPU_EXIT_HTVAL   288
#define VCPU_EXIT_HTINST  296
#define VCPU_EXIT_HSTATUS 304
#define VCPU_HOST_SP      312

#ifndef __ASSEMBLER__

#include "kernel.h"
#include "abi/vm.h"
#include "arch/arch.h"
#include "boot_info.h"
#include "decode.h"
#include "mmu/fmt/riscv/fault.h"

struct vcpu;

/* CSRs of supervisor mode that a guest uses too, since there are no copies of them. */
struct riscv_shared_csrs {
	u64 scounteren, senvcfg;
};

/* What the monitor's answer is for, while vcpu->has_unfinished. */
struct riscv_unfinished {
	enum { RISCV_CALL, RISCV_LOAD } kind;
	struct riscv_access access; /* of a load */
	u8 length;                  /* of its instruction */
};

struct arch_vcpu {
	u64 x[32];               /* x[0] is not used */
	u64 pc;
	u64 sstatus;             /* SPP says in which mode the guest was: supervisor's or user's */
	struct riscv_exit exit;
	u64 host_sp;             /* while the guest runs */

	struct {
		u64 sstatus, sie, stvec, sscratch, sepc, scause, stval, satp;
		u64 timecmp;     /* stimecmp; ~0: never */
	} vs;
	struct riscv_shared_csrs shared, host_shared; /* the guest's while not loaded, ours while it is */
	u64 timedelta;           /* what the guest's `time` is ahead of ours */
	u64 pending;             /* hvip: interrupts that the guest sees.  VSSIP: while not loaded, hart.c */

	struct arch_fp fp;       /* while fp_loaded is false */
	bool fp_loaded;

	struct riscv_unfinished unfinished;

	/* vm->irq_lock; hart.c */
	u64 posted;              /* HIP_VSSIP: sent by others, and not in hvip yet */
	bool is_suspended;       /* halted by a call, not by wfi */
	struct riscv_start {
		bool is_asked;
		u64 pc, arg;
	} start;                 /* how another hart has started this one */

	/* atomic */
	bool has_news;           /* something that irq_lock protects has changed */
};
_Static_assert(offsetof(struct arch_vcpu, x) == VCPU_X, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, pc) == VCPU_PC, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, sstatus) == VCPU_SSTATUS, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, exit.scause) == VCPU_EXIT_SCAUSE, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, exit.stval) == VCPU_EXIT_STVAL, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, exit.htval) == VCPU_EXIT_HTVAL, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, exit.htinst) == VCPU_EXIT_HTINST, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, exit.hstatus) == VCPU_EXIT_HSTATUS, "switch.S");
_Static_assert(offsetof(struct arch_vcpu, host_sp) == VCPU_HOST_SP, "switch.S");

/* vmid.c.  A VMID with its generation is one word: nobody can see one without the other.  0: none yet. */
struct arch_root {
	u64 vmid;                          /* vmid.c's lock */
	struct {
		u64 vmid, flush_count;     /* when the hart entered a guest of this root last */
		const struct vcpu *vcpu;   /* which one that was */
	} last[MAX_CPUS];                  /* each hart's own */
};

#define ARCH_VM_LINES VM_VCPU_MAX /* line i: the external interrupt of vCPU i */

struct arch_vm {
	u64 timedelta;           /* constant: of new vCPUs */
	u64 lines;               /* irq_lock: levels, bit i of line i */
};

#endif
#endif
