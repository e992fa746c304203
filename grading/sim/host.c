/*
 * mmu/host.h over the simulated machine: see sim_host.h.
 *
 * One host a machine: all state is here.
 */
#include "grading/sim/dirty.h"
#include "grading/sim/mem.h"
#include "grading/sim/parts.h"
#include "grading/sim/point.h"
#include "grading/sim/sim_host.h"
#include "grading/sim/stale.h"
#include "grading/sim/tlb.h"

#define NOBODY (-1)

struct host {
	/* The lock: one writer or any number of readers, all of them actors. */
	int writer;
	unsigned readers, waiting; /* a bit each */
	int table_owner;

	int cpus[SIM_ACTOR_MAX]; /* that actors run on */

	struct {
		enum sim_yield plan;
		uint64_t left; /* questions until the answer is yes */
		void (*gap)(void *arg);
		void *gap_arg;
		bool gap_due;
	} yield;

	sim_flush_cpu *flush;
	struct sim_flush_call flushes[SIM_FLUSH_LOG];
	uint64_t flush_count;
	struct sim_trace_call traces[SIM_TRACE_LOG];
	uint64_t trace_count;
};

static struct host *the_host;

struct host *sim_host(void)
{
	return the_host;
}

static unsigned bit_of(int actor)
{
	return 1u << actor;
}

/* ---- Who holds the lock? --------------------------------------------------------------------------------- */

static bool may_take(const struct host *h, enum host_lock mode)
{
	return h->writer == NOBODY && (mode == HOST_SHARED || h->readers == 0);
}

