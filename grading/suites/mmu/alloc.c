/*
 * No memory: every operation, with the k-th allocation failing, for every k; and what must not allocate at all.
 *
 * Each scenario prepares a tree and does one operation.  With a failure it must say -ENOMEM, leave all translations as
 * they were and lose no table; then it must work.
 */
#include "grading/sim/mem.h"
#include "grading/suites/mmu/ref.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)

/* Addresses near the border between two entries of the root, so that an operation meets as many tables as it can. */
static uint64_t border(void)
{
	return pt_span(shape.levels - 1);
}

/* The largest leaf that is not in the root. */
static int large(void)
{
	int top = shape.levels - 2;

	return top < PT_LEAF_LEVEL_MAX ? top : PT_LEAF_LEVEL_MAX;
}

static struct ref ref;

static void map_extent(uint64_t start, uint64_t end, uint64_t page, int max_level)
{
	pt_prot_t prot;

	world_prot(0, &prot);
	EXPECT(world_map(start, end, page, 0, max_level) == 0, "[MAP-ERRNO] did prepare: map | got an error");
	ref_map(&ref, &(struct ref_extent){ start, end, hpa(page), prot });
}

static void prepare_nothing(void)
{
}

static void prepare_neighbours(void)
{
	map_extent(border() - 8 * PAGE, border() - 7 * PAGE, PAGE, 0);
	map_extent(border() + 64 * PAGE, border() + 65 * PAGE, 2 * PAGE, 0);
}

/* Tables that hold nothing any more are there. */
static void prepare_empty_tables(void)
{
	map_extent(border() - PAGE, border() + PAGE, PAGE, 0);
	EXPECT(tdp_unmap_range(&world.root, ia(border() - PAGE), ia(border() + PAGE)) == 0,
	       "[MAP-ERRNO] did prepare: map | got an error");
	ref_clear(&ref);
}

static void prepare_large_leaves(void)
{
	uint64_t span = pt_span(large());

	map_extent(border() - span, border() + span, 4 * span, large());
}

static int map_small(void)
{
	return world_map(border() - 3 * PAGE, border() + 3 * PAGE, 16 * PAGE, 0, 0);
}

static int map_mixed(void)
{
	return world_map(border() - 2 * PAGE, border() + pt_span(1) + 2 * PAGE, pt_span(1) - 2 * PAGE, 0, 1);
}

static int unmap_inside(void)
{
	return tdp_unmap_range(&world.root, ia(border() - 3 * PAGE), ia(border() + 3 * PAGE));
}

static int protect_inside(void)
{
	return tdp_protect_range(&world.root, ia(border() - 3 * PAGE), ia(border() + 3 * PAGE), PT_READ);
}

static int split_inside(void)
{
	int error;

	host_lock(world.host, HOST_EXCLUSIVE);
	error = tdp_split_at(&world.root, ia(border() + 5 * PAGE));
	host_unlock(world.host, HOST_EXCLUSIVE);
	return error;
}

static const struct scenario {
	const char *name;
	void (*prepare)(void);
	int (*operation)(void);
	bool maps; /* then a failure leaves no table behind either */
} scenarios[] = {
	{ "map into nothing", prepare_nothing, map_small, true },
	{ "map beside leaves", prepare_neighbours, map_small, true },
	{ "map into empty tables", prepare_empty_tables, map_small, true },
	{ "map leaves of two sizes", prepare_nothing, map_mixed, true },
	{ "map leaves of two sizes into empty tables", prepare_empty_tables, map_mixed, true },
	{ "unmap parts of large leaves", prepare_large_leaves, unmap_inside, false },
	{ "protect parts of large leaves", prepare_large_leaves, protect_inside, false },
	{ "split a large leaf", prepare_large_leaves, split_inside, false },
};

/* ---- Failing ------------------------------------------------------------------------------------------------ */

static void check_failure(const struct scenario *s, uint64_t k, int error, uint64_t tables)
{
	uint64_t random = k;

	EXPECT(error == -TDP_ENOMEM, "[MAP-ERRNO] did %s, allocation %lu fails | got %d | expected -ENOMEM", s->name,
	       (unsigned long)k, error);
	ref_compare(&ref, &random, 8);
	world_check();
	EXPECT(!s->maps || world.root.table_count <= tables,
	       "[MAP-NOT-UNDONE] did %s, allocation %lu fails | got %lu tables more left behind", s->name,
	       (unsigned long)k, (unsigned long)(world.root.table_count - tables));
}

/* Did an allocation fail? */
static bool fail_at(const struct scenario *s, enum sim_fail_mode mode, uint64_t k)
{
	uint64_t tables;
	bool failed;
	int error;

	world_start();
	ref_clear(&ref);
	s->prepare();
	tables = world.root.table_count;
	sim_work_reset();
	sim_mem_fail(mode, k);
	error = s->operation();
	failed = sim_work()->failed_allocs > 0;
	sim_mem_fail(SIM_FAIL_NEVER, 0);
	if (failed) {
		check_failure(s, k, error, tables);
		error = s->operation();
	}
	EXPECT(error == 0, "[MAP-ERRNO] did %s | got %d | expected 0, since there is memory", s->name, error);
	world_check();
	world_finish();
	return failed;
}

