/*
 * The root of a guest's second-stage tables, as hardware is told of it: where it is, under which IDs translations are
 * remembered, and who has to forget them.
 *
 * Flushes.  `cpus` are the CPUs that have the root loaded now, `flush_count` says how often something was taken away.
 *
 *   root_flush():     entries written; flush_count++ (seq_cst); cpus read (seq_cst); smp_call() to them
 *   vcpu_load():      cpus |= me (seq_cst)
 *   before an entry:  interrupts off; flush_count read: has it moved since this CPU forgot last?  Then forget
 *
 * A CPU in `cpus` is interrupted, so its guest ends and the next entry forgets; any other forgets at its next entry.
 * Either root_flush() sees the CPU's bit or the CPU sees the new count.
 *
 * Locking: none; `cpus` and `flush_count` are atomic, the rest of what CPUs change is each one's own.
 */
#ifndef HYP_ROOT_H
#define HYP_ROOT_H

#include "cpu.h"
#include "mmu/pt/addr.h"
#include "hyp_machine.h"

struct host_root {
	/* constant while a vCPU uses it */
	hpa_t table;
	int levels;

	/* atomic */
	cpu_mask_t cpus;
	u64 flush_count;

	struct arch_root arch;
};

void root_init(struct host_root *root, hpa_t table, int levels);

/*
 * Something under the root was unmapped or lost a right, and that is written: returns when no CPU uses what it
 * remembers of it.  Any locks; interrupts on or off.
 */
void root_flush(struct host_root *root);

#endif
