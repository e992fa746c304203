/*
 * The cursor: what it visits, in which order, how often.
 *
 * The reference is a recursive descent over the independent walker's view of memory, which lists every visit of a
 * range. Entries have an order: by address, and at the same address from the root down.
 */
#include "grading/explore/explore.h"
#include "grading/sim/mem.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/tree.h"

#define VISIT_MAX 40000

struct visit {
	uint64_t ia;
	int level;
	hpa_t slot;
};

static struct {
	struct visit *visits;
	int count;
	const struct pt *pt;
	ia_t start, end;
	int min_level;
} reference;

/* ---- The reference ---------------------------------------------------------------------------------------- */

static void list_table(hpa_t table, int level, uint64_t base)
{
	const struct walk_root root = { reference.pt->root, reference.pt->levels, reference.pt->root_extra };
	uint64_t count = (uint64_t)1 << walk_index_bits(&root, level), span = (uint64_t)1 << walk_level_shift(level);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = base + i * span;
		struct walk_word word;
		struct walk_entry entry;

		if (at + span <= reference.start.raw || at >= reference.end.raw)
			continue;
		EXPECT(reference.count < VISIT_MAX, "the reference has no room for more visits");
		reference.visits[reference.count++] =
			(struct visit){ at, level, hpa_add(table, i * walk_format.entry_size) };
		EXPECT(walk_read(sim_memory(), table, i, &word), "a table lies outside the memory");
		walk_decode(word, level, &entry);
		if (entry.kind == WALK_TABLE && level > reference.min_level)
			list_table(entry.out, level - 1, at);
	}
}

static void list_visits(const struct pt *pt, ia_t start, ia_t end, int min_level)
{
	if (!reference.visits)
		reference.visits = case_memory(VISIT_MAX * sizeof(struct visit));
	reference.pt = pt;
	reference.start = start;
	reference.end = end;
	reference.min_level = min_level;
	reference.count = 0;
	list_table(pt->root, pt_top(pt), 0);
}

/* The first visit behind (at, level); -1 if there is none. */
static int visit_behind(uint64_t at, int level)
{
	for (int i = 0; i < reference.count; i++)
		if (reference.visits[i].ia > at || (reference.visits[i].ia == at && reference.visits[i].level < level))
			return i;
	return -1;
}

/* Does the cursor stand on visit i, with a true snapshot and path? */
static void expect_visit(const struct pt_iter *it, int i)
{
	const struct visit *v = &reference.visits[i];
	hpa_t slot = sim_mem_hpa(it->entry.slot);

	EXPECT(i >= 0 && i < reference.count, "an entry too many is visited: level %d, 0x%lx", it->entry.level,
	       (unsigned long)it->entry.ia.raw);
	EXPECT(it->entry.level == v->level && it->entry.ia.raw == v->ia,
	       "visit %d is of level %d, 0x%lx; it should be of level %d, 0x%lx", i, it->entry.level,
	       (unsigned long)it->entry.ia.raw, v->level, (unsigned long)v->ia);
	EXPECT(slot.raw == v->slot.raw, "the slot of level %d, 0x%lx is wrong", v->level, (unsigned long)v->ia);
	EXPECT(pte_same(it->entry.pte, *it->entry.slot), "the snapshot of level %d, 0x%lx is not what is there",
	       v->level, (unsigned long)v->ia);
	EXPECT(pt_is_aligned(v->ia, v->level), "I1: an entry's address is aligned");
	EXPECT(it->path[v->level] <= it->entry.slot &&
		   it->entry.slot - it->path[v->level] < pt_entry_count(it->pt, v->level),
	       "I1: the slot does not lie in the path's table");
}

static void expect_end(int visited)
{
	EXPECT(visited == reference.count, "%d entries are visited; there are %d, the next is of level %d, 0x%lx",
	       visited, reference.count, reference.visits[visited].level, (unsigned long)reference.visits[visited].ia);
}

/* ---- Ranges ----------------------------------------------------------------------------------------------- */

