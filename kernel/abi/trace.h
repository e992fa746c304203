/*
 * The trace ring, as /dev/trace shows it.
 *
 * read() gives text, a line an event, oldest first, up to the moment of the open().  write() of a number sets which
 * events are recorded: bit e for event e, 0 for none.  "+" and a number: these too, until the file is closed or another
 * such number is written.
 *
 * mmap(), read-only, at offset cpu * TRACE_RING_BYTES gives that CPU's ring while it is being written: a record is
 * whole if `sequence` is the same, and not 0, before and after it is copied.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include "abi/types.h"

/* event: name, and how its four arguments print; X(name, format). */
#define TRACE_EVENTS(X)                                                                            \
	X(switch, "from thread %lu to %lu")                                                        \
	X(wake, "thread %lu, reason %ld")                                                          \
	X(syscall, "%s(%#lx, %#lx, %#lx)")                                                         \
	X(sysret, "%s = %ld")                                                                      \
	X(fault, "at %#lx, access %lu, pc %#lx: %ld")                                              \
	X(flush, "cpus %#lx, from %#lx to %#lx")                                                   \
	X(fork, "child %lu")                                                                       \
	X(exec, "process %lu")                                                                     \
	X(exit, "process %lu, status %#lx")                                                        \
	X(irq, "line %lu")                                                                         \
	X(vm_enter, "machine %lu, vcpu %lu")                                                       \
	X(vm_exit, "machine %lu, vcpu %lu, pc %#lx: %lu")                                          \
	X(vm_kick, "machine %lu, vcpu %lu, requests %#lx")                                         \
	X(mmu_fault, "machine %lu, guest %#lx, level %lu: outcome %lu")                            \
	X(mmu_set, "machine %lu, guest %#lx, level %lu, %lu entries")                              \
	X(mmu_flush, "machine %lu, guest %#lx, level %lu, %lu tables")                             \
	X(mmu_yield, "machine %lu, guest %#lx")                                                    \
	X(mmu_root, "machine %lu, table %#lx, level %lu: reason %lu")

enum trace_event {
#define X(name, format) TRACE_##name,
	TRACE_EVENTS(X)
#undef X
	TRACE_EVENT_COUNT
};

struct trace_record {
	u64 sequence; /* counts this CPU's records from 1; 0 while it is being written */
	u64 time;     /* ns since boot */
	u16 cpu;
	u16 event;
	s32 tid;      /* who was interrupted or called; -1 if nobody */
	u64 arg[4];
	u64 unused;
};

#define TRACE_RING_RECORDS 1024
#define TRACE_RING_BYTES   (TRACE_RING_RECORDS * sizeof(struct trace_record))

#endif
