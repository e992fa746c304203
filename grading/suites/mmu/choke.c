/*
 * The choke point: which changes are legal, what is told of accessed and dirty, what is owed.
 *
 * Hardware strikes between the read and the write of an entry (sim_point_strike()), at every access of an operation.
 */
#include "grading/explore/attempt.h"
#include "grading/sim/dirty.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/point.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)

/* ---- Legal changes -------------------------------------------------------------------------------------------- */

static struct {
	pte_t pte;
	uint64_t at;
	int level;
	enum host_lock mode;
} change;

/* Set one entry through the cursor, in a walk that pays at its end. */
static void set_one(void *unused)
{
	struct tdp_range range = { ia(change.at), ia(change.at + PAGE) };
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(world.host, change.mode);
	tdp_for_each(&it, &world.root, range, change.mode, &debt) {
		if (it.at.entry.level != change.level)
			continue;
		if (change.mode == HOST_EXCLUSIVE)
			tdp_iter_set(&it, change.pte);
		else
			EXPECT(tdp_iter_try_set(&it, change.pte), "nobody else is there, so try_set works");
		EXPECT(pte_same(it.at.entry.pte, change.pte), "the snapshot is the new value");
		break;
	}
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, change.mode);
}

static bool contains(const char *text, const char *part)
{
	for (; *text; text++) {
		int i = 0;

		while (part[i] && text[i] == part[i])
			i++;
		if (!part[i])
			return true;
	}
	return false;
}

static void expect_refusal(const char *part)
{
	const char *text = attempt(set_one, NULL);

	EXPECT(text && contains(text, "the MMU stops") && contains(text, part), "\"%s\" should be refused; %s", part,
	       text ? text : "it is not");
}

static void refuse_changes(enum host_lock mode)
{
	pte_t leaf = pte_make_leaf(hpa(64 * PAGE), 0, PT_READ);

	world_start();
	EXPECT(world_map(0, PAGE, 16 * PAGE, 0, 0) == 0, "[MAP-ERRNO] did map a page | got an error");
	change.mode = mode;
	change.at = 0;
	change.level = 1;
	change.pte = PT_LEAF_LEVEL_MAX > 0 ? pte_make_leaf(hpa(0), 1, PT_READ) : pte_make_frozen();
	expect_refusal("a table was overwritten");

	world_start();
	EXPECT(world_map(0, PAGE, 16 * PAGE, 0, 0) == 0, "[MAP-ERRNO] did map a page | got an error");
	change.pte = pte_make_table(world.root.pt.root);
	expect_refusal("a table was overwritten");

	world_start();
	EXPECT(world_map(0, PAGE, 16 * PAGE, 0, 0) == 0, "[MAP-ERRNO] did map a page | got an error");
	change.level = 0;
	change.pte = leaf;
	expect_refusal("a leaf became a leaf of another page");
}

static void refuse_both_ways(void)
{
	refuse_changes(HOST_EXCLUSIVE);
	refuse_changes(HOST_SHARED);
}

static void illegal_changes_stop_the_mmu(uint64_t seed)
{
	for_each_shape(refuse_both_ways);
}

/* ---- Counts --------------------------------------------------------------------------------------------------- */

static void set_and_count(pte_t pte, uint64_t leaves)
{
	change.pte = pte;
	set_one(NULL);
	EXPECT(world.root.leaf_count[0] == leaves, "%lu leaves are counted; there are %lu",
	       (unsigned long)world.root.leaf_count[0], (unsigned long)leaves);
}

static void count_changes(enum host_lock mode)
{
	pte_t leaf = pte_make_leaf(hpa(16 * PAGE), 0, PT_READ);

	world_start();
	EXPECT(world_map(PAGE, 2 * PAGE, 0, 0, 0) == 0, "[MAP-ERRNO] did map a neighbour | got an error");
	change.mode = mode;
	change.at = 0;
	change.level = 0;
	set_and_count(leaf, 2);
	set_and_count(pte_set_ad(leaf, 0), 2);
	set_and_count(pte_make_frozen(), 1);
	set_and_count(leaf, 2);
	set_and_count(pte_make_empty(), 1);
	set_and_count(pte_make_mmio(77), 1);
	set_and_count(leaf, 2);
	set_and_count(pte_make_mmio(78), 1);
	set_and_count(pte_make_empty(), 1);
	world_check();
	world_finish();
}