static bool holds(const struct host *h, enum host_lock mode)
{
	if (mode == HOST_EXCLUSIVE)
		return h->writer == sim_actor();
	return h->readers & bit_of(sim_actor());
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

hpa_t host_table_alloc(struct host *h, int order)
{
	sim_point_settle();
	return sim_mem_alloc(order);
}

/* No tree may lead to it, and no CPU may know it.  A root is not linked but loaded: see host_root_close(). */
static void check_is_let_go(hpa_t table, int order)
{
	const struct sim_block *block = sim_mem_block(table);
	const char *text = sim_stale_memory(table, (uint64_t)4096 << order);

	if (block && block->level >= 0)
		sim_fail("[TABLE-FREED-LINKED] the table %x is freed, but an entry of a tree leads to it", table.raw);
	if (text)
		sim_fail("[TABLE-FREED-EARLY] the table %x is freed, but %s", table.raw, text);
}

void host_table_free(struct host *h, hpa_t table, int order)
{
	sim_point_settle();
	if (sim_space_of(table))
		sim_fail("[ROOT-FREED-EARLY] the root %x is freed, but not closed", table.raw);
	check_is_let_go(table, order);
	sim_mem_free(table, order, h->readers);
}

uint64_t host_table_window(struct host *h)
{
	const struct walk_memory *memory = sim_memory();

	return (uintptr_t)memory->bytes - memory->start.raw;
}

/* What may sleep is called without locks. */
static void check_may_sleep(const struct host *h, const char *what)
{
	if (holds(h, HOST_SHARED) || holds(h, HOST_EXCLUSIVE) || h->table_owner == sim_actor())
		sim_fail("[LOCK-RULE] actor %d may sleep in %s, but holds a lock", sim_actor(), what);
	sim_env_point(NULL, what);
}

int host_table_reserve(struct host *h, hpa_t *tables, int have, int want)
{
	check_may_sleep(h, "reserve");
	for (int i = have; i < want; i++) {
		tables[i] = sim_mem_alloc(0);
		if (tables[i].raw)
			continue;
		while (--i >= have)
			sim_mem_free(tables[i], 0, 0);
		return -MMU_ENOMEM;
	}
	return 0;
}

void sim_check_may_sleep(const char *what)
{
	check_may_sleep(the_host, what);
}

/* ---- Memory --------------------------------------------------------------------------------------------- */

/* A page each: so what is written beyond, or after it was freed, is found. */
void *host_memory_alloc(struct host *h, uint64_t size)
{
	hpa_t page;

	if (size > 4096)
		sim_fail("sim: %d bytes of memory are more than a page", (int)size);
	page = sim_mem_alloc(0);
	return page.raw ? __builtin_memset(sim_mem_pointer(page), 0, size) : NULL;
}

void host_memory_free(struct host *h, void *memory)
{
	sim_mem_free(sim_mem_hpa(memory), 0, 0);
}

/* ---- Roots ---------------------------------------------------------------------------------------------- */

struct host_root *sim_host_root(hpa_t table)
{
	return (struct host_root *)sim_space_of(table);
}

struct host_root *host_root_open(struct host *h, hpa_t table, int levels, int extra)
{
	if (sim_mem_refuses())
		return NULL;
	sim_space_open(table, levels, extra);
	return sim_host_root(table);
}

void host_root_close(struct host *h, struct host_root *root)
{
	sim_space_close(((struct sim_space *)root)->root.table);
}

/* ---- Lock ----------------------------------------------------------------------------------------------- */

void host_lock(struct host *h, enum host_lock mode)
{
	unsigned self = bit_of(sim_actor());

	if (h->table_owner == sim_actor())
		sim_fail("[LOCK-RULE] actor %d takes the lock within the table lock", sim_actor());
	if (holds(h, HOST_SHARED) || holds(h, HOST_EXCLUSIVE))
		sim_fail("[LOCK-RULE] actor %d takes the lock that it holds", sim_actor());
	sim_env_point(NULL, "lock");
	while (!may_take(h, mode)) {
		h->waiting |= self;
		sim_env_wait("lock");
	}
	h->waiting &= ~self;
	sim_work()->locks++;
	if (mode == HOST_EXCLUSIVE)
		h->writer = sim_actor();
	else
		h->readers |= self;
}

/* While others hold it too, they may be in the middle of something. */
static void check_nothing_is_owed(struct host *h)
{
	sim_point_settle();
	if ((h->readers & ~bit_of(sim_actor())) == 0)
		sim_check();
}

static void run_gap(struct host *h)
{
	bool due = h->yield.gap_due;

	h->yield.gap_due = false;
	if (due && h->yield.gap)
		h->yield.gap(h->yield.gap_arg);
}

void host_unlock(struct host *h, enum host_lock mode)
{
	if (!holds(h, mode))
		sim_fail("[LOCK-RULE] actor %d lets go of the lock, but does not hold it %s", sim_actor(),
			 mode == HOST_EXCLUSIVE ? "exclusively" : "shared");
	check_nothing_is_owed(h);
	h->writer = NOBODY;
	h->readers &= ~bit_of(sim_actor());
	if (h->readers == 0)
		sim_dirty_lock_free();
	sim_mem_grace_end(sim_actor());
	run_gap(h);
	sim_env_point(NULL, "unlock");
}

/* A spin lock: its holder does nothing that others wait for. */
void host_table_lock(struct host *h)
{
	if (h->table_owner == sim_actor())
		sim_fail("[LOCK-RULE] actor %d takes the table lock that it holds", sim_actor());
	sim_env_point(NULL, "table lock");
	while (h->table_owner != NOBODY)
		sim_env_wait("table lock");
	h->table_owner = sim_actor();
}

void host_table_unlock(struct host *h)
{
	if (h->table_owner != sim_actor())
		sim_fail("[LOCK-RULE] actor %d lets go of the table lock, but does not hold it", sim_actor());
	h->table_owner = NOBODY;
	sim_env_point(NULL, "unlock");
}

bool host_lock_is_held(struct host *h, enum host_lock mode)
{
	return holds(h, mode) || (mode == HOST_SHARED && holds(h, HOST_EXCLUSIVE));
}

bool sim_lock_is_free(void)
{
	return the_host->writer == NOBODY && the_host->readers == 0;
}

/* ---- Yielding ------------------------------------------------------------------------------------------- */

static bool plan_says_yes(struct host *h)
{
	switch (h->yield.plan) {
	case SIM_YIELD_ALWAYS: return true;
	case SIM_YIELD_AT: return h->yield.left && --h->yield.left == 0;
	case SIM_YIELD_WANTED: return h->waiting != 0;
	default: return false;
	}
}

bool host_should_yield(struct host *h)
{
	bool yes = plan_says_yes(h);

	if (!host_lock_is_held(h, HOST_SHARED))
		sim_fail("[LOCK-RULE] actor %d asks whether to yield, but does not hold the lock", sim_actor());
	sim_work()->questions++;
	sim_work()->yields += yes;
	h->yield.gap_due = yes;
	return yes;
}

void sim_yield_plan(enum sim_yield plan, uint64_t n)
{
	the_host->yield.plan = plan;
	the_host->yield.left = n;
}

void sim_yield_gap(void (*run)(void *arg), void *arg)
{
	the_host->yield.gap = run;
	the_host->yield.gap_arg = arg;
}

/* ---- Flushes -------------------------------------------------------------------------------------------- */

void sim_flush_range(int cpu, unsigned id, const struct sim_flush_call *call)
{
	struct sim_tlb_flush flush = {
		.kinds = SIM_TLB_LEAF | SIM_TLB_NOTHING | (call->what == HOST_FLUSH_ALL ? SIM_TLB_TABLE : 0),
		.id = id,
		.level = SIM_TLB_ANY_LEVEL,
		.start = call->start.raw,
		.last = call->end.raw - 1,
	};

	sim_tlb_flush(cpu, &flush);
}

/* All IDs under which the CPU has used the space. */
static void flush_one_cpu(struct host *h, int cpu, const struct sim_space *space, const struct sim_flush_call *call)
{
	const struct sim_cpu *c = sim_cpu_at(cpu);

	sim_work()->cpu_flushes++;
	for (int i = 0; i < c->binding_count; i++)
		if (c->bindings[i].space == space)
			h->flush(cpu, c->bindings[i].id, call);
}

static void check_range(const struct sim_space *space, const struct sim_flush_call *call)
{
	if (call->start.raw >= call->end.raw || (call->start.raw | call->end.raw) & 4095 ||
	    (call->end.raw - 1) >> walk_ia_bits(&space->root))
		sim_fail("[FLUSH-WRONG-RANGE] host_flush() of [%x, %x)", call->start.raw, call->end.raw);
}

/* Before each CPU another actor may run: those that come later still remember. */
void host_flush(struct host *h, struct host_root *root, ia_t start, ia_t end, enum host_flush_what what)
{
	const struct sim_space *space = (struct sim_space *)root;
	struct sim_flush_call call = { space->root.table, start, end, what, space->cpus };

	if (!space->open)
		sim_fail("[ROOT-FREED-EARLY] host_flush() of a root that is closed");
	if (what == HOST_FLUSH_HERE)
		call.cpus &= 1u << h->cpus[sim_actor()];

	sim_point_settle();
	h->flushes[h->flush_count++ % SIM_FLUSH_LOG] = call;
	sim_work()->flushes++;
	sim_work()->flushes_all += what == HOST_FLUSH_ALL;
	sim_work()->flushes_here += what == HOST_FLUSH_HERE;
	check_range(space, &call);
	for (int cpu = 0; cpu < SIM_CPU_MAX; cpu++) {
		if (!(call.cpus >> cpu & 1))
			continue;
		sim_env_point(NULL, "flush");
		flush_one_cpu(h, cpu, space, &call);
	}
}

bool sim_flush_call(uint64_t back, struct sim_flush_call *call)
{
	if (back >= SIM_FLUSH_LOG || back >= the_host->flush_count)
		return false;
	*call = the_host->flushes[(the_host->flush_count - 1 - back) % SIM_FLUSH_LOG];
	return true;
}

void sim_on_cpu(int cpu)
{
	the_host->cpus[sim_actor()] = cpu;
}

void sim_flush_by(sim_flush_cpu *flush)
{
	the_host->flush = flush;
}

/* ---- Guest pages, watching ------------------------------------------------------------------------------ */

void host_page_mark(struct host *h, ia_t at, hpa_t page, uint64_t size, unsigned ad)
{
	sim_point_settle();
	sim_work()->marks++;
	sim_dirty_mark(&(struct sim_mark){ at, page, size, ad });
}

/* Entries have just changed, and what belongs to the change may not be done yet: another actor may look. */
void host_trace(struct host *h, enum host_trace what, ia_t at, int level, uint64_t count)
{
	h->traces[h->trace_count++ % SIM_TRACE_LOG] = (struct sim_trace_call){ what, at, level, count };
	if (what != HOST_TRACE_SET)
		return;
	sim_work()->runs++;
	sim_work()->run_entries += count;
	sim_point_settle();
	sim_env_point(NULL, "set");
}

bool sim_trace_call(uint64_t back, struct sim_trace_call *call)
{
	if (back >= SIM_TRACE_LOG || back >= the_host->trace_count)
		return false;
	*call = the_host->traces[(the_host->trace_count - 1 - back) % SIM_TRACE_LOG];
	return true;
}

void host_bug(struct host *h, const char *text, uint64_t a, uint64_t b)
{
	sim_fail("[MMU-STOPS] the MMU stops: %s: %x, %x", text, a, b);
}

/* ---- Beginning ------------------------------------------------------------------------------------------ */

void sim_host_start(void)
{
	the_host = sim_carve(sizeof(*the_host));
	the_host->writer = NOBODY;
	the_host->table_owner = NOBODY;
	for (int actor = 0; actor < SIM_ACTOR_MAX; actor++)
		the_host->cpus[actor] = actor % SIM_CPU_MAX;
	the_host->flush = sim_flush_range;
}