static void compare_range(const struct pt *pt, ia_t start, ia_t end, int min_level)
{
	struct pt_iter it;
	int i = 0;

	list_visits(pt, start, end, min_level);
	pt_for_each(&it, pt, start, end, min_level) {
		uint64_t after = it.entry.ia.raw + pt_span(it.entry.level);

		expect_visit(&it, i++);
		EXPECT(pt_iter_is_inside(&it) == (it.entry.ia.raw >= start.raw && after <= end.raw),
		       "is 0x%lx inside of 0x%lx-0x%lx?", (unsigned long)it.entry.ia.raw, (unsigned long)start.raw,
		       (unsigned long)end.raw);
	}
	expect_end(i);
}

/* Not too large: the reference lists every entry. */
static bool random_range(const struct pt *pt, uint64_t *random, ia_t *start, ia_t *end)
{
	ia_t a = tree_address(pt, random), b = tree_address(pt, random);
	uint64_t pick = check_random(random);

	switch (pick & 3) {
	case 0: b = ia(a.raw + pt_span(0) * (1 + (pick >> 8) % 1200)); break;
	case 1: b = ia(a.raw + pt_span(pick >> 4 & 1)); break;
	case 2: b = ia(pt_ia_end(pt)); break;
	}
	*start = a.raw < b.raw ? a : b;
	*end = a.raw < b.raw ? b : a;
	if (end->raw > pt_ia_end(pt))
		*end = ia(pt_ia_end(pt));
	return pt_range_ok(pt, *start, *end);
}

static uint64_t seed_now;

static void compare_random_ranges(void)
{
	uint64_t random = seed_now;

	for (uint64_t tree = 0; tree < much(2, 12); tree++) {
		struct pt pt;

		machine_start();
		pt = tree_make();
		tree_grow(&pt, &random, 5 + check_random(&random) % 30);
		compare_range(&pt, ia(0), ia(pt_ia_end(&pt)), 0);
		for (uint64_t i = 0; i < much(8, 50); i++) {
			ia_t start, end;

			if (random_range(&pt, &random, &start, &end))
				compare_range(&pt, start, end, check_random(&random) % pt.levels);
		}
	}
}

static void every_range_is_visited_in_order(uint64_t seed)
{
	seed_now = seed;
	reference.visits = NULL;
	for_each_shape(compare_random_ranges);
}

/* ---- Edges ------------------------------------------------------------------------------------------------ */

/* A leaf of each size at the very end, one page behind the start of everything, and so on. */
static void compare_edges(void)
{
	struct pt pt;
	ia_t last;

	machine_start();
	pt = tree_make();
	last = ia(pt_ia_end(&pt) - pt_span(0));
	tree_set(&pt, last, 0, tree_leaf(0, 1));
	tree_set(&pt, ia(0), 0, tree_leaf(0, 2));
	compare_range(&pt, last, ia(pt_ia_end(&pt)), 0);
	compare_range(&pt, ia(pt_ia_end(&pt) - pt_span(1)), ia(pt_ia_end(&pt)), 0);
	compare_range(&pt, ia(0), ia(pt_span(0)), 0);
	for (int level = 1; level < pt.levels; level++) {
		ia_t border = ia(pt_span(level));

		tree_set(&pt, border, 0, tree_leaf(0, 3));
		compare_range(&pt, ia(border.raw - pt_span(0)), ia(border.raw + pt_span(0)), 0);
		compare_range(&pt, border, ia(border.raw + pt_span(0)), 0);
		compare_range(&pt, ia(border.raw - pt_span(0)), border, 0);
	}
}

static void first_and_last_page_are_reached(uint64_t seed)
{
	reference.visits = NULL;
	for_each_shape(compare_edges);
}