static void count_both_ways(void)
{
	count_changes(HOST_EXCLUSIVE);
	count_changes(HOST_SHARED);
}

static void leaves_are_counted_whatever_they_become(uint64_t seed)
{
	for_each_shape(count_both_ways);
}

/*
 * ---- Debt -------------------------------------------------------------------------------------------------------
 */

static void expect_debt(const struct tdp_debt *debt, uint64_t start, uint64_t end, enum host_flush_what what)
{
	EXPECT(debt->start.raw == start && debt->end.raw == end && (start == end || debt->what == what),
	       "the debt is 0x%lx-0x%lx, %d; it should be 0x%lx-0x%lx, %d", (unsigned long)debt->start.raw,
	       (unsigned long)debt->end.raw, debt->what, (unsigned long)start, (unsigned long)end, what);
}

/* Walk over [start, end) and set the entries of level 0. */
static void set_some(struct tdp_debt *debt, uint64_t start, uint64_t end, pte_t (*make)(uint64_t at))
{
	struct tdp_range range = { ia(start), ia(end) };
	struct tdp_iter it;

	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, debt)
		if (it.at.entry.level == 0)
			tdp_iter_set(&it, make(it.at.entry.ia.raw));
}

static pte_t make_read_only(uint64_t at)
{
	return pte_make_leaf(hpa(at + 16 * PAGE), 0, PT_READ);
}

static pte_t make_writable(uint64_t at)
{
	return pte_make_leaf(hpa(at + 16 * PAGE), 0, PT_READ | PT_WRITE);
}

static pte_t make_unseen(uint64_t at)
{
	return pte_set_ad(make_writable(at), 0);
}

static pte_t make_nothing(uint64_t at)
{
	return pte_make_empty();
}

static void owe(void)
{
	struct tdp_debt debt;
	struct sim_flush_call call;

	world_start();
	EXPECT(world_map(0, 16 * PAGE, 16 * PAGE, 0, 0) == 0, "[MAP-ERRNO] did map pages | got an error");
	tdp_debt_init(&debt);
	host_lock(world.host, HOST_EXCLUSIVE);
	expect_debt(&debt, 0, 0, HOST_FLUSH_LEAVES);
	set_some(&debt, 4 * PAGE, 6 * PAGE, make_read_only);
	expect_debt(&debt, 4 * PAGE, 6 * PAGE, HOST_FLUSH_LEAVES);
	set_some(&debt, PAGE, 2 * PAGE, make_nothing);
	expect_debt(&debt, PAGE, 6 * PAGE, HOST_FLUSH_LEAVES);
	set_some(&debt, 9 * PAGE, 10 * PAGE, make_nothing);
	expect_debt(&debt, PAGE, 10 * PAGE, HOST_FLUSH_LEAVES);
	tdp_debt_pay(&world.root, &debt);
	EXPECT(sim_flush_call(0, &call) && call.start.raw == PAGE && call.end.raw == 10 * PAGE, "what is owed is paid");
	expect_debt(&debt, 0, 0, HOST_FLUSH_LEAVES);
	set_some(&debt, 5 * PAGE, 6 * PAGE, make_writable);
	expect_debt(&debt, PT_LESS_MAY_BE_CACHED ? 5 * PAGE : 0, PT_LESS_MAY_BE_CACHED ? 6 * PAGE : 0,
			HOST_FLUSH_LEAVES);
	tdp_debt_init(&debt);
	set_some(&debt, 5 * PAGE, 6 * PAGE, make_unseen);
	if (pte_ad(make_writable(0)))
		expect_debt(&debt, 5 * PAGE, 6 * PAGE, HOST_FLUSH_LEAVES);
	tdp_debt_init(&debt);
	set_some(&debt, PAGE, 2 * PAGE, make_read_only);
	expect_debt(&debt, PT_EMPTY_MAY_BE_CACHED ? PAGE : 0, PT_EMPTY_MAY_BE_CACHED ? 2 * PAGE : 0, HOST_FLUSH_LEAVES);
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, HOST_EXCLUSIVE);
	world_finish();
}

