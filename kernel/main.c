/*
 * The kernel's table of contents: what is set up, in which order, on which CPU.
 */
#include "boot_info.h"
#include "boot_option.h"
#include "cpu.h"
#include "futex.h"
#include "init.h"
#include "kernel.h"
#include "proc.h"
#include "sched.h"
#include "trace.h"
#include "dev/uart.h"
#include "hyp/hyp.h"
#include "mm/buddy.h"

#define START_LIMIT_NS (10 * 1000 * 1000 * 1000ull) /* a loaded host may take seconds to run another CPU's thread */

static struct boot_info boot;

const struct boot_info *boot_info(void)
{
	return &boot;
}

static void init_cpus(void)
{
	for (u32 i = 0; i < boot.cpu_count; i++) {
		cpus[i].id = i;
		cpus[i].hw_id = boot.cpu_hw_id[i];
	}
	cpu_count = 1;
}

/* Whoever is first decides: the CPU that it runs, or the boot CPU that it waits no longer. */
static bool settle_start(struct cpu *cpu, enum cpu_start outcome)
{
	u32 expected = CPU_STARTING;

	return __atomic_compare_exchange_n(&cpu->start, &expected, outcome, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool start_cpu(struct cpu *cpu)
{
	hpa_t stack = buddy_alloc(KSTACK_ORDER);
	u64 deadline = arch_clock() + START_LIMIT_NS;

	if (stack.raw == 0)
		panic("boot: no memory for the stack of cpu %u", cpu->id);
	cpu->boot_stack = (char *)hpa_to_ptr(stack) + KSTACK_SIZE;
	if (arch_cpu_start(cpu)) {
		printk("cpu %u (hardware id %lu) does not start\n", cpu->id, cpu->hw_id);
		return false;
	}
	while (READ_ONCE(cpu_count) == cpu->id) {
		cpu_relax();
		if (arch_clock() >= deadline && settle_start(cpu, CPU_REFUSED)) {
			printk("cpu %u (hardware id %lu) says nothing\n", cpu->id, cpu->hw_id);
			return false;
		}
	}
	return true;
}

/* One after the other: a CPU counts only when it runs, and then all requests reach it. */
static void start_other_cpus(void)
{
	for (u32 i = 1; i < boot.cpu_count; i++)
		if (!start_cpu(&cpus[i]))
			return;
}

static void print_welcome(void)
{
	struct buddy_stats memory;

	buddy_stats(&memory);
	printk("Flatland on " ARCH_NAME ": %u CPUs, %lu MiB of memory, %lu MiB free, %u-bit addresses\n", cpu_count,
	       memory.page_total >> 8, memory.page_free >> 8, boot.address_bits);
}

void kernel_main(const struct boot_info *info)
{
	struct thread *first;

	boot = *info;
	uart_init();
	boot_option_init(boot.command_line);
	init_cpus();
	buddy_init(&boot);
	trace_init(boot.cpu_count);
	proc_init();
	sched_init_cpu(&cpus[0]);
	futex_init();
	start_other_cpus();
	hyp_init();
	print_welcome();
	first = kthread_create("init", init_main, NULL);
	if (!first)
		panic("boot: no memory for the first thread");
	thread_start(first);
	sched_idle();
}

void cpu_main(struct cpu *cpu)
{
	if (!settle_start(cpu, CPU_RUNS))
		for (;;)
			arch_wait(); /* too late: the others have given this CPU up */
	sched_init_cpu(cpu);
	__atomic_store_n(&cpu_count, cpu->id + 1, __ATOMIC_SEQ_CST);
	sched_idle();
}
