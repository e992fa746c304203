/*
 * Two actors: every schedule with up to two preemptions, between any two accesses to an entry that both touch.
 *
 * Actors run short programs over one tree: in the shared mode, by compare-and-swap alone; operations that hold the
 * lock exclusively and yield; guests that read and write.  Whatever the schedule, counts agree with the tree, no
 * write is lost, nothing is stale, no table is leaked, and the outcome is one that some order of the actors could
 * have had.
 */
#include "grading/explore/explore.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/explore_case.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)
#define AREA (4 * pt_span(1))
#define AREA_PAGE (64 * pt_span(1))

/* ---- Exploring -------------------------------------------------------------------------------------------- */

static struct explore_plan two(void (*setup)(void *), void (*check)(void *), void (*a)(void *), void (*b)(void *))
{
	return (struct explore_plan){
		.setup = setup, .check = check, .actor_count = 2, .actors = { { "A", a, NULL }, { "B", b, NULL } },
	};
}

static void explore_pair(void (*setup)(void *), void (*check)(void *), void (*a)(void *), void (*b)(void *))
{
	world_smallest_shape();
	explore_closely(setup, check, a, b);
}

/* ---- Programs of actors ------------------------------------------------------------------------------------- */

/* One walk in the shared mode to the level-0 entry of `at`; each `step` may be tried again after a lost race. */
static void shared_walk(uint64_t at, bool (*step)(struct tdp_iter *it))
{
	struct tdp_range range = { ia(at), ia(at + PAGE) };
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(world.host, HOST_SHARED);
	tdp_for_each(&it, &world.root, range, HOST_SHARED, &debt)
		if (step(&it))
			break;
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, HOST_SHARED);
}

/* Link a table where none is; whoever loses gives its own back. */
static void link_step(struct tdp_iter *it)
{
	hpa_t table = tdp_table_alloc(it->root, it->at.entry.level - 1);

	EXPECT(table.raw, "there is memory");
	if (!tdp_iter_try_set(it, pte_make_table(table)))
		tdp_table_free(it->root, table, it->at.entry.level - 1);
}

static bool map_step(struct tdp_iter *it)
{
	const struct pt_entry *e = &it->at.entry;

	if (pt_entry_kind(e) != PTE_EMPTY)
		return false;
	if (e->level > 0)
		link_step(it);
	else
		tdp_iter_try_set(it, pte_make_leaf(hpa(AREA_PAGE + e->ia.raw), 0, PT_READ | PT_WRITE));
	return false;
}

static bool read_only_step(struct tdp_iter *it)
{
	const struct pt_entry *e = &it->at.entry;

	if (pt_entry_kind(e) == PTE_LEAF && pte_prot(e->pte, e->level) != PT_READ)
		tdp_iter_try_set(it, pte_with_prot(e->pte, e->level, PT_READ));
	return false;
}

static bool old_step(struct tdp_iter *it)
{
	const struct pt_entry *e = &it->at.entry;

	if (pt_entry_kind(e) == PTE_LEAF && (pte_ad(e->pte) & PT_ACCESSED))
		tdp_iter_try_set(it, pte_set_ad(e->pte, pte_ad(e->pte) & ~PT_ACCESSED));
	return false;
}

static bool zap_step(struct tdp_iter *it)
{
	if (pt_entry_kind(&it->at.entry) == PTE_LEAF)
		tdp_iter_try_set(it, pte_make_empty());
	return false;
}

static void map_first(void *unused)
{
	explore_doing("map 0x%lx", (unsigned long)AREA);
	shared_walk(AREA, map_step);
}

static void map_second(void *unused)
{
	explore_doing("map 0x%lx", (unsigned long)(AREA + PAGE));
	shared_walk(AREA + PAGE, map_step);
}

static void make_read_only(void *unused)
{
	explore_doing("protect 0x%lx", (unsigned long)AREA);
	shared_walk(AREA, read_only_step);
}

static void make_old(void *unused)
{
	explore_doing("age 0x%lx", (unsigned long)AREA);
	shared_walk(AREA, old_step);
}

static void zap(void *unused)
{
	explore_doing("zap 0x%lx", (unsigned long)AREA);
	shared_walk(AREA, zap_step);
}

/*
 * Move the page: nobody may find the new one before all have forgotten the old one.  Whoever finds the entry frozen
 * comes back later.
 */