static void every_change_that_may_be_cached_is_owed(uint64_t seed)
{
	for_each_shape(owe);
}

/* More tables than the debt has room for. */
static void owe_tables(void)
{
	uint64_t count = TDP_DETACHED_MAX * 2 + 3;

	world_start();
	for (uint64_t i = 0; i < count; i++)
		EXPECT(world_map(i * pt_span(1), i * pt_span(1) + PAGE, i * PAGE, 0, 0) == 0,
		       "[MAP-ERRNO] did map a page | got an error");
	EXPECT(tdp_unmap_range(&world.root, ia(0), ia(count * pt_span(1))) == 0, "unmap");
	world_check();
	EXPECT(!sim_mapping_of(world.root.pt.root, ia((count - 1) * pt_span(1))).rights,
	       "[UNMAP-LEAVES] did unmap all | got the last page still mapped");
	world_finish();
}

static void any_number_of_tables_can_go(uint64_t seed)
{
	for_each_shape(owe_tables);
}

/* ---- Accessed and dirty --------------------------------------------------------------------------------------- */

#define AREA      (4 * pt_span(1))
#define AREA_PAGE (64 * pt_span(1))

static bool area_is_large;

static void clean_all(void)
{
	struct tdp_range range = { ia(AREA), ia(AREA + pt_span(1)) };
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(world.host, HOST_EXCLUSIVE);
	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, &debt)
		if (pt_entry_kind(&it.at.entry) == PTE_LEAF)
			tdp_iter_set(&it, pte_set_ad(it.at.entry.pte, PT_ACCESSED));
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, HOST_EXCLUSIVE);
}

/* Pages that may be written and are not dirty: the hardware's next move. */
static void map_clean(void)
{
	int level = area_is_large && PT_LEAF_LEVEL_MAX > 0;

	EXPECT(world_map(AREA, AREA + pt_span(1), AREA_PAGE, 0, level) == 0,
	       "[MAP-ERRNO] did map pages | got an error");
	clean_all();
	EXPECT(!(sim_mapping_of(world.root.pt.root, ia(AREA)).ad & WALK_DIRTY),
	       "a page that was never written is clean");
	sim_marks_reset();
	sim_work_reset();
}

static void op_unmap_page(void)
{
	tdp_unmap_range(&world.root, ia(AREA), ia(AREA + PAGE));
}

static void op_unmap_pages(void)
{
	tdp_unmap_range(&world.root, ia(AREA - PAGE), ia(AREA + 8 * PAGE));
}

static void op_unmap_table(void)
{
	tdp_unmap_range(&world.root, ia(AREA), ia(AREA + pt_span(1)));
}

static void op_unmap_all(void)
{
	tdp_unmap_range(&world.root, ia(0), ia(pt_ia_end(&world.root.pt)));
}

static void op_protect(void)
{
	tdp_protect_range(&world.root, ia(AREA), ia(AREA + 8 * PAGE), PT_READ);
}

