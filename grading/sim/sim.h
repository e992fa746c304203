/*
 * The simulated machine, on which the MMU is judged: memory for tables, CPUs with TLBs, and the surroundings that
 * mmu/host.h describes.  Freestanding: it asks for memset(), memcpy(), and for what struct sim_env lists.
 *
 * There is one machine at a time.  One thread runs it; actors (coroutines of the explorer) take turns where functions
 * of sim_env are called, and nowhere else.
 *
 *	sim_start(&config);
 *	tdp_root_create(&root, sim_host(), levels, extra);
 *	sim_cpu_enter(0, root.pt.root, 1);
 *	... tdp_map_range(...); sim_guest(0, at, WALK_WRITE) ...
 *	sim_check();
 *	tdp_root_destroy(&root);
 *	sim_finish();
 *
 * What it finds wrong ends the case with a sentence:
 *
 *   mem.c     double free, wrong order, a write beyond a table or into a freed one, a leak
 *   point.c   an access to an entry of a freed table; a stored value that hardware would reject; a table that is
 *             linked before it is complete
 *   stale.c   anything in a TLB that memory does not say any more
 *   guest.c   a written page of which nobody will know
 *   host.c    a lock taken twice or let go in another mode, an operation without the lock, a linked or cached table
 *             that is freed
 *
 * Read next: walk.h, mem.h, tlb.h, stale.h, guest.h, point.h, sim_host.h, monitor.h, insn.h.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "mmu/host.h"

#include "grading/sim/walk.h"

#define SIM_CPU_MAX   4
#define SIM_ACTOR_MAX 8
#define SIM_SPACE_MAX 16

/* ---- Surroundings --------------------------------------------------------------------------------------- */

struct sim_env {
	void *arg;

	/* The case has failed, says the text.  Does not return: longjmp() or the like.  The machine is then dead. */
	void (*fail)(void *arg, const char *text);

	/* May be NULL.  Another actor may run now: before an access to an entry, or within a flush (slot NULL). */
	void (*point)(void *arg, const void *slot, const char *what);

	/* May be NULL.  The current actor cannot go on ("lock"): run another, return when it is worth trying again. */
	void (*wait)(void *arg, const char *what);
};

struct sim_config {
	const struct sim_env *env;
	void *memory;    /* for the machine and its tables: aligned to 4 KiB, its content does not matter */
	uint64_t size;   /* SIM_SIZE_MIN, or more for more tables */
	enum walk_ad ad; /* what the CPUs do about accessed and dirty; one that the format has */
	hpa_t tables;    /* where tables lie, aligned to 64 KiB; 0: so high that a lost bit shows */
};

/* Enough for 300 tables. */
#define SIM_SIZE_MIN (4u << 20)

/* Forget everything and begin. */
void sim_start(const struct sim_config *config);

/* The surroundings of the MMU under test. */
struct host *sim_host(void);

/* ---- Actors --------------------------------------------------------------------------------------------- */

/* Who runs from now on, 0..SIM_ACTOR_MAX-1; it begins with 0.  Locks and grace periods belong to actors. */
void sim_actor_set(int actor);
int sim_actor(void);

/* ---- Spaces and CPUs ------------------------------------------------------------------------------------ */

/*
 * Hardware will be told of this tree.  Only from then on do CPUs walk it and are its entries watched, until the root is
 * freed.  host_root_open() is this.
 */
void sim_space_open(hpa_t root, int levels, int extra);

/* Nobody will enter it again.  Fails if a CPU is in it. */
void sim_space_close(hpa_t root);

/* A CPU runs with this root and hardware ID from now on.  It still remembers what it knew under the ID. */
void sim_cpu_enter(int cpu, hpa_t root, unsigned id);
void sim_cpu_leave(int cpu);

/* ---- Verdicts ------------------------------------------------------------------------------------------- */

/* All checks that can be made between two operations: the last store, stale entries, dirty pages. */
void sim_check(void);

/* sim_check(), red zones and poison, and no table is allocated any more. */
void sim_finish(void);

/* The case has failed.  %s a string, %d an int, %x a uint64_t in hexadecimal. */
void sim_fail(const char *format, ...) __attribute__((noreturn));
void sim_fail_text(const char *text) __attribute__((noreturn));

/* ---- Work ----------------------------------------------------------------------------------------------- */

/* Counted since sim_start() or sim_work_reset(). */
struct sim_work {
	uint64_t reads, cas, xchgs;          /* accesses to entries, by pt_read() and the others */
	uint64_t allocs, failed_allocs, frees;
	uint64_t flushes, flushes_all;       /* calls of host_flush(); those with HOST_FLUSH_ALL */
	uint64_t flushes_here;               /* those with HOST_FLUSH_HERE */
	uint64_t cpu_flushes;                /* flushes of one CPU each */
	uint64_t locks, questions, yields;   /* host_should_yield(): asked, answered with yes */
	uint64_t marks;                      /* calls of host_page_mark() */
	uint64_t runs, run_entries;          /* host_trace(HOST_TRACE_SET): calls, entries in all */
	uint64_t walks, cached;              /* guest accesses that walked; that did not */
};

struct sim_work *sim_work(void);
void sim_work_reset(void);

#endif