/* The root's pages beyond the first are part of it: every entry of the root, one by one. */
static void compare_root_entries(void)
{
	struct pt pt;
	uint64_t count;

	machine_start();
	pt = tree_make();
	count = pt_entry_count(&pt, pt_top(&pt));
	for (uint64_t i = 0; i < count; i += 1 + i % 101) {
		ia_t at = ia(i << pt_level_shift(pt_top(&pt)));
		struct pt_iter it;

		pt_iter_start(&it, &pt, at, ia_add(at, pt_span(0)), 0);
		EXPECT(it.entry.slot == pt_table(&pt, pt.root) + i, "root entry %lu is looked for at another place",
		       (unsigned long)i);
	}
	compare_range(&pt, ia(0), ia(pt_ia_end(&pt)), 0);
}

static void every_page_of_the_root_is_used(uint64_t seed)
{
	reference.visits = NULL;
	for_each_shape(compare_root_entries);
}

/* ---- Restart, seek, change -------------------------------------------------------------------------------- */

/*
 * Restart at the n-th visit: what was visited is not visited again, tables on the way excepted, and nothing is left
 * out.
 */
static void restart_at(const struct pt *pt, ia_t start, ia_t end, int n)
{
	struct pt_iter it;
	ia_t from = start;
	int i = 0;

	pt_for_each(&it, pt, start, end, 0) {
		if (i++ == n)
			break;
	}
	if (pt_iter_is_done(&it))
		return;
	if (it.entry.ia.raw > from.raw)
		from = it.entry.ia;
	list_visits(pt, from, end, 0);
	pt_iter_restart(&it, from);
	for (i = 0; !pt_iter_is_done(&it); pt_iter_next(&it))
		expect_visit(&it, i++);
	expect_end(i);
}

static void restart_everywhere(void)
{
	uint64_t random = seed_now;
	struct pt pt;
	ia_t start = ia(pt_span(1) * 3 / 2), end;

	machine_start();
	pt = tree_make();
	end = ia(start.raw + pt_span(1) * 2);
	tree_set(&pt, ia(pt_span(1)), 0, tree_leaf(0, 1));
	tree_set(&pt, ia(pt_span(1) * 3), 0, tree_leaf(0, 2));
	for (int n = 0; n < 1100; n += 1 + check_random(&random) % much(300, 5))
		restart_at(&pt, start, end, n);
	tree_grow(&pt, &random, 20);
	for (uint64_t n = 0; n < much(6, 60); n++)
		restart_at(&pt, ia(0), ia(pt_ia_end(&pt)), n * 37);
}

static void a_restart_leaves_nothing_out(uint64_t seed)
{
	seed_now = seed;
	reference.visits = NULL;
	for_each_shape(restart_everywhere);
}

/* The entry under the cursor becomes something else.  A table that goes is poison to whoever enters it. */
static void change_entry(struct pt_iter *it, uint64_t *random)
{
	uint64_t pick = check_random(random);
	enum pte_kind kind = pt_entry_kind(&it->entry);
	int level = it->entry.level;
	pte_t old = it->entry.pte, new = pte_make_empty();

	if (kind != PTE_TABLE && level > 0 && pick % 4 == 0 && sim_mem_pages() < 300)
		new = pte_make_table(tree_table(it->pt, level - 1));
	else if (level <= PT_LEAF_LEVEL_MAX && pick % 4 == 1 &&
		 pte_leaf_ok(level, pte_prot(tree_leaf(level, 1), level)))
		new = tree_leaf(level, 1);
	else if (pick % 4 == 2)
		new = pte_make_frozen();
	if (pick >> 8 & 1)
		EXPECT(pte_same(pt_iter_xchg(it, new), old), "the exchange returns what was there");
	else
		EXPECT(pt_iter_cas(it, new), "the entry is what the snapshot says, so it can be replaced");
	if (kind == PTE_TABLE && level == 1)
		sim_mem_free(pte_table_hpa(old), 0, 0);
}

