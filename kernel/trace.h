/*
 * Tracepoints: what happened last, for panics, for debugging, for the curious.
 *
 * Each CPU has a ring of TRACE_RING_RECORDS records of a fixed size and overwrites the oldest.  Recording takes no lock
 * and may happen anywhere: a few stores with interrupts off.  The events and the formats of their arguments are listed
 * in abi/trace.h, because programs read the rings through /dev/trace.
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "kernel.h"
#include "abi/trace.h"
#include "boot_info.h"

/*
 * Which events are recorded, bit e for event e: none until trace_init(); then what boot option trace=N says, or
 * trace_choose(), and what somebody asks for.
 */
extern u64 trace_mask;

/* Recorded unless that option says otherwise: not guests, whose events would leave no room for any others. */
#define TRACE_QUIET_EVENTS ((1ull << TRACE_vm_enter) - 1)

/* TRACE(wake, t->tid, reason, 0, 0): one load and one branch when the event is off. */
#define TRACE(event, a, b, c, d)                                                                   \
	do {                                                                                       \
		if (READ_ONCE(trace_mask) & (1ull << TRACE_##event))                              \
			trace_record(TRACE_##event, (u64)(a), (u64)(b), (u64)(c), (u64)(d));       \
	} while (0)

void trace_record(enum trace_event event, u64 a, u64 b, u64 c, u64 d);

/* Take rings for cpu_total CPUs from the buddy allocator.  A CPU whose ring there is no memory for is not traced. */
void trace_init(u32 cpu_total);

/* Print the newest `count` events of all CPUs, oldest of them first.  Takes no lock; for panic() and for debuggers. */
void trace_print(u32 count);

/* ---- For /dev/trace ------------------------------------------------------------------------------------ */

/* Which events are recorded whoever asks for them. */
void trace_choose(u64 mask);

/* An open file asks for these too, instead of *asked, which it asked for before and at first was 0. */
void trace_ask(u64 *asked, u64 mask);

/* A walk through the records of all CPUs in the order of time. */
struct trace_cursor {
	u64 next[MAX_CPUS]; /* per CPU, the sequence to look at next */
	u64 end[MAX_CPUS];  /* and the first one not to look at */
};

/* All that is recorded now. */
void trace_cursor_init(struct trace_cursor *cursor);

/* Copy the oldest record that the cursor has not passed, and pass it; false at the end.  Skips overwritten ones. */
bool trace_cursor_next(struct trace_cursor *cursor, struct trace_record *record);

/* The record as a line of text; like snprintf(). */
int trace_format(char *buf, size_t size, const struct trace_record *record);

/* The page at byte `offset` of a CPU's ring; hpa(0) if there is none. */
hpa_t trace_page(u32 cpu, u64 offset);

#endif
