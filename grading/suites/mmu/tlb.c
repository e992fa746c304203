/*
 * What CPUs remember: nothing stale after an operation returns, yields, fails or frees.
 *
 * Before an operation both CPUs read and write all that is mapped, and what is not; the simulated machine then knows
 * what is stale at each moment at which it may not be (when the lock is let go, when a table is freed).  A case
 * asserts in addition what guests can and cannot do afterwards.
 */
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/sim/stale.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)

/* A page, a leaf of level 1 at `LARGE`, and a table with pages at both its ends at `TABLE`. */
#define SMALL (3 * PAGE)
#define LARGE (4 * pt_span(1))
#define TABLE (8 * pt_span(1))

static int large_level(void)
{
	return PT_LEAF_LEVEL_MAX > 0 ? 1 : 0;
}

static void touch(int cpu, uint64_t at)
{
	world_access(cpu, at, WALK_READ);
	world_access(cpu, at, WALK_WRITE);
	world_access(cpu, at, WALK_EXEC);
}

/* Both CPUs remember all they can. */
static void touch_all(void)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++) {
		for (uint64_t at = 0; at < 6 * PAGE; at += PAGE)
			touch(cpu, at);
		for (uint64_t at = LARGE; at < LARGE + pt_span(1); at += pt_span(1) / 4)
			touch(cpu, at);
		touch(cpu, LARGE + pt_span(1) - PAGE);
		touch(cpu, LARGE + pt_span(1));
		touch(cpu, TABLE);
		touch(cpu, TABLE + 8 * PAGE);
		touch(cpu, TABLE + pt_span(1) - PAGE);
	}
}

static void start(void)
{
	world_start();
	EXPECT(world_map(SMALL, SMALL + PAGE, 16 * PAGE, 0, 0) == 0, "[MAP-ERRNO] did map a page | got an error");
	EXPECT(world_map(LARGE, LARGE + pt_span(1), LARGE, 0, large_level()) == 0,
	       "[MAP-ERRNO] did map a large leaf | got an error");
	EXPECT(world_map(TABLE, TABLE + pt_span(1), TABLE, 0, 0) == 0,
	       "[MAP-ERRNO] did map a table of pages | got an error");
	touch_all();
	sim_work_reset();
}

static void expect_fault(uint64_t at)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		EXPECT(!world_access(cpu, at, WALK_READ), "[UNMAP-LEAVES] cpu %d reads 0x%lx, which is unmapped", cpu,
		       (unsigned long)at);
}

static void expect_read(uint64_t at)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		EXPECT(world_access(cpu, at, WALK_READ), "[UNMAP-TOO-MUCH] cpu %d cannot read 0x%lx, which is mapped",
		       cpu, (unsigned long)at);
}

static void expect_no_write(uint64_t at)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		EXPECT(!world_access(cpu, at, WALK_WRITE), "[PROT-LEAVES] cpu %d writes 0x%lx, which is read-only", cpu,
		       (unsigned long)at);
}

static void unmap(uint64_t at, uint64_t size)
{
	EXPECT(tdp_unmap_range(&world.root, ia(at), ia(at + size)) == 0, "[MAP-ERRNO] did unmap 0x%lx | got an error",
	       (unsigned long)at);
	world_check();
}

static void protect(uint64_t at, uint64_t size)
{
	EXPECT(tdp_protect_range(&world.root, ia(at), ia(at + size), PT_READ) == 0, "protect 0x%lx", (unsigned long)at);
	world_check();
}

/* ---- Operations --------------------------------------------------------------------------------------------- */

static void unmap_leaves(void)
{
	start();
	unmap(SMALL, PAGE);
	expect_fault(SMALL);
	unmap(LARGE, pt_span(1));
	expect_fault(LARGE);
	expect_fault(LARGE + pt_span(1) - PAGE);
	expect_read(TABLE);
	world_finish();
}

static void an_unmapped_leaf_is_forgotten(uint64_t seed)
{
	for_each_shape(unmap_leaves);
}

