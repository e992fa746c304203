/*
 * Traps: from scause to the functions of arch.h.
 *
 * Floating point: the FS field of the live sstatus says whether this hart's registers are the running thread's.  A
 * trap frame's copy of FS may be older than a switch, so every way out takes the live one.
 */
#include "riscv.h"
#include "arch/arch.h"
#include "sched.h"

static void serve_interrupt(u64 cause)
{
	switch (cause) {
	case IRQ_SOFTWARE:
		/* Ordering: the request is in memory before the interrupt was raised; clear first, then look. */
		csr_clear(sip, SIE_SOFTWARE);
		__atomic_exchange_n(&this_cpu()->arch.ipi_pending, 0, __ATOMIC_SEQ_CST);
		trap_ipi();
		break;
	case IRQ_TIMER:
		arch_timer_set(~0ull);
		trap_timer();
		break;
	case IRQ_EXTERNAL:
		for (u32 irq; (irq = riscv_plic_claim()) != 0; riscv_plic_complete(irq))
			trap_device(irq);
		break;
	default:
		panic("riscv: interrupt with cause %lu", cause);
	}
}

static void take_live_fs(struct trapframe *tf)
{
	tf->sstatus = (tf->sstatus & ~SSTATUS_FS) | (csr_read(sstatus) & SSTATUS_FS);
}

static void illegal_instruction(struct trapframe *tf)
{
	if ((csr_read(sstatus) & SSTATUS_FS) == 0)
		arch_fp_restore(&this_cpu()->thread->fp);
	else
		trap_user_other(tf, TRAP_ILLEGAL, tf->stval);
}

static void user_exception(struct trapframe *tf)
{
	switch (tf->scause) {
	case CAUSE_USER_ECALL:
		tf->sepc += 4;
		trap_syscall(tf);
		break;
	case CAUSE_FETCH_PAGE:
	case CAUSE_FETCH_ACCESS:
		trap_user_fault(tf, hva(tf->stval), ACCESS_EXEC);
		break;
	case CAUSE_LOAD_PAGE:
	case CAUSE_LOAD_ACCESS:
		trap_user_fault(tf, hva(tf->stval), ACCESS_READ);
		break;
	case CAUSE_STORE_PAGE:
	case CAUSE_STORE_ACCESS:
		trap_user_fault(tf, hva(tf->stval), ACCESS_WRITE);
		break;
	case CAUSE_ILLEGAL: illegal_instruction(tf); break;
	case CAUSE_BREAKPOINT: trap_user_other(tf, TRAP_BREAKPOINT, tf->sepc); break;
	case CAUSE_FETCH_MISALIGNED:
	case CAUSE_LOAD_MISALIGNED:
	case CAUSE_STORE_MISALIGNED: trap_user_other(tf, TRAP_MISALIGNED, tf->stval); break;
	default: trap_user_other(tf, TRAP_OTHER, tf->scause); break;
	}
}

void riscv_trap_user(struct trapframe *tf)
{
	if (tf->scause & SCAUSE_INTERRUPT)
		serve_interrupt(tf->scause & ~SCAUSE_INTERRUPT);
	else
		user_exception(tf);
	trap_return_check(tf);
	take_live_fs(tf);
}

static const char *exception_name(u64 cause)
{
	static const char *const name[] = {
		"fetch misaligned", "fetch access fault", "illegal instruction", "breakpoint", "load misaligned",
		"load access fault", "store misaligned", "store access fault", "user call", "supervisor call",
		"cause 10", "machine call", "fetch page fault", "load page fault", "cause 14", "store page fault",
	};

	return cause < ARRAY_SIZE(name) ? name[cause] : "unknown exception";
}

extern const struct riscv_fixup fixup_start[], fixup_end[];

/* An instruction that may fault, such as a load of guest memory, has an entry; all others must not. */
static bool fixup(struct trapframe *tf)
{
	for (const struct riscv_fixup *f = fixup_start; f < fixup_end; f++)
		if (f->pc == tf->sepc) {
			tf->sepc = f->landing;
			tf->x[REG_A0] = tf->scause;
			return true;
		}
	return false;
}

void riscv_trap_kernel(struct trapframe *tf)
{
	if (!(tf->scause & SCAUSE_INTERRUPT)) {
		if (fixup(tf))
			return;
		arch_trapframe_print(tf);
		trap_kernel_fatal(exception_name(tf->scause), tf->sepc, tf->stval, tf->x[REG_FP]);
	}
	serve_interrupt(tf->scause & ~SCAUSE_INTERRUPT);
	trap_kernel_preempt();
	take_live_fs(tf);
}

void arch_trapframe_print(const struct trapframe *tf)
{
	static const char name[32][4] = {
		"", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
		"a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	printk("  pc %016lx  cause %lx  stval %016lx  sstatus %lx\n", tf->sepc, tf->scause, tf->stval, tf->sstatus);
	for (int i = 1; i < 32; i++)
		printk("  %-3s %016lx%s", name[i], tf->x[i], i % 4 == 0 || i == 31 ? "\n" : "");
}
