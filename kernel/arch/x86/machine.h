/*
 * x86-64's inline part of the porting contract (arch/arch.h).
 *
 * Register conventions: while the kernel runs, gs points at this CPU's struct cpu; while a user program runs, the
 * hidden MSR_KERNEL_GS_BASE holds that address and gs is 0.  Only the entry code (trap.S) swaps them.
 */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include "layout.h"
#include "regs.h"

#define ARCH_NAME   "x86"
#define USER_END    0x00007ffffffff000ull /* a page below the end, so that no instruction ends at a bad address */
#define ELF_MACHINE 62
#define STACK_ALIGN 16

/* The general registers as trap.S pushes them; a number or error code; what the hardware pushes. */
struct trapframe {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector; /* or VECTOR_SYSCALL */
	u64 error;  /* 0 where the exception has none */
	u64 rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trapframe) == TF_SIZE, "trap.S");
_Static_assert(TF_SIZE % 16 == 0, "a frame at the top of a stack leaves it aligned");
_Static_assert(offsetof(struct trapframe, r11) == TF_R11, "trap.S");
_Static_assert(offsetof(struct trapframe, rcx) == TF_RCX, "trap.S");
_Static_assert(offsetof(struct trapframe, vector) == TF_VECTOR, "trap.S");
_Static_assert(offsetof(struct trapframe, rip) == TF_RIP, "trap.S");
_Static_assert(offsetof(struct trapframe, rflags) == TF_RFLAGS, "trap.S");
_Static_assert(offsetof(struct trapframe, cs) == TF_VECTOR + TF_TAIL_CS, "trap.S");
_Static_assert(offsetof(struct trapframe, rsp) == TF_VECTOR + TF_TAIL_RSP, "trap.S");

/* The callee-saved registers lie on the stack that rsp points to. */
struct arch_context {
	u64 rsp;
};

/* Hardware: [SDM1] "FXSAVE Area". */
struct arch_fp {
	u8 fxsave[512];
} __attribute__((aligned(16)));

/* Hardware: [SDM3] "Task Management in 64-bit Mode". */
struct tss {
	u32 reserved0;
	u64 rsp[3]; /* [0]: the stack for traps from user mode */
	u64 reserved1;
	u64 ist[7]; /* [n - 1]: the stack of gates with IST n */
	u64 reserved2;
	u16 reserved3;
	u16 io_map; /* beyond the limit: no port is for user programs */
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "the hardware's TSS");

struct arch_cpu {
	struct cpu *self;
	u64 kernel_stack; /* of the running thread; for SYSCALL what tss.rsp[0] is for traps */
	u64 user_rsp;     /* trap.S's scratch */

	u64 timer_deadline; /* ns; ~0 for none */
	bool fp_on;         /* the FP registers are the running thread's: CR0.TS is clear */
	u32 nmi_count, nmi_reported;

	struct tss tss;
	u64 gdt[GDT_ENTRIES];
};
_Static_assert(offsetof(struct arch_cpu, self) == CPU_SELF, "this_cpu()");
_Static_assert(offsetof(struct arch_cpu, kernel_stack) == CPU_KERNEL_STACK, "trap.S");
_Static_assert(offsetof(struct arch_cpu, user_rsp) == CPU_USER_RSP, "trap.S");

static inline void arch_irq_enable(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline bool arch_irq_enabled(void)
{
	u64 flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	return flags & RFLAGS_IF;
}

/* Hardware: [SDM2] "STI": interrupts are let in only after the next instruction, so none slips in before the HLT. */
static inline void arch_wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(cpu) : "i"(CPU_SELF));
	return cpu;
}

static inline u64 tf_syscall_number(const struct trapframe *tf)
{
	return tf->rax;
}

static inline u64 tf_syscall_arg(const struct trapframe *tf, int n)
{
	switch (n) {
	case 0: return tf->rdi;
	case 1: return tf->rsi;
	case 2: return tf->rdx;
	case 3: return tf->r10;
	case 4: return tf->r8;
	default: return tf->r9;
	}
}

static inline void tf_set_result(struct trapframe *tf, s64 result)
{
	tf->rax = result;
}

static inline u64 tf_pc(const struct trapframe *tf)
{
	return tf->rip;
}

static inline u64 tf_sp(const struct trapframe *tf)
{
	return tf->rsp;
}

static inline u64 tf_fp(const struct trapframe *tf)
{
	return tf->rbp;
}

#endif
