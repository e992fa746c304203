/*
 * Traps, after the architecture has decoded them: system calls, user faults, interrupts, and the way back.
 */
#include "cpu.h"
#include "irq.h"
#include "panic.h"
#include "proc.h"
#include "sched.h"
#include "syscall.h"
#include "trace.h"
#include "mm/aspace.h"

void trap_syscall(struct trapframe *tf)
{
	this_cpu()->syscall_count++;
	arch_irq_enable();
	tf_set_result(tf, syscall_dispatch(tf));
	arch_irq_disable();
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

static void kill_for_fault(struct trapframe *tf, hva_t va, enum access access, int error)
{
	static const char *const verb[] = {
		[ACCESS_READ] = "read",
		[ACCESS_WRITE] = "write",
		[ACCESS_EXEC] = "execute",
	};
	struct proc *p = current()->proc;

	printk("%s[%d]: cannot %s 0x%lx at pc 0x%lx: %s\n", p->name, p->pid, verb[access], va.raw, tf_pc(tf),
	       error == -ENOMEM ? "out of memory" : "no such memory");
	proc_exit(STATUS_KILLED | (error == -ENOMEM ? STATUS_BY_KILL : STATUS_BY_FAULT));
}

void trap_user_fault(struct trapframe *tf, hva_t va, enum access access)
{
	int error;

	this_cpu()->fault_count++;
	arch_irq_enable();
	error = aspace_fault(current()->proc->aspace, va, access);
	TRACE(fault, va.raw, access, tf_pc(tf), error);
	if (error && !proc_is_leaving())
		kill_for_fault(tf, va, access, error);
	arch_irq_disable();
}

void trap_user_other(struct trapframe *tf, enum user_trap what, u64 detail)
{
	static const char *const text[] = {
		[TRAP_ILLEGAL] = "illegal instruction",
		[TRAP_BREAKPOINT] = "breakpoint",
		[TRAP_MISALIGNED] = "misaligned access",
		[TRAP_ARITHMETIC] = "arithmetic error",
		[TRAP_OTHER] = "unexpected trap",
	};
	struct proc *p = current()->proc;

	arch_irq_enable();
	printk("%s[%d]: %s at pc 0x%lx (0x%lx)\n", p->name, p->pid, text[what], tf_pc(tf), detail);
	proc_exit(STATUS_KILLED | STATUS_BY_ILLEGAL);
}

void trap_kernel_fatal(const char *what, u64 pc, u64 address, u64 fp)
{
	panic_at(pc, fp, "%s in the kernel at pc %lx, address %lx", what, pc, address);
}

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

/*
 * Under -icount a CPU runs until the next timer of any CPU is due, and those behind it in the turn
 * have nothing left: the one that arms the next timer would keep all others from running, for ever.  So each tick
 * gives the turn up once (docs/platform.md).
 */
void trap_timer(void)
{
	sched_tick();
	cpu_relax();
}

void trap_device(u32 irq)
{
	TRACE(irq, irq, 0, 0, 0);
	irq_dispatch(irq);
}

void trap_ipi(void)
{
	smp_serve();
}

/* ---- The way back -------------------------------------------------------------------------------------- */

/* Interrupts stay off from the last look until the return, so a kick that comes later traps again at once. */
void trap_return_check(struct trapframe *tf)
{
	for (;;) {
		if (proc_is_leaving()) {
			arch_irq_enable();
			proc_thread_exit(0);
		}
		if (!this_cpu()->resched)
			return;
		thread_yield();
	}
}

/* Kernel code that had interrupts on holds no spinning lock: it can be preempted.  The idle loop looks by itself. */
void trap_kernel_preempt(void)
{
	struct cpu *cpu = this_cpu();

	thread_check_stack();
	if (cpu->resched && cpu->irq_depth == 0 && cpu->idle && cpu->thread != cpu->idle)
		thread_yield();
}
