/*
 * mmu/host.h over the simulated machine, and what a suite may ask about it.
 *
 * When the last holder lets go of the lock, nothing may be stale (stale.h).  When a table is freed, no CPU may know it
 * and no tree may lead to it.
 */
#ifndef SIM_SIM_HOST_H
#define SIM_SIM_HOST_H

#include "grading/sim/sim.h"

/* ---- Yielding ------------------------------------------------------------------------------------------- */

/* What host_should_yield() answers. */
enum sim_yield {
	SIM_YIELD_NEVER,
	SIM_YIELD_ALWAYS,
	SIM_YIELD_AT,     /* the n-th question from now on, once */
	SIM_YIELD_WANTED, /* while another actor waits for the lock */
};

void sim_yield_plan(enum sim_yield plan, uint64_t n);

/* Called after host_should_yield() said yes, while the lock is let go; NULL: nothing. */
void sim_yield_gap(void (*run)(void *arg), void *arg);

/* ---- Flushes -------------------------------------------------------------------------------------------- */

/* A call of host_flush(). */
struct sim_flush_call {
	hpa_t root;
	ia_t start, end;
	enum host_flush_what what;
	unsigned cpus; /* that had used the root: a bit each */
};

/* The call `back` calls ago; false if that is too long ago. */
#define SIM_FLUSH_LOG 64
bool sim_flush_call(uint64_t back, struct sim_flush_call *call);

/* How one CPU is made to forget. */
typedef void sim_flush_cpu(int cpu, unsigned id, const struct sim_flush_call *call);

/* host_flush() does it so from now on; sim_flush_range() to begin with. */
void sim_flush_by(sim_flush_cpu *flush);

/* Exactly the range, and of what was asked for. */
void sim_flush_range(int cpu, unsigned id, const struct sim_flush_call *call);

/* What the verbs of the format's tlb.h execute (insn.h); the range, if it has none. */
void sim_flush_verbs(int cpu, unsigned id, const struct sim_flush_call *call);

/* ---- Tracing -------------------------------------------------------------------------------------------- */

/* A call of host_trace(). */
struct sim_trace_call {
	enum host_trace what;
	ia_t at;
	int level;
	uint64_t count;
};

#define SIM_TRACE_LOG 64
bool sim_trace_call(uint64_t back, struct sim_trace_call *call);

/* Is the lock held by nobody? */
bool sim_lock_is_free(void);

/* ---- CPUs, roots ---------------------------------------------------------------------------------------- */

/* The running actor is on this CPU from now on: HOST_FLUSH_HERE means it.  Actor i begins on CPU i. */
void sim_on_cpu(int cpu);

/* What host_root_open() gave for this root; NULL if it is not open. */
struct host_root *sim_host_root(hpa_t table);

#endif