static bool move_step(struct tdp_iter *it)
{
	pte_t old = it->at.entry.pte;

	if (pt_entry_kind(&it->at.entry) != PTE_LEAF || !tdp_iter_try_set(it, pte_make_frozen()))
		return false;
	tdp_debt_pay(it->root, it->debt);
	EXPECT(tdp_iter_try_set(it, pte_make_leaf(hpa(AREA_PAGE * 2 + AREA), 0, pte_prot(old, 0))),
	       "a frozen entry belongs to whoever froze it");
	return true;
}

static void move(void *unused)
{
	explore_doing("move 0x%lx", (unsigned long)AREA);
	shared_walk(AREA, move_step);
}

/* ---- Guests --------------------------------------------------------------------------------------------------- */

/* What hardware would touch on its way, so that the explorer knows. */
static void touch_walk(uint64_t at, unsigned access)
{
	struct walk_root root = { world.root.pt.root, world.root.pt.levels, world.root.pt.root_extra };
	struct walk_request request = { .root = root, .from = walk_at_root(&root), .ia = at, .access = access };
	struct walk_result result;

	walk(sim_memory(), &request, &result);
	for (int i = 0; i < result.step_count; i++)
		explore_touch(sim_mem_pointer(result.steps[i].slot),
			      i + 1 == result.step_count ? "hardware" : "read by hw");
}

static void guest_writes(void *unused)
{
	for (int i = 0; i < 3; i++) {
		explore_doing("guest on cpu 0 writes 0x%lx", (unsigned long)AREA);
		touch_walk(AREA, WALK_WRITE);
		world_access(0, AREA, WALK_WRITE);
	}
}

/* Somebody changes how the page is mapped, but mapped it is all the time. */
static void guest_reads_on(void *unused)
{
	for (int i = 0; i < 2; i++) {
		explore_doing("guest on cpu 1 reads 0x%lx", (unsigned long)AREA);
		touch_walk(AREA, WALK_READ);
		EXPECT(world_access(1, AREA, WALK_READ) || PT_BREAK_BEFORE_MAKE, "the guest finds nothing");
	}
}

static void guest_reads(void *unused)
{
	for (int i = 0; i < 3; i++) {
		explore_doing("guest on cpu 1 reads 0x%lx", (unsigned long)AREA);
		touch_walk(AREA, WALK_READ);
		sim_guest_prefetch(1, ia(AREA));
	}
}

/*
 * ---- Beginnings and ends ----------------------------------------------------------------------------------------
 */

static void with_nothing(void *unused)
{
	world_start();
}

/* A neighbour keeps the table. */
static void with_table(void *unused)
{
	world_start();
	EXPECT(world_map(AREA + 8 * PAGE, AREA + 9 * PAGE, PAGE, 0, 0) == 0, "map a neighbour");
}

static void clean(uint64_t at)
{
	pte_t *slot = tree_slot(&world.root.pt, ia(at), 0);
	struct tdp_range range = { ia(at), ia(at + PAGE) };
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(world.host, HOST_EXCLUSIVE);
	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, &debt)
		if (it.at.entry.slot == slot)
			tdp_iter_set(&it, pte_set_ad(it.at.entry.pte, PT_ACCESSED));
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static void with_page(void *unused)
{
	with_table(NULL);
	EXPECT(world_map(AREA, AREA + PAGE, AREA_PAGE + AREA, 0, 0) == 0, "map the page");
	clean(AREA);
}

static void with_large_page(void *unused)
{
	world_start();
	EXPECT(world_map(AREA, AREA + pt_span(1), AREA_PAGE + AREA, 0, 1) == 0, "map a large page");
}

static void expect_leaves(uint64_t count)
{
	EXPECT(world.root.leaf_count[0] == count, "%lu leaves are counted; there should be %lu",
	       (unsigned long)world.root.leaf_count[0], (unsigned long)count);
}

/* After any mixture: the tree is in order, and can go. */
static void in_order(void *unused)
{
	world_check();
	world_finish();
}

static void mapped_once(void *unused)
{
	expect_leaves(2);
	EXPECT(sim_mapping_of(world.root.pt.root, ia(AREA)).out.raw == AREA_PAGE + AREA, "the page is mapped");
	in_order(NULL);
}