/* All that was below it: leaves at both ends, and the table itself. */
static void unmap_tables(void)
{
	start();
	unmap(TABLE, pt_span(1));
	expect_fault(TABLE);
	expect_fault(TABLE + 8 * PAGE);
	expect_fault(TABLE + pt_span(1) - PAGE);
	EXPECT(sim_work()->flushes_all > 0,
	       "[FLUSH-WRONG-RANGE] a table that goes must be flushed, not only its leaves");
	unmap(0, pt_ia_end(&world.root.pt));
	expect_fault(LARGE);
	EXPECT(world.root.table_count == 1, "[TABLE-LEAKED] all tables go");
	world_finish();
}

static void an_unlinked_table_is_forgotten(uint64_t seed)
{
	for_each_shape(unmap_tables);
}

/* The cached leaf covers more than what is unmapped: it goes as a whole. */
static void unmap_part(void)
{
	start();
	unmap(LARGE + 8 * PAGE, PAGE);
	expect_fault(LARGE + 8 * PAGE);
	expect_read(LARGE);
	expect_read(LARGE + pt_span(1) - PAGE);
	touch_all();
	unmap(LARGE, PAGE);
	expect_fault(LARGE);
	touch_all();
	unmap(LARGE + pt_span(1) - PAGE, PAGE);
	expect_fault(LARGE + pt_span(1) - PAGE);
	expect_read(LARGE + PAGE);
	touch_all();
	protect(LARGE + pt_span(1) / 2 - PAGE, 2 * PAGE);
	expect_no_write(LARGE + pt_span(1) / 2);
	world_finish();
}

static void a_part_of_a_large_leaf_is_forgotten(uint64_t seed)
{
	for_each_shape(unmap_part);
}

static void protect_all(void)
{
	start();
	protect(SMALL, PAGE);
	expect_no_write(SMALL);
	protect(LARGE, pt_span(1));
	expect_no_write(LARGE + pt_span(1) / 2);
	protect(TABLE, 2 * pt_span(1));
	expect_no_write(TABLE);
	expect_no_write(TABLE + pt_span(1) - PAGE);
	expect_read(TABLE);
	world_finish();
}

static void a_lost_right_is_forgotten(uint64_t seed)
{
	for_each_shape(protect_all);
}

/* Faults are remembered too, on some machines: what is added must work at once. */
static void add_everything(void)
{
	pt_prot_t prot;

	start();
	EXPECT(world_map(SMALL + PAGE, SMALL + 2 * PAGE, 32 * PAGE, 0, 0) == 0, "map beside it");
	world_check();
	expect_read(SMALL + PAGE);
	EXPECT(world_map(LARGE + pt_span(1), LARGE + 2 * pt_span(1), LARGE + pt_span(1), 0, 1) == 0,
	       "[MAP-ERRNO] did map a large leaf | got an error");
	world_check();
	expect_read(LARGE + pt_span(1));
	protect(SMALL, PAGE);
	touch_all();
	world_prot(0, &prot);
	EXPECT(tdp_protect_range(&world.root, ia(SMALL), ia(SMALL + PAGE), prot) == 0, "give the right back");
	world_check();
	EXPECT(world_access(1, SMALL, WALK_WRITE), "[PROT-LEAVES] cpu 1 may write again, and cannot");
	world_finish();
}

static void a_remembered_fault_is_forgotten(uint64_t seed)
{
	for_each_shape(add_everything);
}

static void split_everywhere(void)
{
	start();
	host_lock(world.host, HOST_EXCLUSIVE);
	for (uint64_t at = LARGE; at < LARGE + pt_span(1); at += pt_span(1) / 8)
		EXPECT(tdp_split_at(&world.root, ia(at + PAGE)) == 0, "split");
	host_unlock(world.host, HOST_EXCLUSIVE);
	world_check();
	touch_all();
	protect(LARGE, PAGE);
	expect_no_write(LARGE);
	expect_read(LARGE + PAGE);
	world_finish();
}

static void a_split_leaf_is_forgotten_when_it_matters(uint64_t seed)
{
	for_each_shape(split_everywhere);
}