static void change_under_the_cursor(void)
{
	uint64_t random = seed_now;

	for (uint64_t round = 0; round < much(1, 10); round++) {
		uint64_t last = 0;
		int last_level = PT_LEVELS_MAX, visited = 0;
		struct pt_iter it;
		struct pt pt;

		machine_start();
		pt = tree_make();
		tree_grow(&pt, &random, 20);
		list_visits(&pt, ia(0), ia(pt_ia_end(&pt)), 0);
		pt_for_each(&it, &pt, ia(0), ia(pt_ia_end(&pt)), 0) {
			expect_visit(&it, visit_behind(last, last_level));
			last = it.entry.ia.raw;
			last_level = it.entry.level;
			if (visited++ > (int)much(200, 3000) || check_random(&random) % (it.entry.level ? 24 : 400))
				continue;
			change_entry(&it, &random);
			list_visits(&pt, ia(0), ia(pt_ia_end(&pt)), 0);
		}
		EXPECT(visit_behind(last, last_level) < 0, "the walk ended too early");
	}
}

static void a_step_goes_by_the_new_value(uint64_t seed)
{
	seed_now = seed;
	reference.visits = NULL;
	for_each_shape(change_under_the_cursor);
}

static void a_lost_race_shows_what_is_there(uint64_t seed)
{
	struct pt_iter it;
	struct pt pt;
	pte_t other;

	shape = (struct shape){ PT_LEVELS_MIN, PT_ROOT_EXTRA_MIN };
	while (!pt_shape_ok(shape.levels, shape.extra))
		shape.extra++;
	machine_start();
	pt = tree_make();
	other = tree_leaf(0, 7);
	tree_set(&pt, ia(0), 0, tree_leaf(0, 5));
	pt_for_each(&it, &pt, ia(0), ia(pt_span(0)), 0) {
		if (it.entry.level > 0)
			continue;
		*it.entry.slot = other;
		EXPECT(!pt_iter_cas(&it, pte_make_empty()), "the entry has changed, but the exchange succeeds");
		EXPECT(pte_same(*it.entry.slot, other), "a lost race must not write");
		EXPECT(pte_same(it.entry.pte, other), "after a lost race the snapshot is what is there");
		*it.entry.slot = tree_leaf(0, 9);
		pt_iter_reload(&it);
		EXPECT(pte_same(it.entry.pte, tree_leaf(0, 9)), "reload reads the entry");
	}
}

static void seek_in_table(void)
{
	struct pt_iter it;
	struct pt pt;

	machine_start();
	pt = tree_make();
	tree_set(&pt, ia(pt_span(0) * 5), 0, tree_leaf(0, 1));
	pt_iter_start(&it, &pt, ia(pt_span(0) * 3), ia(pt_span(1) + pt_span(0)), 0);
	while (it.entry.level > 0)
		pt_iter_next(&it);
	EXPECT(it.entry.ia.raw == pt_span(0) * 3, "the walk starts at the range's start");
	EXPECT(pt_iter_left(&it, it.end) == pt_entry_count(&pt, 0) - 3, "%lu entries are left",
	       (unsigned long)pt_iter_left(&it, it.end));
	EXPECT(pt_iter_left(&it, ia(pt_span(0) * 10)) == 7, "7 entries begin before page 10");
	EXPECT(pt_iter_left(&it, ia(pt_span(0) * 10 - 1)) == 7, "an entry that only begins in the range counts");
	pt_iter_seek(&it, ia(pt_span(0) * 5));
	EXPECT(it.entry.slot == tree_slot(&pt, ia(pt_span(0) * 5), 0), "seek goes to the entry");
	EXPECT(pt_entry_kind(&it.entry) == PTE_LEAF, "seek reads the entry");
	pt_iter_seek(&it, ia(pt_span(1) - pt_span(0)));
	EXPECT(pt_iter_left(&it, it.end) == 1, "1 entry is left in the table");
	pt_iter_next(&it);
	EXPECT(it.entry.level == 1 && it.entry.ia.raw == pt_span(1),
	       "behind the last entry of a table comes its neighbour");
	EXPECT(pt_iter_left(&it, it.end) == 1, "an entry that the range ends in counts");
	pt_iter_next(&it);
	EXPECT(pt_iter_is_done(&it), "the walk ends behind the range");
}

static void seek_stays_in_the_table(uint64_t seed)
{
	for_each_shape(seek_in_table);
}

/* ---- Post-order ------------------------------------------------------------------------------------------- */

