/*
 * The cursor: what it visits, in which order, how often.
 *
 * The reference is a recursive descent over the independent walker's view of memory, which lists every visit of a
 * range. Entries have an order: by address, and at the same address from the root down.
 */
#include "grading/explore/explore.h"
#include "grading/sim/mem.h"
#include "grading/suites/mmu/iter_change.h"
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

static void expect_a_table(const void *slot, const char *what);

static void list_visits(const struct pt *pt, ia_t start, ia_t end, int min_level)
{
	if (!reference.visits)
		reference.visits = case_memory(VISIT_MAX * sizeof(struct visit));
	reference.pt = pt;
	reference.start = start;
	reference.end = end;
	reference.min_level = min_level;
	reference.count = 0;
	machine_watch(expect_a_table);
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

/* The visit that was compared last. */
static struct pt_entry before;

/* What the walk that is being compared is: a mistake in a restart is another than the same in a first walk. */
static enum { WALKING, RESTARTED, CHANGED } phase;

/* Where the reference has the entry; -1: nowhere. */
static int visit_of(uint64_t at, int level)
{
	for (int i = 0; i < reference.count; i++)
		if (reference.visits[i].ia == at && reference.visits[i].level == level)
			return i;
	return -1;
}

/* Visit i of the reference was due, and is left out. */
static const char *mistake_of_omission(int i)
{
	bool below = i > 0 && reference.visits[i].level < reference.visits[i - 1].level;

	if (phase == RESTARTED)
		return "ITER-RESTART-LOSES";
	if (phase == CHANGED)
		return "ITER-STALE";
	return below ? "ITER-NOT-ENTERED" : "ITER-SKIPPED";
}

/* The cursor stands on an entry that is not the one that is due, visit i. */
static const char *mistake_of_visit(const struct pt_iter *it, int i)
{
	const struct pt_entry *e = &it->entry;
	int found = visit_of(e->ia.raw, e->level);
	bool is_up = i > 0 && i < reference.count && reference.visits[i].level > reference.visits[i - 1].level;

	if (e->ia.raw >= reference.end.raw)
		return "ITER-END-PASSED";
	if (found >= i)
		return mistake_of_omission(i);
	if (phase == CHANGED)
		return "ITER-STALE";
	if (phase == RESTARTED)
		return "ITER-RESTART-REPEATS";
	if (is_up && e->ia.raw == reference.visits[i].ia && e->level < reference.visits[i].level)
		return "ITER-SKIPPED";
	if (found >= 0)
		return "ITER-TWICE";
	if (e->ia.raw + pt_span(e->level) <= reference.start.raw)
		return "ITER-BEFORE-START";
	return i > 0 && e->level < reference.visits[i - 1].level ? "ITER-TOO-DEEP" : "ITER-ORDER";
}

static const char *kind_word(const struct pt_entry *e)
{
	switch (pt_entry_kind(e)) {
	case PTE_TABLE: return "table";
	case PTE_LEAF: return "leaf";
	case PTE_EMPTY: return "empty";
	default: return "frozen";
	}
}

/* Before an entry is read: where the slot is no table's, the walk went down where it must not. */
static void expect_a_table(const void *slot, const char *what)
{
	unsigned long at = before.ia.raw;

	if (!slot || sim_mem_state(sim_mem_hpa(slot)) != SIM_PAGE_OUTSIDE)
		return;
	EXPECT(phase != CHANGED, "[ITER-STALE] did step from level %d, 0x%lx | got a %s of what is no table",
	       before.level, at, what);
	EXPECT(before.slot && pt_entry_kind(&before) == PTE_TABLE,
	       "[ITER-TOO-DEEP] did step from level %d, 0x%lx: %s | got a %s of what is no table | expected no step "
	       "down",
	       before.level, at, before.slot ? kind_word(&before) : "the beginning", what);
	EXPECT(false, "[ITER-SNAPSHOT] did step from level %d, 0x%lx: table | got a %s of what is no table | "
	       "expected an "
	       "entry of path[]", before.level, at, what);
}

/* Does the snapshot say what is there, in the table that the walk came through?  I1 and I2. */
static void expect_snapshot(const struct pt_iter *it, const struct visit *v)
{
	const struct pt_entry *e = &it->entry;
	unsigned long at = v->ia;
	pte_t *table = it->path[v->level];

	EXPECT(sim_mem_hpa(e->slot).raw == v->slot.raw,
	       "[ITER-SNAPSHOT] did stand on level %d, 0x%lx | got the slot of hpa 0x%lx | expected that of hpa 0x%lx",
	       v->level, at, (unsigned long)sim_mem_hpa(e->slot).raw, (unsigned long)v->slot.raw);
	EXPECT(pte_same(e->pte, *e->slot),
	       "[ITER-SNAPSHOT] did stand on level %d, 0x%lx | got a snapshot that is not what is there", v->level, at);
	EXPECT(pt_is_aligned(v->ia, v->level), "[ITER-SNAPSHOT] I1: an entry's address is aligned");
	EXPECT(table <= e->slot && e->slot - table < pt_entry_count(it->pt, v->level),
	       "[ITER-SNAPSHOT] did stand on level %d, 0x%lx | got a slot outside of path[%d] | expected I2",
	       v->level, at,
	       v->level);
}

/* Does the cursor stand on visit i, with a true snapshot and path? */
static void expect_visit(const struct pt_iter *it, int i)
{
	unsigned long start = reference.start.raw, end = reference.end.raw, at = it->entry.ia.raw;
	const struct visit *v = &reference.visits[i];

	EXPECT(i >= 0 && i < reference.count,
	       "[%s] did walk 0x%lx-0x%lx to level %d | got a visit too many: level %d, 0x%lx | expected the end",
	       mistake_of_visit(it, reference.count), start, end, reference.min_level, it->entry.level, at);
	EXPECT(it->entry.level == v->level && at == v->ia,
	       "[%s] did walk 0x%lx-0x%lx to level %d, visit %d; before it level %d, 0x%lx, %s | got level %d, 0x%lx | "
	       "expected level %d, 0x%lx", mistake_of_visit(it, i), start, end, reference.min_level, i, before.level,
	       (unsigned long)before.ia.raw, before.slot ? kind_word(&before) : "the beginning",
	       it->entry.level, at, v->level, (unsigned long)v->ia);
	expect_snapshot(it, v);
	before = it->entry;
}

static const char *mistake_of_end(int visited)
{
	const char *mistake = mistake_of_omission(visited);

	return __builtin_strcmp(mistake, "ITER-SKIPPED") == 0 ? "ITER-END-EARLY" : mistake;
}

static void expect_end(int visited)
{
	const struct visit *v = &reference.visits[visited];

	EXPECT(visited == reference.count,
	       "[%s] did walk 0x%lx-0x%lx | got the end after %d visits | expected %d, the next of level %d, 0x%lx",
	       mistake_of_end(visited), (unsigned long)reference.start.raw,
	       (unsigned long)reference.end.raw, visited, reference.count, v->level, (unsigned long)v->ia);
}

/* ---- The start -------------------------------------------------------------------------------------------- */

/* The cursor stands on the root's entry i, and a range that ends before it is done. */
static void expect_start(const struct pt *pt, uint64_t i, ia_t at)
{
	struct pt_iter it;

	pt_iter_start(&it, pt, at, ia(pt_ia_end(pt)), 0);
	EXPECT(it.entry.level == pt_top(pt) && it.entry.ia.raw == pt_align_down(at.raw, pt_top(pt)),
	       "[ITER-START] did start at 0x%lx | got level %d, 0x%lx | expected the root's level, %d, and the entry's "
	       "first byte", (unsigned long)at.raw, it.entry.level, (unsigned long)it.entry.ia.raw, pt_top(pt));
	EXPECT(it.entry.slot == pt_table(pt, pt->root) + i,
	       "[ITER-ROOT-PAGE] did start at 0x%lx | got another slot | expected that of the root's entry %lu of %lu",
	       (unsigned long)at.raw, (unsigned long)i, (unsigned long)pt_entry_count(pt, pt_top(pt)));
	EXPECT(it.path[pt_top(pt)] == pt_table(pt, pt->root) && it.from.raw == at.raw,
	       "[ITER-START] did start at 0x%lx | got path or from not set | expected the root, and the range's start",
	       (unsigned long)at.raw);
	EXPECT(pte_same(it.entry.pte, *it.entry.slot),
	       "[ITER-SNAPSHOT] did start at 0x%lx | got a snapshot that is not what is there", (unsigned long)at.raw);
}

static void start_everywhere(void)
{
	struct pt pt;
	uint64_t count, span;

	machine_start();
	pt = tree_make();
	count = pt_entry_count(&pt, pt_top(&pt));
	span = pt_span(pt_top(&pt));
	pt_table(&pt, pt.root)[1] = tree_leaf(0, 3);
	pt_table(&pt, pt.root)[count - 1] = pte_make_frozen();
	for (uint64_t i = 0; i < count; i += i < 2 || i + 2 >= count ? 1 : count / 32 - 1) {
		expect_start(&pt, i, ia(i * span));
		expect_start(&pt, i, ia((i + 1) * span - pt_span(0)));
	}
	expect_start(&pt, count - 1, ia(pt_ia_end(&pt) - pt_span(0)));
}

static void expect_behind(struct pt_iter *it, ia_t at, int level)
{
	sim_work_reset();
	pt_iter_stand(it, at, level);
	EXPECT(it->entry.level == level && it->entry.ia.raw == pt_align_down(at.raw, level),
	       "[ITER-END-PASSED] did stand behind the end, level %d, 0x%lx | got level %d, 0x%lx | expected level "
	       "%d, and "
	       "the entry's first byte", level, (unsigned long)at.raw, it->entry.level,
	       (unsigned long)it->entry.ia.raw, level);
	EXPECT(pt_iter_is_done(it), "[ITER-END-PASSED] did stand behind the end | got a cursor that is not done");
	EXPECT(sim_work()->reads == 0,
	       "[ITER-END-PASSED] did stand behind the end | got an entry read, where there may be no table");
}

/* Nothing is read behind the end of a range, which may be that of the table too. */
static void stand_behind(void)
{
	struct pt_iter it;
	struct pt pt;

	machine_start();
	pt = tree_make();
	pt_iter_start(&it, &pt, ia(0), ia(pt_ia_end(&pt)), 0);
	expect_behind(&it, it.end, pt_top(&pt));
	pt_iter_start(&it, &pt, ia(0), ia(pt_span(1)), 0);
	expect_behind(&it, it.end, 0);
	expect_behind(&it, ia(pt_span(1) + pt_span(0)), 1);
}

static void a_walk_starts_in_the_root(uint64_t seed)
{
	for_each_shape(start_everywhere);
	for_each_shape(stand_behind);
}

/* ---- Ranges ----------------------------------------------------------------------------------------------- */

static void compare_range(const struct pt *pt, ia_t start, ia_t end, int min_level)
{
	struct pt_iter it;
	int i = 0;

	phase = WALKING;
	before = (struct pt_entry){ .level = pt_top(pt), .ia = start };
	list_visits(pt, start, end, min_level);
	pt_for_each(&it, pt, start, end, min_level) {
		uint64_t after = it.entry.ia.raw + pt_span(it.entry.level);

		expect_visit(&it, i++);
		EXPECT(pt_iter_is_inside(&it) == (it.entry.ia.raw >= start.raw && after <= end.raw),
		       "[ITER-INSIDE] is 0x%lx inside of 0x%lx-0x%lx?", (unsigned long)it.entry.ia.raw,
		       (unsigned long)start.raw,
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
		tree_set(&pt, ia(border.raw - pt_span(0)), 0, tree_leaf(0, 4));
		compare_range(&pt, ia(border.raw - pt_span(0)), ia(border.raw + pt_span(0)), 0);
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
		EXPECT(it.entry.slot == pt_table(&pt, pt.root) + i,
		       "[ITER-ROOT-PAGE] root entry %lu is looked for at another place",
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
	phase = RESTARTED;
	before = (struct pt_entry){ .level = pt_top(pt), .ia = from };
	list_visits(pt, from, end, 0);
	pt_iter_restart(&it, from);
	for (i = 0; !pt_iter_is_done(&it); pt_iter_next(&it))
		expect_visit(&it, i++);
	expect_end(i);
	EXPECT(it.start.raw == start.raw && it.end.raw == end.raw,
	       "[ITER-INSIDE] did restart at 0x%lx | got the range 0x%lx-0x%lx | expected the walk's, 0x%lx-0x%lx, "
	       "as before",
	       (unsigned long)from.raw, (unsigned long)it.start.raw, (unsigned long)it.end.raw,
	       (unsigned long)start.raw,
	       (unsigned long)end.raw);
}

/* Over three entries of the root: the last pages of one, a leaf or a frozen entry, the first pages of a third. */
static void restart_over_the_root(void)
{
	struct pt pt;
	uint64_t span;

	machine_start();
	pt = tree_make();
	span = pt_span(pt_top(&pt));
	tree_set(&pt, ia(span - pt_span(0)), 0, tree_leaf(0, 1));
	tree_set(&pt, ia(span), pt_top(&pt),
		 pt_top(&pt) <= PT_LEAF_LEVEL_MAX ? tree_leaf(pt_top(&pt), 1) : pte_make_frozen());
	tree_set(&pt, ia(2 * span), 0, tree_leaf(0, 2));
	for (int n = 0; n < 4 * PT_LEVELS_MAX; n++)
		restart_at(&pt, ia(span - 2 * pt_span(0)), ia(2 * span + 2 * pt_span(0)), n);
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
	for_each_shape(restart_over_the_root);
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
		EXPECT(pte_same(pt_iter_xchg(it, new), old),
		       "[ITER-CAS] did exchange level %d, 0x%lx | got something else back | expected what was there",
		       level, (unsigned long)it->entry.ia.raw);
	else
		EXPECT(pt_iter_cas(it, new),
		       "[ITER-CAS] did compare-and-swap, nobody else changed it | got false | expected true");
	EXPECT(pte_same(it->entry.pte, new),
	       "[ITER-STALE] did replace level %d, 0x%lx | got a snapshot of the old value | expected the new",
	       level, (unsigned long)it->entry.ia.raw);
	if (kind == PTE_TABLE && level == 1)
		sim_mem_free(pte_table_hpa(old), 0, 0);
}

/* Early, whatever the tree is like; then now and then. */
static bool change_is_due(int visited, int level, uint64_t *random)
{
	return visited == 1 || visited == 5 ||
	       (visited < (int)much(200, 3000) && check_random(random) % (level ? 24 : 400) == 0);
}

static void change_under_the_cursor(void)
{
	uint64_t random = seed_now;

	phase = CHANGED;
	for (uint64_t round = 0; round < much(1, 10); round++) {
		uint64_t last = 0;
		int last_level = PT_LEVELS_MAX, visited = 0;
		struct pt_iter it;
		struct pt pt;

		machine_start();
		pt = tree_make();
		tree_grow(&pt, &random, 20);
		before = (struct pt_entry){ .level = pt_top(&pt) };
		list_visits(&pt, ia(0), ia(pt_ia_end(&pt)), 0);
		pt_for_each(&it, &pt, ia(0), ia(pt_ia_end(&pt)), 0) {
			expect_visit(&it, visit_behind(last, last_level));
			last = it.entry.ia.raw;
			last_level = it.entry.level;
			if (!change_is_due(visited++, it.entry.level, &random))
				continue;
			change_entry(&it, &random);
			list_visits(&pt, ia(0), ia(pt_ia_end(&pt)), 0);
		}
		EXPECT(visit_behind(last, last_level) < 0,
		       "[ITER-STALE] did change entries under the cursor | got the end too early");
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
	iter_change_races();
}

static void seek_stays_in_the_table(uint64_t seed)
{
	for_each_shape(iter_change_left);
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

/* Visits, and as many reads; a read too many may be one of an entry that nobody else looks at any more. */
static void expect_visits(const struct pt *pt, ia_t start, ia_t end, uint64_t wanted)
{
	uint64_t visits, reads;

	sim_work_reset();
	visits = visits_of(pt, start, end);
	reads = sim_work()->reads;
	EXPECT(visits == wanted, "[ITER-HOLE-CRAWL] did walk 0x%lx-0x%lx | got %lu visits | expected %lu",
	       (unsigned long)start.raw, (unsigned long)end.raw, (unsigned long)visits, (unsigned long)wanted);
	EXPECT(reads == wanted, "[ITER-READ-TWICE] did walk 0x%lx-0x%lx, %lu visits | got %lu reads | expected one "
	       "for each",
	       (unsigned long)start.raw, (unsigned long)end.raw, (unsigned long)visits, (unsigned long)reads);
}

static void count_visits(void)
{
	struct pt pt;
	uint64_t top, large, entries, pages, tables;

	machine_start();
	pt = tree_make();
	top = pt_span(pt_top(&pt));
	large = pt_ia_end(&pt) < (uint64_t)1 << 39 ? pt_ia_end(&pt) : (uint64_t)1 << 39;
	entries = (large + top - 1) / top;
	pages = pt_entry_count(&pt, 0);
	tables = pt.levels - 1;
	expect_visits(&pt, ia(0), ia(large), entries);
	tree_set(&pt, ia(0), 0, tree_leaf(0, 1));
	if (large % top == 0)
		expect_visits(&pt, ia(0), ia(large), entries + tables * pages);
	expect_visits(&pt, ia(0), ia(pt_span(0)), pt.levels);
	expect_visits(&pt, ia(pt_span(1) - pt_span(0)), ia(pt_span(1)), pt.levels);
}

static void holes_are_not_crawled_over(uint64_t seed)
{
	for_each_shape(count_visits);
}

static const struct check_case cases[] = {
	{ "a_walk_starts_in_the_root", a_walk_starts_in_the_root },
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