/* ---- Who is asked to forget ----------------------------------------------------------------------------------- */

/* A CPU that has left the tree still remembers, and another ID on the same CPU does as well. */
static void forget_far_away(void)
{
	start();
	sim_cpu_enter(2, world.root.pt.root, WORLD_ID + 1);
	touch(2, SMALL);
	sim_cpu_leave(2);
	sim_cpu_enter(1, world.root.pt.root, WORLD_ID + 1);
	touch(1, SMALL);
	sim_cpu_enter(1, world.root.pt.root, WORLD_ID);
	unmap(SMALL, PAGE);
	sim_cpu_enter(2, world.root.pt.root, WORLD_ID + 1);
	EXPECT(!world_access(2, SMALL, WALK_READ), "[TLB-STALE] cpu 2 remembers what it knew when it left");
	sim_cpu_enter(1, world.root.pt.root, WORLD_ID + 1);
	EXPECT(!world_access(1, SMALL, WALK_READ), "[TLB-STALE] cpu 1 remembers under its other ID");
	sim_cpu_enter(1, world.root.pt.root, WORLD_ID);
	sim_cpu_leave(2);
	world_finish();
}

static void cpus_that_have_left_forget_too(uint64_t seed)
{
	for_each_shape(forget_far_away);
}

/* ---- In the middle of operations ------------------------------------------------------------------------------ */

/* While the lock is let go, guests go on. */
static void gap(void *unused)
{
	world_check();
	touch_all();
}

static uint64_t questions(void (*operation)(void))
{
	start();
	operation();
	return sim_work()->questions;
}

static void unmap_all(void)
{
	unmap(0, pt_ia_end(&world.root.pt));
	expect_fault(SMALL);
	expect_fault(LARGE);
	expect_fault(TABLE);
	EXPECT(world.root.table_count == 1, "[TABLE-LEAKED] %lu tables are left",
	       (unsigned long)world.root.table_count);
}

static void unmap_some(void)
{
	unmap(SMALL, TABLE + 8 * PAGE - SMALL);
	expect_fault(SMALL);
	expect_fault(LARGE);
	expect_fault(TABLE);
	expect_read(TABLE + 8 * PAGE);
}

static void protect_some(void)
{
	protect(SMALL, TABLE + 8 * PAGE - SMALL);
	expect_no_write(SMALL);
	expect_no_write(LARGE + pt_span(1) - PAGE);
	expect_no_write(TABLE);
}

static void (*const operations[])(void) = { unmap_all, unmap_some, protect_some };

/* One yield, at every place where there can be one; then yields wherever there can be one. */
static void yield_everywhere(void)
{
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		uint64_t count = questions(operations[i]);

		EXPECT(count > 0, "a long operation asks whether somebody waits");
		for (uint64_t n = 0; n <= count; n++) {
			start();
			sim_yield_plan(n ? SIM_YIELD_AT : SIM_YIELD_ALWAYS, n);
			sim_yield_gap(gap, NULL);
			operations[i]();
			sim_yield_plan(SIM_YIELD_NEVER, 0);
			world_finish();
		}
	}
}

static void nothing_is_stale_in_a_yield(uint64_t seed)
{
	for_each_shape(yield_everywhere);
}

/* A walk that is always asked to yield makes progress each time, and is no longer than twice the walk without. */
static void yield_always(void)
{
	uint64_t reads;

	start();
	unmap_some();
	reads = sim_work()->reads;
	start();
	sim_yield_plan(SIM_YIELD_ALWAYS, 0);
	unmap_some();
	EXPECT(sim_work()->yields > 0, "it yields");
	EXPECT(sim_work()->reads <= reads + (sim_work()->yields + 1) * pt_entry_count(&world.root.pt, 0),
	       "%lu entries are read, %lu without yields", (unsigned long)sim_work()->reads, (unsigned long)reads);
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	world_finish();
}

static void a_walk_that_always_yields_ends(uint64_t seed)
{
	for_each_shape(yield_always);
}