static void mapped_both(void *unused)
{
	expect_leaves(2);
	EXPECT(sim_mapping_of(world.root.pt.root, ia(AREA)).out.raw == AREA_PAGE + AREA, "the first page is mapped");
	EXPECT(sim_mapping_of(world.root.pt.root, ia(AREA + PAGE)).out.raw == AREA_PAGE + AREA + PAGE,
	       "the second page is mapped");
	in_order(NULL);
}

/* Neither change has undone the other. */
static void both_changes(void *unused)
{
	pte_t pte = *tree_slot(&world.root.pt, ia(AREA), 0);

	EXPECT(pte_prot(pte, 0) == PT_READ, "the page is read-only");
	EXPECT(!(pte_ad(pte) & PT_ACCESSED), "and old");
	in_order(NULL);
}

static void gone(void *unused)
{
	expect_leaves(1);
	EXPECT(!sim_mapping_of(world.root.pt.root, ia(AREA)).rights, "the page is unmapped");
	in_order(NULL);
}

static void not_writable(void *unused)
{
	EXPECT(!world_access(0, AREA, WALK_WRITE), "nobody writes after protect has returned");
	in_order(NULL);
}

static void unreachable(void *unused)
{
	EXPECT(!world_access(0, AREA, WALK_READ) && !world_access(1, AREA, WALK_READ), "nobody reads after unmap");
	in_order(NULL);
}

/*
 * ---- Shared mode --------------------------------------------------------------------------------------------------
 */

static void two_map_the_same_page(uint64_t seed)
{
	explore_pair(with_table, mapped_once, map_first, map_first);
}

static void two_link_the_same_tables(uint64_t seed)
{
	explore_pair(with_nothing, mapped_both, map_first, map_second);
}

static void no_change_undoes_another(uint64_t seed)
{
	explore_pair(with_page, both_changes, make_read_only, make_old);
}

static void one_protects_one_unmaps(uint64_t seed)
{
	explore_pair(with_page, gone, make_read_only, zap);
}

static void two_unmap_the_same_page(uint64_t seed)
{
	explore_pair(with_page, gone, zap, zap);
}

static void one_maps_one_unmaps(uint64_t seed)
{
	explore_pair(with_page, in_order, zap, map_first);
}

static void a_frozen_entry_is_left_alone(uint64_t seed)
{
	explore_pair(with_page, in_order, move, zap);
	explore_pair(with_page, in_order, move, make_read_only);
	explore_pair(with_page, in_order, move, guest_reads);
	explore_pair(with_page, in_order, move, guest_writes);
}

/*
 * ---- Guests
 * ---------------------------------------------------------------------------------------------------------
 */

static void unmap_exclusively(void *unused)
{
	explore_doing("unmap 0x%lx", (unsigned long)AREA);
	EXPECT(tdp_unmap_range(&world.root, ia(AREA), ia(AREA + PAGE)) == 0, "unmap");
}

static void unmap_table_exclusively(void *unused)
{
	explore_doing("unmap the table at 0x%lx", (unsigned long)AREA);
	EXPECT(tdp_unmap_range(&world.root, ia(AREA), ia(AREA + pt_span(1))) == 0, "unmap");
}

static void protect_exclusively(void *unused)
{
	explore_doing("protect 0x%lx", (unsigned long)AREA);
	EXPECT(tdp_protect_range(&world.root, ia(AREA), ia(AREA + PAGE), PT_READ) == 0, "protect");
}

