/*
 * Trees made entry by entry, and the machine below them.
 */
#include "grading/suites/mmu/tree.h"
#include "grading/explore/explore.h"
#include "grading/sim/mem.h"
#include "grading/sim/point.h"
#include "grading/suites/mmu/suite.h"

struct shape shape;

/* ---- Shapes ----------------------------------------------------------------------------------------------- */

static void run_shape(void *arg)
{
	((void (**)(void))arg)[0]();
}

/* With little effort: the smallest and the largest. */
static bool is_worth_it(int levels, int extra)
{
	bool smallest = levels == PT_LEVELS_MIN && extra == PT_ROOT_EXTRA_MIN;
	bool largest = levels == PT_LEVELS_MAX && !pt_shape_ok(levels, extra + 1);

	return pt_shape_ok(levels, extra) && (much(0, 1) || smallest || largest);
}

void for_each_shape(void (*run)(void))
{
	for (int levels = PT_LEVELS_MIN; levels <= PT_LEVELS_MAX; levels++) {
		for (int extra = PT_ROOT_EXTRA_MIN; extra <= PT_ROOT_EXTRA_MAX; extra++) {
			const char *text;

			if (!is_worth_it(levels, extra))
				continue;
			shape = (struct shape){ levels, extra };
			text = attempt(run_shape, &run);
			EXPECT(!text, "with %d levels and a root of %d pages: %s", levels, 1 << extra, text);
		}
	}
}

/* ---- The machine ------------------------------------------------------------------------------------------ */

static void machine_failed(void *unused, const char *text)
{
	attempt_fail(text);
}

/* More is a loop without end. */
#define POINTS_MAX 20000000 /* of one machine */
#define YIELDS_MAX 20000    /* of one operation */

static void (*watcher)(const void *slot, const char *what);

void machine_watch(void (*watch)(const void *slot, const char *what))
{
	watcher = watch;
}

static void machine_point(void *unused, const void *slot, const char *what)
{
	if (sim_point_count() > POINTS_MAX || sim_work()->yields > YIELDS_MAX)
		attempt_fail("no end: the MMU reads entries, or yields, for ever");
	if (watcher)
		watcher(slot, what);
	explore_point(slot, what);
}

static void machine_wait(void *unused, const char *what)
{
	explore_wait(what);
}

static const struct sim_env machine_env = { .fail = machine_failed, .point = machine_point, .wait = machine_wait };

void machine_start(void)
{
	struct sim_config config = { .env = &machine_env };

	watcher = NULL;
	while (!(walk_format.ad_modes >> config.ad & 1))
		config.ad++;
	config.memory = machine_memory(&config.size);
	sim_start(&config);
}

/* ---- Trees ------------------------------------------------------------------------------------------------ */

hpa_t tree_table(const struct pt *pt, int level)
{
	hpa_t table = sim_mem_alloc(level == pt_top(pt) ? pt->root_extra : 0);

	EXPECT(table.raw, "the machine has no memory left");
	for (uint64_t i = 0; i < pt_entry_count(pt, level); i++)
		pt_table(pt, table)[i] = pte_make_empty();
	return table;
}

struct pt tree_make(void)
{
	struct pt pt = { .levels = shape.levels, .root_extra = shape.extra, .window = host_table_window(sim_host()) };

	pt.root = tree_table(&pt, pt_top(&pt));
	return pt;
}

pte_t *tree_slot(const struct pt *pt, ia_t at, int level)
{
	hpa_t table = pt->root;

	for (int l = pt_top(pt); l > level; l--) {
		pte_t pte = *pt_slot(pt, pt_table(pt, table), at, l);

		if (pte_kind(pte, l) != PTE_TABLE)
			return NULL;
		table = pte_table_hpa(pte);
	}
	return pt_slot(pt, pt_table(pt, table), at, level);
}

void tree_set(const struct pt *pt, ia_t at, int level, pte_t pte)
{
	for (int l = pt_top(pt); l > level; l--) {
		pte_t *slot = tree_slot(pt, at, l);

		if (pte_kind(*slot, l) != PTE_TABLE)
			*slot = pte_make_table(tree_table(pt, l - 1));
	}
	*tree_slot(pt, at, level) = pte;
}

/* Guest pages lie below tables; a page of each level's size, each used once. */
pte_t tree_leaf(int level, uint64_t number)
{
	uint64_t room = ((uint64_t)1 << (PT_OA_BITS - 2)) >> pt_level_shift(level);
	pt_prot_t prot = PT_READ | (number & 1 ? PT_WRITE : PT_EXEC);

	return pte_make_leaf(hpa((number % room) << pt_level_shift(level)), level, prot);
}

ia_t tree_address(const struct pt *pt, uint64_t *random)
{
	uint64_t pick = check_random(random), end = pt_ia_end(pt);
	int level = pick % pt->levels;
	uint64_t count = end >> pt_level_shift(level);
	uint64_t step = pick >> 8 & 3; /* 0 0x, 1 1x, 2 2x, 3 the last */
	uint64_t at = step == 3 ? end : (step % count) << pt_level_shift(level);

	switch (pick >> 16 & 7) {
	case 0: at += pt_span(0); break;
	case 1: at -= pt_span(0); break;
	case 2: at += pt_span(pick >> 24 & 1); break;
	case 3: at -= pt_span(pick >> 24 & 1); break;
	case 4: at = pt_align_down(check_random(random), 0); break;
	}
	return ia(at % end);
}

void tree_grow(const struct pt *pt, uint64_t *random, int count)
{
	for (int i = 0; i < count; i++) {
		uint64_t pick = check_random(random);
		ia_t at = tree_address(pt, random);
		int level = pick % (PT_LEAF_LEVEL_MAX + 1);
		bool frozen = (pick >> 16) % 8 == 0, mmio = (pick >> 16) % 8 == 1;

		if (level > pt_top(pt) || sim_mem_pages() > 200)
			continue;
		while (!frozen && !mmio && !pte_leaf_ok(level, pte_prot(tree_leaf(level, i), level)))
			level--;
		for (int l = pt_top(pt); l > level; l--)
			if (tree_slot(pt, at, l) && pte_kind(*tree_slot(pt, at, l), l) == PTE_LEAF)
				level = l;
		if (tree_slot(pt, at, level) && pte_kind(*tree_slot(pt, at, level), level) == PTE_TABLE)
			continue;
		tree_set(pt, at, level,
			 frozen ? pte_make_frozen() : mmio ? pte_make_mmio(i) : tree_leaf(level, pick >> 20));
	}
}