/* An operation that fails in the middle has changed nothing, and owes nothing. */
static void fail_with_tlbs(void)
{
	for (uint64_t k = 1; k < 6; k++) {
		start();
		sim_mem_fail(SIM_FAIL_ONCE, k);
		tdp_unmap_range(&world.root, ia(SMALL), ia(LARGE + 8 * PAGE));
		tdp_protect_range(&world.root, ia(LARGE + 16 * PAGE), ia(LARGE + 24 * PAGE), PT_READ);
		world_map(SMALL + 8 * PAGE, TABLE + 2 * pt_span(1), 0, 0, 0);
		sim_mem_fail(SIM_FAIL_NEVER, 0);
		world_check();
		touch_all();
		world_finish();
	}
}

static void nothing_is_stale_after_a_failure(uint64_t seed)
{
	for_each_shape(fail_with_tlbs);
}

/* The guest page is the host's again when the operation has returned. */
static void give_pages_back(void)
{
	start();
	unmap(SMALL, PAGE);
	sim_page_gone(hpa(16 * PAGE), PAGE);
	unmap(LARGE, pt_span(1));
	sim_page_gone(hpa(LARGE), pt_span(1));
	unmap(TABLE, pt_span(1));
	sim_page_gone(hpa(TABLE), pt_span(1));
	world_finish();
}

static void a_page_is_free_when_unmap_returns(uint64_t seed)
{
	for_each_shape(give_pages_back);
}

/* ---- Work --------------------------------------------------------------------------------------------------- */

/* Flushes cost: none where nothing was taken away, one for a run. */
static void count_flushes(void)
{
	start();
	unmap(12 * pt_span(1), pt_span(1));
	EXPECT(sim_work()->flushes == 0, "[FLUSH-NEEDLESS] did unmap a hole | got a flush | expected none");
	protect(12 * pt_span(1), pt_span(1));
	EXPECT(sim_work()->flushes == 0, "[FLUSH-NEEDLESS] did protect a hole | got a flush | expected none");
	unmap(TABLE, pt_span(1) / 2);
	EXPECT(sim_work()->flushes == 1, "[FLUSH-NEEDLESS] did change a run of pages | got %lu flushes | expected 1",
	       (unsigned long)sim_work()->flushes);
	sim_work_reset();
	protect(TABLE + pt_span(1) / 2, pt_span(1) / 2);
	EXPECT(sim_work()->flushes == 1, "[FLUSH-NEEDLESS] did change a run of pages | got %lu flushes | expected 1",
	       (unsigned long)sim_work()->flushes);
	sim_work_reset();
	protect(TABLE + pt_span(1) / 2, pt_span(1) / 2);
	EXPECT(sim_work()->flushes == 0 && sim_work()->xchgs == 0,
	       "[RUN-REWRITES] did protect again, with the same rights | got entries written");
	world_finish();
}

static void flushes_are_few(uint64_t seed)
{
	for_each_shape(count_flushes);
}

static const struct check_case cases[] = {
	{ "an_unmapped_leaf_is_forgotten", an_unmapped_leaf_is_forgotten },
	{ "an_unlinked_table_is_forgotten", an_unlinked_table_is_forgotten },
	{ "a_part_of_a_large_leaf_is_forgotten", a_part_of_a_large_leaf_is_forgotten },
	{ "a_lost_right_is_forgotten", a_lost_right_is_forgotten },
	{ "a_remembered_fault_is_forgotten", a_remembered_fault_is_forgotten },
	{ "a_split_leaf_is_forgotten_when_it_matters", a_split_leaf_is_forgotten_when_it_matters },
	{ "cpus_that_have_left_forget_too", cpus_that_have_left_forget_too },
	{ "nothing_is_stale_in_a_yield", nothing_is_stale_in_a_yield },
	{ "a_walk_that_always_yields_ends", a_walk_that_always_yields_ends },
	{ "nothing_is_stale_after_a_failure", nothing_is_stale_after_a_failure },
	{ "a_page_is_free_when_unmap_returns", a_page_is_free_when_unmap_returns },
	{ "flushes_are_few", flushes_are_few },
};
CHECK_SUITE(suite_tlb, "tlb", cases);