static void op_split(void)
{
	host_lock(world.host, HOST_EXCLUSIVE);
	tdp_split_at(&world.root, ia(AREA + 8 * PAGE));
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static void (*const operations[])(void) = { op_unmap_page, op_unmap_pages, op_unmap_table, op_unmap_all, op_protect,
						op_split };

/*
 * A guest writes before the n-th access of the operation, by a table that its CPU remembers; what it wrote is known to
 * the host, or still marked.
 * False: the operation has fewer accesses.
 */
static bool strike_at(void (*operation)(void), uint64_t n)
{
	uint64_t before;

	world_start();
	map_clean();
	world_access(n & 1, AREA + 9 * PAGE, WALK_READ);
	before = sim_point_count();
	sim_point_strike(n, n & 1, ia(AREA), WALK_WRITE);
	operation();
	sim_check();
	if (sim_point_count() - before < n)
		return false;
	world_check();
	world_finish();
	return true;
}

static void strike_everywhere(void)
{
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		uint64_t n = 1;

		while (strike_at(operations[i], n))
			n += n < much(12, 64) ? 1 : much(499, 7);
	}
}

static void no_write_is_lost_to_hardware(uint64_t seed)
{
	if (!(walk_format.ad_modes & 1 << WALK_AD_SETS) || !PT_HW_SETS_AD)
		case_skip("hardware sets no dirty bits");
	for (int large = 0; large < 2; large++) {
		area_is_large = large;
		for_each_shape(strike_everywhere);
	}
}

/* What leaves had seen is told when they go, page by page or table by table, each page once and no page beside. */
static void tell_all(void)
{
	for (unsigned i = 0; operations[i] != op_protect; i++) {
		world_start();
		map_clean();
		world_access(0, AREA, WALK_WRITE);
		operations[i]();
		sim_check();
		if (walk_format.ad_modes & 1 << WALK_AD_SETS)
			EXPECT(sim_marks_of(hpa(AREA_PAGE)) & PT_DIRTY,
			       "[AD-LOST] did operation %u on a page that was written | got no host_page_mark() with "
			       "PT_DIRTY",
			       i);
		EXPECT(!(sim_marks_of(hpa(AREA_PAGE + PAGE)) & PT_DIRTY) || area_is_large,
		       "[AD-WRONG-PAGE] did operation %u | got a page told that was not written", i);
		EXPECT(sim_marks_of(hpa(AREA_PAGE)) & PT_ACCESSED,
		       "[AD-LOST] did operation %u on a page that was accessed | got no host_page_mark()", i);
		world_finish();
	}
}

static void what_a_leaf_has_seen_is_told(uint64_t seed)
{
	for (int large = 0; large < 2; large++) {
		area_is_large = large;
		for_each_shape(tell_all);
	}
}

/* Neighbours that have seen the same are told in one call; a gap, or something else seen, ends it. */
static void tell_runs(void)
{
	struct sim_mark mark;
	uint64_t marks;

	world_start();
	area_is_large = false;
	EXPECT(world_map(AREA, AREA + 8 * PAGE, AREA_PAGE, 0, 0) == 0,
	       "[MAP-ERRNO] did map dirty pages | got an error");
	EXPECT(world_map(AREA + 8 * PAGE, AREA + 10 * PAGE, AREA_PAGE + 64 * PAGE, 0, 0) == 0, "pages elsewhere");
	EXPECT(world_map(AREA + 10 * PAGE, AREA + 12 * PAGE, AREA_PAGE + 66 * PAGE, 1, 0) == 0, "pages that are clean");
	sim_work_reset();
	EXPECT(tdp_unmap_range(&world.root, ia(AREA), ia(AREA + 12 * PAGE)) == 0, "unmap");
	marks = sim_work()->marks;
	EXPECT(marks == 3,
	       "[RUN-SPLIT] did unmap three runs of neighbours | got %lu calls of host_page_mark() | expected 3",
	       (unsigned long)marks);
	EXPECT(sim_mark(0, &mark) && mark.at.raw == AREA + 10 * PAGE && mark.page.raw == AREA_PAGE + 66 * PAGE &&
		       mark.size == 2 * PAGE && mark.ad == PT_ACCESSED,
	       "[AD-WRONG-PAGE] the last one: 0x%lx", (unsigned long)mark.page.raw);
	EXPECT(sim_mark(1, &mark) && mark.page.raw == AREA_PAGE + 64 * PAGE && mark.size == 2 * PAGE,
	       "[AD-WRONG-PAGE] the second one");
	EXPECT(sim_mark(2, &mark) && mark.page.raw == AREA_PAGE && mark.size == 8 * PAGE &&
		       mark.ad == (PT_ACCESSED | PT_DIRTY),
	       "[AD-WRONG-PAGE] the first one");
	world_finish();
}