enum { CUTS, MAPS };

static void fail_every_one(int maps)
{
	for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (scenarios[i].maps != maps)
			continue;
		for (uint64_t k = 1; fail_at(&scenarios[i], SIM_FAIL_ONCE, k); k++)
			;
		for (uint64_t k = 1; much(0, 1) && fail_at(&scenarios[i], SIM_FAIL_FROM_ON, k); k++)
			;
	}
}

static void fail_maps(void)
{
	fail_every_one(MAPS);
}

static void fail_cuts(void)
{
	fail_every_one(CUTS);
}

static void a_failed_map_changes_nothing(uint64_t seed)
{
	for_each_shape(fail_maps);
}

static void a_failed_cut_changes_nothing(uint64_t seed)
{
	for_each_shape(fail_cuts);
}

static void fail_root(void)
{
	machine_start();
	sim_mem_fail(SIM_FAIL_ONCE, 1);
	EXPECT(tdp_root_create(&world.root, sim_host(), shape.levels, shape.extra) == -TDP_ENOMEM,
	       "a root without memory is -ENOMEM");
	sim_finish();
}

static void a_root_needs_memory(uint64_t seed)
{
	for_each_shape(fail_root);
}

/* ---- What allocates nothing --------------------------------------------------------------------------------- */

static void without_memory(void)
{
	uint64_t span = pt_span(large());

	world_start();
	ref_clear(&ref);
	prepare_neighbours();
	map_extent(4 * span, 5 * span, 8 * span, large());
	sim_work_reset();
	sim_mem_fail(SIM_FAIL_FROM_ON, 1);
	EXPECT(tdp_unmap_range(&world.root, ia(border() - 64 * PAGE), ia(border() + 32 * PAGE)) == 0, "unmap pages");
	EXPECT(tdp_unmap_range(&world.root, ia(20 * PAGE), ia(30 * PAGE)) == 0, "unmap a hole");
	EXPECT(tdp_protect_range(&world.root, ia(20 * PAGE), ia(30 * PAGE), PT_READ) == 0, "protect a hole");
	EXPECT(tdp_protect_range(&world.root, ia(4 * span), ia(5 * span), PT_READ) == 0, "protect a whole leaf");
	EXPECT(tdp_unmap_range(&world.root, ia(4 * span), ia(5 * span)) == 0, "unmap a whole leaf");
	EXPECT(tdp_unmap_range(&world.root, ia(0), ia(pt_ia_end(&world.root.pt))) == 0, "unmap everything");
	EXPECT(sim_work()->failed_allocs == 0, "what cuts no leaf asks for no table");
	sim_mem_fail(SIM_FAIL_NEVER, 0);
	world_check();
	world_finish();
}

static void what_cuts_no_leaf_needs_no_table(uint64_t seed)
{
	for_each_shape(without_memory);
}

/* ---- Reuse -------------------------------------------------------------------------------------------------- */

/* Tables that are freed too early are in use again at once. */
static void churn(void)
{
	uint64_t random = 1;

	world_start();
	sim_mem_reuse(SIM_REUSE_AT_ONCE);
	ref_clear(&ref);
	for (int i = 0; i < 20; i++) {
		EXPECT(map_small() == 0 && world_access(i & 1, border(), WALK_READ),
		       "[MAP-MISSING] did map, touch | got an error, or a fault");
		EXPECT(tdp_unmap_range(&world.root, ia(border()), ia(border() + pt_span(1))) == 0,
		       "[MAP-ERRNO] did unmap half | got an error");
		EXPECT(!world_access(i & 1, border(), WALK_READ), "[UNMAP-LEAVES] did unmap, touch | got no fault");
		EXPECT(tdp_unmap_range(&world.root, ia(0), ia(2 * border())) == 0, "unmap all");
		ref_compare(&ref, &random, 4);
		world_check();
	}
	world_finish();
}

static void tables_can_be_used_again_at_once(uint64_t seed)
{
	for_each_shape(churn);
}

static const struct check_case cases[] = {
	{"a_root_needs_memory", a_root_needs_memory},
	{"a_failed_map_changes_nothing", a_failed_map_changes_nothing},
	{"a_failed_cut_changes_nothing", a_failed_cut_changes_nothing},
	{"what_cuts_no_leaf_needs_no_table", what_cuts_no_leaf_needs_no_table},
	{"tables_can_be_used_again_at_once", tables_can_be_used_again_at_once},
};
CHECK_SUITE(suite_alloc, "alloc", cases);
