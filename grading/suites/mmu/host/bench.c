/*
 * What mmu/pt and mmu/tdp cost, for one format: instructions, counted by callgrind, and nanoseconds.
 *
 *	bench            nanoseconds, one line "OPERATION LEVEL ENTRIES NANOSECONDS" each
 *	bench once       every operation once, in a function measure_OPERATION, for callgrind
 *
 * The surroundings are as cheap as they can be: tables from a list, a lock that is a counter, flushes that are
 * counted. The tables exist before an operation is measured, except in "tables": what is counted is the work on
 * entries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mmu/tdp/tdp_iter.h"

#define PAGE    ((uint64_t)4096)
#define ENTRIES ((uint64_t)(PT_INDEX_BITS > 8 ? 256 : 128)) /* a table has more */
#define ROUNDS  2000

/* ---- Surroundings ----------------------------------------------------------------------------------------- */

#define ARENA_PAGES 512

struct host {
	unsigned char *arena;
	uint64_t used; /* pages */
	hpa_t free[ARENA_PAGES];
	int free_count;
	int lock;
	uint64_t flushes;
};

static struct host the_host;

hpa_t host_table_alloc(struct host *h, int order)
{
	uint64_t pages = (uint64_t)1 << order, start = (h->used + pages - 1) & ~(pages - 1);

	if (order == 0 && h->free_count)
		return h->free[--h->free_count];
	if (start + pages > ARENA_PAGES)
		return hpa(0);
	h->used = start + pages;
	return hpa((start + ARENA_PAGES) * PAGE);
}

void host_table_free(struct host *h, hpa_t table, int order)
{
	if (order == 0)
		h->free[h->free_count++] = table;
}

uint64_t host_table_window(struct host *h)
{
	return (uintptr_t)h->arena - ARENA_PAGES * PAGE;
}

void host_lock(struct host *h, enum host_lock mode)
{
	h->lock++;
}

void host_unlock(struct host *h, enum host_lock mode)
{
	h->lock--;
}

bool host_lock_is_held(struct host *h, enum host_lock mode)
{
	return h->lock > 0;
}

bool host_should_yield(struct host *h)
{
	return false;
}

void host_flush(struct host *h, struct host_root *root, ia_t start, ia_t end, enum host_flush_what what)
{
	h->flushes++;
}

/* What faults ask for: the operations that are measured here have none. */
void *host_memory_alloc(struct host *h, uint64_t size)
{
	return calloc(1, size);
}

void host_memory_free(struct host *h, void *memory)
{
	free(memory);
}

int host_table_reserve(struct host *h, hpa_t *tables, int have, int want)
{
	return -MMU_ENOMEM;
}

struct host_root *host_root_open(struct host *h, hpa_t table, int levels, int extra)
{
	return (struct host_root *)h;
}

void host_root_close(struct host *h, struct host_root *root)
{
}

void host_table_lock(struct host *h)
{
}

void host_table_unlock(struct host *h)
{
}

struct host_sample host_sample(struct host *h)
{
	return (struct host_sample){ 0 };
}

enum host_slot_kind host_lookup(struct host *h, gpa_t at, struct host_slot *slot)
{
	return HOST_SLOT_NONE;
}

int host_resolve(struct host *h, const struct host_slot *slot, gpa_t at, enum tdp_access access,
		 struct host_page *page)
{
	return -MMU_EFAULT;
}

bool host_must_retry(struct host *h, const struct host_sample *sample, const struct host_slot *slot, gpa_t at)
{
	return true;
}

void host_page_mark(struct host *h, ia_t at, hpa_t page, uint64_t size, unsigned ad)
{
}

void host_trace(struct host *h, enum host_trace what, ia_t at, int level, uint64_t count)
{
}

void host_bug(struct host *h, const char *text, uint64_t a, uint64_t b)
{
	fprintf(stderr, "%s: 0x%lx 0x%lx\n", text, (unsigned long)a, (unsigned long)b);
	abort();
}

/* ---- Operations ------------------------------------------------------------------------------------------- */

static struct tdp_root root;
static uint64_t base, result;
static int level;

/* The range that n leaves of the level fill, within one table. */
static ia_t end_of(uint64_t entries)
{
	return ia(base + entries * pt_span(level));
}

static void map(uint64_t entries)
{
	struct tdp_map map = { .page = hpa(0), .prot = PT_READ | PT_WRITE, .max_level = level };

	if (tdp_map_range(&root, ia(base), end_of(entries), &map))
		abort();
}

static void unmap(uint64_t entries)
{
	if (tdp_unmap_range(&root, ia(base), end_of(entries)))
		abort();
}

#define MEASURE(name, body)                                                                        \
	__attribute__((noinline)) static void measure_##name(void)                                 \
	{                                                                                          \
		body;                                                                              \
		__asm__ volatile("" ::: "memory");                                                 \
	}