/* Every table once; children before parents; and what was visited is never read again. */
static void compare_post_order(void)
{
	uint64_t random = seed_now;
	struct pt_post post;
	struct pt pt;
	uint64_t pages, visited = 0;

	machine_start();
	pt = tree_make();
	tree_grow(&pt, &random, 40);
	pages = sim_mem_blocks();
	for (pt_post_start(&post, &pt, pt.root, ia(0), pt_top(&pt)); pt_post_next(&post); visited++) {
		const struct sim_block *block = sim_mem_block(post.table);

		EXPECT(block && block->start.raw == post.table.raw, "what is visited is not a table");
		EXPECT(post.level == pt_top(&pt) ? post.table.raw == pt.root.raw :
		       pte_table_hpa(*tree_slot(&pt, post.ia, post.level + 1)).raw == post.table.raw,
		       "level and address of a table do not agree with its place");
		if (post.level != pt_top(&pt))
			*tree_slot(&pt, post.ia, post.level + 1) = pte_make_empty();
		sim_mem_free(post.table, post.level == pt_top(&pt) ? pt.root_extra : 0, 0);
	}
	EXPECT(visited == pages, "%lu of %lu tables are visited", (unsigned long)visited, (unsigned long)pages);
	EXPECT(!pt_post_next(&post), "after the end it stays at the end");
	sim_finish();
}

static void tables_come_before_their_parents(uint64_t seed)
{
	for (uint64_t i = 0; i < much(2, 20); i++) {
		seed_now = seed + i;
		for_each_shape(compare_post_order);
	}
}

/* ---- Work ------------------------------------------------------------------------------------------------- */

static uint64_t visits_of(const struct pt *pt, ia_t start, ia_t end)
{
	struct pt_iter it;
	uint64_t visits = 0;

	pt_for_each(&it, pt, start, end, 0)
		visits++;
	return visits;
}

static void count_visits(void)
{
	struct pt pt;
	uint64_t top, large, entries;

	machine_start();
	pt = tree_make();
	top = pt_span(pt_top(&pt));
	large = pt_ia_end(&pt) < (uint64_t)1 << 39 ? pt_ia_end(&pt) : (uint64_t)1 << 39;
	entries = (large + top - 1) / top;
	sim_work_reset();
	EXPECT(visits_of(&pt, ia(0), ia(large)) == entries, "512 empty GiB are as many visits as entries of the root");
	EXPECT(sim_work()->reads == entries, "an entry is read once a visit");
	tree_set(&pt, ia(0), 0, tree_leaf(0, 1));
	EXPECT(visits_of(&pt, ia(0), ia(large)) <= entries + (pt.levels - 1) * pt_entry_count(&pt, 0),
	       "a page costs the tables above it");
	sim_work_reset();
	EXPECT(visits_of(&pt, ia(0), ia(pt_span(0))) == pt.levels, "one page is one visit a level");
	EXPECT(sim_work()->reads == pt.levels, "and one read a level, also at the end of the range");
	EXPECT(visits_of(&pt, ia(pt_span(1) - pt_span(0)), ia(pt_span(1))) == pt.levels, "the last of a table as well");
}

static void holes_are_not_crawled_over(uint64_t seed)
{
	for_each_shape(count_visits);
}

static const struct check_case cases[] = {
	{ "every_range_is_visited_in_order", every_range_is_visited_in_order },
	{ "first_and_last_page_are_reached", first_and_last_page_are_reached },
	{ "every_page_of_the_root_is_used", every_page_of_the_root_is_used },
	{ "a_restart_leaves_nothing_out", a_restart_leaves_nothing_out },
	{ "a_step_goes_by_the_new_value", a_step_goes_by_the_new_value },
	{ "a_lost_race_shows_what_is_there", a_lost_race_shows_what_is_there },
	{ "seek_stays_in_the_table", seek_stays_in_the_table },
	{ "tables_come_before_their_parents", tables_come_before_their_parents },
	{ "holes_are_not_crawled_over", holes_are_not_crawled_over },
};
CHECK_SUITE(suite_iter, "iter", cases);
