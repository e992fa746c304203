/*
 * Stopping for good: the first CPU to panic stops the others, says what it knows, and halts the machine.
 *
 * Everything here must work with any lock held, in any trap, and with the structures of the kernel in any state; a
 * panic within a panic only halts.
 */
#include "panic.h"
#include "cpu.h"
#include "printk.h"
#include "proc.h"
#include "sched.h"
#include "trace.h"
#include "hyp/hyp.h"
#include "lib/symtab.h"

#define BACKTRACE_MAX    24
#define TRACE_EVENTS_MAX 24

static u32 panic_cpu_plus_one; /* 0: nobody panics */

void panic_stop_if_another(void)
{
	u32 who = __atomic_load_n(&panic_cpu_plus_one, __ATOMIC_RELAXED);

	if (__builtin_expect(who == 0 || who == this_cpu()->id + 1, 1))
		return;
	for (;;) {
		arch_irq_disable();
		cpu_relax();
	}
}

static void print_address(u64 pc, const char *name, u64 offset)
{
	printk("  %016lx  %s+0x%lx\n", pc, name ? name : "?", name ? offset : 0);
}

static void print_exact_address(u64 pc)
{
	u64 offset;
	const char *name = symbol_name(pc, &offset);

	print_address(pc, name, offset);
}

/* A call that does not return may be the last instruction of its function: the address behind it is another's. */
static void print_return_address(u64 pc)
{
	u64 offset;
	const char *name = symbol_name(pc - 1, &offset);

	print_address(pc, name, offset + 1);
}

void backtrace_print(u64 fp)
{
	struct thread *t = this_cpu()->thread;
	u64 start = t ? (u64)t->kstack : fp & ~(KSTACK_SIZE - 1);
	u64 pc;

	for (int i = 0; i < BACKTRACE_MAX && arch_frame_next(&fp, &pc, start, start + KSTACK_SIZE); i++)
		print_return_address(pc);
}

/* Claim the right to panic; whoever comes second stops, whoever comes again halts. */
static void claim_panic(void)
{
	u32 expected = 0;

	arch_irq_disable();
	if (__atomic_compare_exchange_n(&panic_cpu_plus_one, &expected, this_cpu()->id + 1, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return;
	panic_stop_if_another();
	printk("panic: again, while panicking\n");
	arch_halt(1);
}

static void stop_others(void)
{
	struct cpu *cpu;

	for_each_cpu(cpu)
		if (cpu != this_cpu())
			arch_ipi_send(cpu);
}

static const char *thread_name(const struct thread *t)
{
	if (!t)
		return "boot";
	if (t == this_cpu()->idle)
		return "idle";
	return t->name ? t->name : t->proc->name;
}

static void vpanic(u64 pc, u64 fp, const char *format, va_list args)
{
	struct thread *t;

	claim_panic();
	stop_others();
	printk_panic_mode();
	printk("\npanic: ");
	vprintk(format, args);
	t = this_cpu()->thread;
	printk("\n  cpu %u, thread %d \"%s\", %lu ms after boot\n", this_cpu()->id, t ? t->tid : -1, thread_name(t),
	       arch_clock() / 1000000);
	if (pc)
		print_exact_address(pc);
	backtrace_print(fp);
	trace_print(TRACE_EVENTS_MAX);
	hyp_explain_guests("  ");
	arch_halt(1);
}

void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vpanic(0, arch_frame_pointer(), format, args);
	va_end(args);
	__builtin_unreachable();
}

void panic_at(u64 pc, u64 fp, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vpanic(pc, fp, format, args);
	va_end(args);
	__builtin_unreachable();
}