MEASURE(map_1_l0, map(1))
MEASURE(map_many_l0, map(ENTRIES))
MEASURE(unmap_1_l0, unmap(1))
MEASURE(unmap_many_l0, unmap(ENTRIES))
MEASURE(map_1_l1, map(1))
MEASURE(map_many_l1, map(ENTRIES))
MEASURE(unmap_1_l1, unmap(1))
MEASURE(unmap_many_l1, unmap(ENTRIES))
MEASURE(map_1_l2, map(1))
MEASURE(map_many_l2, map(ENTRIES))
MEASURE(unmap_1_l2, unmap(1))
MEASURE(unmap_many_l2, unmap(ENTRIES))
MEASURE(protect_many_l0, tdp_protect_range(&root, ia(base), end_of(ENTRIES), PT_READ))
MEASURE(tables_many_l0, map(ENTRIES))

static void walk(ia_t start, ia_t end)
{
	struct pt_iter it;

	pt_for_each(&it, &root.pt, start, end, 0)
		result += pt_entry_kind(&it.entry) == PTE_LEAF ? pte_leaf_hpa(it.entry.pte, it.entry.level).raw : 1;
}

MEASURE(walk_1_l0, walk(ia(base), ia(base + PAGE)))
MEASURE(empty_512g_l0, walk(ia((uint64_t)1 << 39), ia((uint64_t)2 << 39)))

static const struct operation {
	const char *name;
	void (*run)(void);
	void (*undo)(void); /* NULL: the next round needs none */
	int level;
	uint64_t entries;
} operations[] = {
	{ "map", measure_map_1_l0, measure_unmap_1_l0, 0, 1 },
	{ "map", measure_map_many_l0, measure_unmap_many_l0, 0, ENTRIES },
	{ "unmap", measure_unmap_1_l0, measure_map_1_l0, 0, 1 },
	{ "unmap", measure_unmap_many_l0, measure_map_many_l0, 0, ENTRIES },
	{ "map", measure_map_1_l1, measure_unmap_1_l1, 1, 1 },
	{ "map", measure_map_many_l1, measure_unmap_many_l1, 1, ENTRIES },
	{ "unmap", measure_unmap_1_l1, measure_map_1_l1, 1, 1 },
	{ "unmap", measure_unmap_many_l1, measure_map_many_l1, 1, ENTRIES },
	{ "map", measure_map_1_l2, measure_unmap_1_l2, 2, 1 },
	{ "map", measure_map_many_l2, measure_unmap_many_l2, 2, ENTRIES },
	{ "unmap", measure_unmap_1_l2, measure_map_1_l2, 2, 1 },
	{ "unmap", measure_unmap_many_l2, measure_map_many_l2, 2, ENTRIES },
	{ "protect", measure_protect_many_l0, NULL, 0, ENTRIES },
	{ "tables", measure_tables_many_l0, NULL, 0, ENTRIES },
	{ "walk", measure_walk_1_l0, NULL, 0, 1 },
	{ "empty512G", measure_empty_512g_l0, NULL, 0, 1 },
};

/* ---- Preparing -------------------------------------------------------------------------------------------- */

static void make_root(void)
{
	int levels = PT_LEVELS_MAX < 4 ? PT_LEVELS_MAX : 4, extra = PT_ROOT_EXTRA_MIN;

	memset(&the_host, 0, sizeof(the_host));
	if (posix_memalign((void **)&the_host.arena, 1 << 20, ARENA_PAGES * PAGE) ||
	    tdp_root_create(&root, &the_host, levels, extra))
		abort();
}

/* Half of the addresses that a table of the level translates: its last entry holds a leaf, so the table stays. */
static void prepare(const struct operation *o)
{
	make_root();
	level = o->level;
	base = 0;
	if (strcmp(o->name, "tables") != 0) {
		base = pt_span(level + 1) - pt_span(level);
		map(1);
		base = 0;
	}
	if (strcmp(o->name, "unmap") == 0 || strcmp(o->name, "protect") == 0 || strcmp(o->name, "walk") == 0)
		map(o->entries);
}

static bool exists(const struct operation *o)
{
	struct tdp_root probe = {
	    .pt = {.levels = PT_LEVELS_MAX < 4 ? PT_LEVELS_MAX : 4, .root_extra = PT_ROOT_EXTRA_MIN}};

	if (strcmp(o->name, "empty512G") == 0)
		return pt_ia_end(&probe.pt) >= (uint64_t)2 << 39;
	return o->level <= PT_LEAF_LEVEL_MAX && o->level < probe.pt.levels &&
	       o->entries < pt_entry_count(&probe.pt, o->level);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The fastest of many rounds: what disturbs only ever adds. */
static double fastest(const struct operation *o)
{
	double best = 1e18;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now(), took;

		o->run();
		took = now() - start;
		if (took < best)
			best = took;
		if (o->undo)
			o->undo();
		if (strcmp(o->name, "tables") == 0)
			return took;
	}
	return best;
}

int main(int argc, char **argv)
{
	bool once = argc > 1 && strcmp(argv[1], "once") == 0;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		const struct operation *o = &operations[i];

		if (!exists(o))
			continue;
		prepare(o);
		if (once)
			o->run();
		else
			printf("%s %d %lu %.0f\n", o->name, o->level, (unsigned long)o->entries, fastest(o));
		free(the_host.arena);
	}
	return result == 42;
}
