/*
 * RISC-V's inline part of the porting contract (arch/arch.h).
 *
 * Register conventions in the kernel: tp is this CPU's struct cpu; sscratch is 0 in the kernel and the struct cpu
 * in user mode, which is how the trap entry tells the two apart.
 *
 * Address map (Sv39; the upper half is the kernel's):
 *   0xffffffc000000000  all physical memory and devices below 128 GiB ("direct map")
 *   KBASE               the kernel's image; KBASE + x is physical 0x80000000 + x
 */
#ifndef RISCV_MACHINE_H
#define RISCV_MACHINE_H

#define DIRECT_BASE 0xffffffc000000000
#define DIRECT_SIZE 0x0000002000000000

#define TRAPFRAME_SIZE 288

/* Offsets in struct cpu, whose first field is struct arch_cpu. */
#define CPU_KERNEL_STACK 0
#define CPU_USER_SP      8

#ifndef __ASSEMBLER__

#include "abi/types.h"
#include "csr.h"

#define ARCH_NAME   "riscv"
#define USER_END    0x0000004000000000ull
#define ELF_MACHINE 243
#define STACK_ALIGN 16

enum { REG_RA = 1, REG_SP = 2, REG_GP = 3, REG_TP = 4, REG_FP = 8, REG_A0 = 10, REG_A7 = 17 };

struct trapframe {
	u64 x[32];
	u64 sepc, sstatus, scause, stval;
};
_Static_assert(sizeof(struct trapframe) == TRAPFRAME_SIZE, "trap.S knows the size");

struct arch_context {
	u64 ra, sp, s[12];
};

struct arch_fp {
	u64 f[32];
	u64 fcsr;
};

struct arch_cpu {
	u64 kernel_stack; /* of the running thread; trap.S reads it */
	u64 user_sp;      /* trap.S's scratch */
	u32 ipi_pending;  /* atomic; set by senders before the interrupt */
};
_Static_assert(offsetof(struct arch_cpu, kernel_stack) == CPU_KERNEL_STACK, "trap.S");
_Static_assert(offsetof(struct arch_cpu, user_sp) == CPU_USER_SP, "trap.S");

static inline void arch_irq_enable(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline void arch_irq_disable(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

static inline bool arch_irq_enabled(void)
{
	return csr_read(sstatus) & SSTATUS_SIE;
}

/* Hardware: [RV-PRIV] "Wait for Interrupt": goes on when an interrupt is pending, taken or not. */
static inline void arch_wait(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mv %0, tp" : "=r"(cpu));
	return cpu;
}

static inline u64 tf_syscall_number(const struct trapframe *tf)
{
	return tf->x[REG_A7];
}

static inline u64 tf_syscall_arg(const struct trapframe *tf, int n)
{
	return tf->x[REG_A0 + n];
}

static inline void tf_set_result(struct trapframe *tf, s64 result)
{
	tf->x[REG_A0] = result;
}

static inline u64 tf_pc(const struct trapframe *tf)
{
	return tf->sepc;
}

static inline u64 tf_sp(const struct trapframe *tf)
{
	return tf->x[REG_SP];
}

static inline u64 tf_fp(const struct trapframe *tf)
{
	return tf->x[REG_FP];
}

#endif
#endif