static void split_exclusively(void *unused)
{
	explore_doing("split at 0x%lx", (unsigned long)(AREA + 8 * PAGE));
	host_lock(world.host, HOST_EXCLUSIVE);
	EXPECT(tdp_split_at(&world.root, ia(AREA + 8 * PAGE)) == 0, "split");
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static void a_guest_writes_while_one_unmaps(uint64_t seed)
{
	explore_pair(with_page, unreachable, unmap_exclusively, guest_writes);
	explore_pair(with_page, unreachable, unmap_table_exclusively, guest_writes);
	explore_pair(with_large_page, unreachable, unmap_exclusively, guest_writes);
	explore_pair(with_page, unreachable, zap, guest_writes);
}

static void a_guest_writes_while_one_protects(uint64_t seed)
{
	explore_pair(with_page, not_writable, protect_exclusively, guest_writes);
	explore_pair(with_large_page, not_writable, protect_exclusively, guest_writes);
	explore_pair(with_page, in_order, protect_exclusively, guest_reads_on);
	explore_pair(with_page, not_writable, make_read_only, guest_writes);
}

static void a_guest_writes_while_one_splits(uint64_t seed)
{
	explore_pair(with_large_page, in_order, split_exclusively, guest_writes);
	explore_pair(with_large_page, in_order, split_exclusively, guest_reads_on);
}

static void a_guest_reads_while_one_maps(uint64_t seed)
{
	explore_pair(with_nothing, in_order, map_first, guest_reads);
	explore_pair(with_table, in_order, map_first, guest_reads);
}

/*
 * ---- Yields -----------------------------------------------------------------------------------------------------
 */

/* The lock goes when somebody wants it. */
static void with_much(void *unused)
{
	world_start();
	sim_yield_plan(SIM_YIELD_WANTED, 0);
	EXPECT(world_map(AREA, AREA + 4 * PAGE, AREA_PAGE + AREA, 0, 0) == 0, "map pages");
	EXPECT(world_map(AREA + 3 * pt_span(1), AREA + 3 * pt_span(1) + PAGE, AREA_PAGE, 0, 0) == 0,
	       "and one far away");
}

static void unmap_much(void *unused)
{
	explore_doing("unmap much");
	EXPECT(tdp_unmap_range(&world.root, ia(AREA), ia(AREA + 4 * pt_span(1))) == 0, "unmap");
}

static void protect_much(void *unused)
{
	explore_doing("protect much");
	EXPECT(tdp_protect_range(&world.root, ia(AREA), ia(AREA + 4 * pt_span(1)), PT_READ) == 0, "protect");
}

static int map_error;

static void map_between(void *unused)
{
	uint64_t at = AREA + 2 * pt_span(1);

	explore_doing("map 0x%lx", (unsigned long)at);
	map_error = world_map(at, at + PAGE, AREA_PAGE * 2, 0, 0);
}

/* All that was there is gone; the new page may be there or not. */
static void all_old_gone(void *unused)
{
	uint64_t leaves = 0;

	EXPECT(map_error == 0, "the map works: nothing was there");
	EXPECT(!sim_mapping_of(world.root.pt.root, ia(AREA)).rights, "the first page is gone");
	EXPECT(!sim_mapping_of(world.root.pt.root, ia(AREA + 3 * pt_span(1))).rights, "the last page is gone");
	leaves += sim_mapping_of(world.root.pt.root, ia(AREA + 2 * pt_span(1))).rights != 0;
	expect_leaves(leaves);
	in_order(NULL);
}

static void one_unmaps_in_steps(uint64_t seed)
{
	explore_pair(with_much, all_old_gone, unmap_much, map_between);
	explore_pair(with_much, in_order, unmap_much, protect_much);
	explore_pair(with_much, in_order, unmap_much, unmap_much);
	explore_pair(with_much, in_order, protect_much, map_between);
}

/* ---- Adversaries in the gaps ---------------------------------------------------------------------------------- */

static void adversary_map(void *unused)
{
	world_map(AREA + 2 * pt_span(1), AREA + 2 * pt_span(1) + 2 * PAGE, AREA_PAGE * 2, 0, 0);
}

static void adversary_unmap(void *unused)
{
	tdp_unmap_range(&world.root, ia(0), ia(pt_ia_end(&world.root.pt)));
}

static void adversary_unmap_part(void *unused)
{
	tdp_unmap_range(&world.root, ia(AREA + PAGE), ia(AREA + 3 * pt_span(1)));
}

static void adversary_split(void *unused)
{
	host_lock(world.host, HOST_EXCLUSIVE);
	tdp_split_at(&world.root, ia(AREA + 6 * pt_span(1) + PAGE));
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static void adversary_guest(void *unused)
{
	for (uint64_t at = AREA; at < AREA + 8 * pt_span(1); at += pt_span(1) / 2) {
		world_access(0, at, WALK_WRITE);
		world_access(1, at, WALK_READ);
	}
}

static void (*const adversaries[])(void *) = { adversary_map, adversary_unmap, adversary_unmap_part, adversary_split,
					       adversary_guest };

/* False: the operation asks less often than n times. */
static bool meet(void (*operation)(void *), void (*adversary)(void *), uint64_t n)
{
	world_start();
	EXPECT(world_map(AREA, AREA + 4 * PAGE, AREA_PAGE + AREA, 0, 0) == 0, "map pages");
	EXPECT(world_map(AREA + 6 * pt_span(1), AREA + 7 * pt_span(1), AREA_PAGE, 0, 1) == 0, "map a large one");
	EXPECT(world_map(AREA + 3 * pt_span(1), AREA + 3 * pt_span(1) + PAGE, AREA_PAGE, 0, 0) == 0,
	       "and one far away");
	adversary_guest(NULL);
	sim_yield_plan(SIM_YIELD_AT, n);
	sim_yield_gap(adversary, NULL);
	sim_work_reset();
	operation(NULL);
	if (sim_work()->yields == 0 && sim_work()->questions < n)
		return false;
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	world_check();
	adversary_guest(NULL);
	world_check();
	world_finish();
	return true;
}

static void meet_all(void)
{
	for (unsigned i = 0; i < sizeof(adversaries) / sizeof(adversaries[0]); i++) {
		for (uint64_t n = 1; meet(unmap_much, adversaries[i], n); n++)
			;
		for (uint64_t n = 1; meet(protect_much, adversaries[i], n); n++)
			;
	}
}

static void any_operation_fits_into_a_yield(uint64_t seed)
{
	for_each_shape(meet_all);
}

/*
 * ---- The explorer finds what is there to be found ---------------------------------------------------------------
 */

/* A store that trusts the snapshot: the change that another actor made in between is lost. */
static bool careless_step(struct tdp_iter *it)
{
	const struct pt_entry *e = &it->at.entry;

	if (pt_entry_kind(e) == PTE_LEAF)
		pt_iter_xchg(&it->at, pte_with_prot(e->pte, e->level, PT_READ));
	return false;
}

static void be_careless(void *unused)
{
	explore_doing("protect 0x%lx, carelessly", (unsigned long)AREA);
	shared_walk(AREA, careless_step);
}

static void a_careless_store_is_caught(uint64_t seed)
{
	struct explore_plan plan = two(with_page, both_changes, be_careless, make_old);
	struct explore_result first, again;

	world_smallest_shape();
	plan.preemptions = 2;
	plan.budget = 2000;
	explore(&plan, &first);
	EXPECT(first.failed && first.failed_with == 1, "a lost update needs one preemption; failed %d with %d",
	       first.failed, first.failed_with);
	plan.replay = first.replay;
	explore(&plan, &again);
	EXPECT(again.failed && again.runs == 1, "the schedule %s fails again, alone", first.replay);
}

/* With entries of two words that are written one after the other (the instance arm128_torn), nothing else passes. */
static void a_torn_write_is_caught(uint64_t seed)
{
#ifdef ARM128_TORN
	struct explore_plan plan = two(with_table, in_order, map_first, guest_reads);
	struct explore_result result;

	world_smallest_shape();
	plan.preemptions = 1;
	plan.budget = 2000;
	explore(&plan, &result);
	EXPECT(result.failed, "an entry that is written in two halves passes");
	note("%s", result.text);
#else
	case_skip("entries are written as one");
#endif
}

static const struct check_case cases[] = {
	{ "two_map_the_same_page", two_map_the_same_page },
	{ "two_link_the_same_tables", two_link_the_same_tables },
	{ "no_change_undoes_another", no_change_undoes_another },
	{ "one_protects_one_unmaps", one_protects_one_unmaps },
	{ "two_unmap_the_same_page", two_unmap_the_same_page },
	{ "one_maps_one_unmaps", one_maps_one_unmaps },
	{ "a_frozen_entry_is_left_alone", a_frozen_entry_is_left_alone },
	{ "a_guest_writes_while_one_unmaps", a_guest_writes_while_one_unmaps },
	{ "a_guest_writes_while_one_protects", a_guest_writes_while_one_protects },
	{ "a_guest_writes_while_one_splits", a_guest_writes_while_one_splits },
	{ "a_guest_reads_while_one_maps", a_guest_reads_while_one_maps },
	{ "one_unmaps_in_steps", one_unmaps_in_steps },
	{ "any_operation_fits_into_a_yield", any_operation_fits_into_a_yield },
	{ "a_careless_store_is_caught", a_careless_store_is_caught },
	{ "a_torn_write_is_caught", a_torn_write_is_caught },
};
CHECK_SUITE(suite_interleave, "interleave", cases);
