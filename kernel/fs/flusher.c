/*
 * The flusher: a thread that commits about once a second, so that a crash costs no more than that of what nobody
 * asked to be synced.
 */
#include "fs/fs.h"
#include "arch/arch.h"
#include "sched.h"

#define FLUSH_INTERVAL_NS (1000 * 1000 * 1000ull)

static void flusher(void *unused)
{
	int error, previous = 0;

	for (;;) {
		thread_sleep_until(arch_clock() + FLUSH_INTERVAL_NS);
		error = fs_sync();
		if (error && error != previous)
			printk("fs: writing to the disk fails (%d); changes stay in memory\n", error);
		previous = error;
	}
}

void fs_start_flusher(void)
{
	struct thread *thread = kthread_create("flusher", flusher, NULL);

	if (thread)
		thread_start(thread);
	else
		printk("fs: no memory for the flusher: only sync writes to the disk\n");
}