static void put_mmio(ia_t at)
{
	struct tdp_range range = { at, ia_add(at, PAGE) };
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(world.host, HOST_EXCLUSIVE);
	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, &debt)
		if (it.at.entry.level == 0)
			tdp_iter_set(&it, pte_make_mmio(1));
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static enum { GAP_EMPTY, GAP_MMIO } gap;

/* Pages one behind the other, at addresses that are not: two calls. */
static void tell_around_gap(void)
{
	struct sim_mark mark;

	world_start();
	EXPECT(world_map(AREA, AREA + PAGE, AREA_PAGE, 0, 0) == 0, "map before the gap");
	EXPECT(world_map(AREA + 2 * PAGE, AREA + 3 * PAGE, AREA_PAGE + PAGE, 0, 0) == 0, "map behind it");
	if (gap == GAP_MMIO)
		put_mmio(ia(AREA + PAGE));
	sim_work_reset();
	EXPECT(tdp_unmap_range(&world.root, ia(AREA), ia(AREA + 3 * PAGE)) == 0, "unmap");
	EXPECT(sim_work()->marks == 2,
	       "[RUN-SPLIT] did unmap two runs with a gap | got %lu calls of host_page_mark() | expected 2",
	       (unsigned long)sim_work()->marks);
	EXPECT(sim_mark(1, &mark) && mark.at.raw == AREA && mark.page.raw == AREA_PAGE && mark.size == PAGE,
	       "[AD-WRONG-PAGE] before the gap: 0x%lx is 0x%lx", (unsigned long)mark.at.raw,
	       (unsigned long)mark.page.raw);
	EXPECT(sim_mark(0, &mark) && mark.at.raw == AREA + 2 * PAGE && mark.page.raw == AREA_PAGE + PAGE &&
		       mark.size == PAGE,
	       "[AD-WRONG-PAGE] behind it: 0x%lx is 0x%lx", (unsigned long)mark.at.raw, (unsigned long)mark.page.raw);
	world_finish();
}

static void a_gap_parts_neighbours(uint64_t seed)
{
	gap = GAP_EMPTY;
	for_each_shape(tell_around_gap);
	gap = GAP_MMIO;
	for_each_shape(tell_around_gap);
}

static void neighbours_are_told_together(uint64_t seed)
{
	for_each_shape(tell_runs);
}

/*
 * ---- Runs -------------------------------------------------------------------------------------------------------
 */

/* Counting and tracing are per run, and a run is as long as it can be. */
static void trace_runs(void)
{
	struct sim_trace_call call;

	world_start();
	sim_work_reset();
	EXPECT(world_map(AREA, AREA + pt_span(1), AREA_PAGE, 0, 0) == 0,
	       "[MAP-ERRNO] did map a table of pages | got an error");
	for (uint64_t back = 0; sim_trace_call(back, &call) && call.what != HOST_TRACE_SET; back++)
		;
	EXPECT(call.level == 0 && call.at.raw == AREA && call.count == pt_entry_count(&world.root.pt, 0),
	       "[RUN-SPLIT] did map a table of pages | got more runs than one");
	sim_work_reset();
	EXPECT(tdp_unmap_range(&world.root, ia(AREA), ia(AREA + 5 * PAGE)) == 0, "unmap some");
	EXPECT(sim_work()->runs == 1 && sim_work()->run_entries == 5,
	       "[RUN-SPLIT] did unmap five pages | got more runs than one, or of other lengths");
	sim_work_reset();
	EXPECT(tdp_protect_range(&world.root, ia(AREA + 3 * PAGE), ia(AREA + 9 * PAGE), PT_READ) == 0, "protect some");
	EXPECT(sim_work()->xchgs == 4,
	       "[RUN-REWRITES] did protect 6 pages, 2 of them gone | got %lu entries written | expected 4",
	       (unsigned long)sim_work()->xchgs);
	world_finish();
}

