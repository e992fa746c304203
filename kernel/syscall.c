/*
 * The system-call table, and the calls that are about the machine as a whole.
 */
#include "syscall.h"
#include "cpu.h"
#include "proc.h"
#include "sched.h"
#include "trace.h"
#include "dev/uart.h"
#include "fs/fs.h"
#include "mm/aspace.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

typedef s64 syscall_fn(const u64 arg[6]);

static syscall_fn *const table[SYSCALL_COUNT] = {
#define X(number, name) [number] = sys_##name,
	SYSCALL_LIST(X)
#undef X
};

s64 syscall_dispatch(struct trapframe *tf)
{
	u64 number = tf_syscall_number(tf);
	u64 arg[6];
	s64 result;

	for (int i = 0; i < 6; i++)
		arg[i] = tf_syscall_arg(tf, i);
	if (number >= SYSCALL_COUNT || !table[number])
		return -ENOSYS;
	TRACE(syscall, number, arg[0], arg[1], arg[2]);
	result = table[number](arg);
	TRACE(sysret, number, result, 0, 0);
	return result;
}

s64 sys_clock(const u64 arg[6])
{
	return arch_clock();
}

s64 sys_sysinfo(const u64 arg[6])
{
	struct sysinfo info = { .uptime_ns = arch_clock(), .cpu_count = cpu_count, .debug = DEBUG, .arch = ARCH_NAME };
	struct buddy_stats memory;
	struct cpu *cpu;

	buddy_stats(&memory);
	info.page_total = memory.page_total;
	info.page_free = memory.page_free;
	info.largest_free = memory.largest_free;
	proc_count_all(&info.proc_count, &info.thread_count);
	for_each_cpu(cpu) {
		info.idle_ns += sched_idle_ns(cpu);
		info.switch_count += cpu->switch_count;
		info.fault_count += cpu->fault_count;
		info.syscall_count += cpu->syscall_count;
	}
	return copy_out(hva(arg[0]), &info, sizeof(info));
}

s64 sys_reboot(const u64 arg[6])
{
	if (arg[0] != REBOOT_HALT && arg[0] != REBOOT_RESTART)
		return -EINVAL;
	fs_sync();
	uart_flush();
	if (arg[0] == REBOOT_HALT)
		arch_halt(0);
	arch_restart();
}