static void neighbours_change_in_one_run(uint64_t seed)
{
	for_each_shape(trace_runs);
}

/* The parts of a leaf have seen what the whole has: a walk that looks for accessed pages must find them. */
static void split_keeps_history(void)
{
	unsigned before = 0;
	struct pt_iter it;

	world_start();
	EXPECT(world_map(AREA, AREA + pt_span(1), AREA_PAGE, 0, 1) == 0, "map a large page");
	pt_for_each(&it, &world.root.pt, ia(AREA), ia(AREA + PAGE), 0)
		if (pt_entry_kind(&it.entry) == PTE_LEAF)
			before = pte_ad(it.entry.pte);
	host_lock(world.host, HOST_EXCLUSIVE);
	EXPECT(tdp_split_at(&world.root, ia(AREA + PAGE)) == 0, "split it");
	host_unlock(world.host, HOST_EXCLUSIVE);
	pt_for_each(&it, &world.root.pt, ia(AREA), ia(AREA + pt_span(1)), 0)
		EXPECT(pt_entry_kind(&it.entry) != PTE_LEAF || pte_ad(it.entry.pte) == before,
		       "at 0x%lx: %u was seen, and %u is", (unsigned long)it.entry.ia.raw, before,
		       pte_ad(it.entry.pte));
	world_finish();
}

static void parts_of_a_leaf_have_seen_what_it_had(uint64_t seed)
{
	if (PT_LEAF_LEVEL_MAX == 0)
		case_skip("no large leaves");
	for_each_shape(split_keeps_history);
}

/* A table that holds nothing lies between places for large leaves: it is filled, not written over. */
static void map_around_table(void)
{
	uint64_t large = pt_span(1);

	world_start();
	EXPECT(world_map(AREA + large, AREA + large + PAGE, AREA_PAGE, 0, 0) == 0, "make a table");
	EXPECT(tdp_unmap_range(&world.root, ia(AREA + large), ia(AREA + large + PAGE)) == 0, "empty it");
	EXPECT(world_map(AREA, AREA + 3 * large, AREA_PAGE, 0, 1) == 0, "map three large pages");
	world_check();
	EXPECT(world.root.leaf_count[1] == 2 && world.root.leaf_count[0] == pt_entry_count(&world.root.pt, 0),
	       "%lu large leaves, %lu small", (unsigned long)world.root.leaf_count[1],
	       (unsigned long)world.root.leaf_count[0]);
	world_finish();
}

static void a_table_in_a_run_of_large_leaves_is_filled(uint64_t seed)
{
	if (PT_LEAF_LEVEL_MAX == 0)
		case_skip("no large leaves");
	for_each_shape(map_around_table);
}

static const struct check_case cases[] = {
	{ "illegal_changes_stop_the_mmu", illegal_changes_stop_the_mmu },
	{ "leaves_are_counted_whatever_they_become", leaves_are_counted_whatever_they_become },
	{ "every_change_that_may_be_cached_is_owed", every_change_that_may_be_cached_is_owed },
	{ "any_number_of_tables_can_go", any_number_of_tables_can_go },
	{ "no_write_is_lost_to_hardware", no_write_is_lost_to_hardware },
	{ "what_a_leaf_has_seen_is_told", what_a_leaf_has_seen_is_told },
	{ "neighbours_are_told_together", neighbours_are_told_together },
	{ "a_gap_parts_neighbours", a_gap_parts_neighbours },
	{ "parts_of_a_leaf_have_seen_what_it_had", parts_of_a_leaf_have_seen_what_it_had },
	{ "neighbours_change_in_one_run", neighbours_change_in_one_run },
	{ "a_table_in_a_run_of_large_leaves_is_filled", a_table_in_a_run_of_large_leaves_is_filled },
};
CHECK_SUITE(suite_choke, "choke", cases);
