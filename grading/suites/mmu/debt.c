/*
 * Paying: what an operation owes is flushed, and only then what it cut off is harvested and freed.
 *
 * Trees are made and cut entry by entry here, so that nothing is needed but what is tested: tdp_debt_pay(),
 * tdp_iter_detach() and what frees a table.
 */
#include "grading/explore/attempt.h"
#include "grading/sim/dirty.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)
#define AREA (4 * pt_span(1))

static struct tdp_debt debt;

/* The lock is held, nothing is owed. */
static void start(void)
{
	world_start();
	tdp_debt_init(&debt);
	host_lock(world.host, HOST_EXCLUSIVE);
	sim_work_reset();
}

/* The tree is empty: nothing but its root is freed. */
static void finish(void)
{
	host_unlock(world.host, HOST_EXCLUSIVE);
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		sim_cpu_leave(cpu);
	tdp_root_close(&world.root);
	sim_finish();
}

/* ---- Paying ------------------------------------------------------------------------------------------------ */

static const char *const what_names[] = { "this CPU's", "leaves", "all" };

static void expect_paid(uint64_t start, uint64_t end, enum host_flush_what what)
{
	struct sim_flush_call call;

	EXPECT(sim_work()->flushes > 0,
	       "[FLUSH-MISSING] did tdp_debt_pay, owing [0x%lx, 0x%lx) | got no flush | expected one host_flush()",
	       (unsigned long)start, (unsigned long)end);
	EXPECT(sim_work()->flushes == 1, "[FLUSH-NEEDLESS] did tdp_debt_pay once | got %lu flushes | expected 1",
	       (unsigned long)sim_work()->flushes);
	sim_flush_call(0, &call);
	EXPECT(call.start.raw == start && call.end.raw == end && call.what == what,
	       "[FLUSH-WRONG-RANGE] did tdp_debt_pay | got a flush of [0x%lx, 0x%lx), %s | expected [0x%lx, 0x%lx), %s",
	       (unsigned long)call.start.raw, (unsigned long)call.end.raw, what_names[call.what % 3],
	       (unsigned long)start, (unsigned long)end, what_names[what]);
}

static void pay(void)
{
	start();
	tdp_debt_add(&debt, ia(8 * PAGE), ia(9 * PAGE), HOST_FLUSH_LEAVES);
	tdp_debt_add(&debt, ia(2 * PAGE), ia(4 * PAGE), HOST_FLUSH_LEAVES);
	tdp_debt_pay(&world.root, &debt);
	expect_paid(2 * PAGE, 9 * PAGE, HOST_FLUSH_LEAVES);
	sim_work_reset();
	tdp_debt_add(&debt, ia(PAGE), ia(2 * PAGE), HOST_FLUSH_HERE);
	tdp_debt_add(&debt, ia(0), ia(PAGE), HOST_FLUSH_ALL);
	tdp_debt_add(&debt, ia(0), ia(PAGE), HOST_FLUSH_LEAVES);
	tdp_debt_pay(&world.root, &debt);
	expect_paid(0, 2 * PAGE, HOST_FLUSH_ALL);
	finish();
}

static void what_is_owed_is_flushed(uint64_t seed)
{
	for_each_shape(pay);
}

static void pay_nothing(void)
{
	start();
	tdp_debt_pay(&world.root, &debt);
	EXPECT(sim_work()->flushes == 0,
	       "[FLUSH-NEEDLESS] did tdp_debt_pay, owing nothing | got %lu flushes | expected 0",
	       (unsigned long)sim_work()->flushes);
	finish();
}

static void who_owes_nothing_flushes_nothing(uint64_t seed)
{
	for_each_shape(pay_nothing);
}

/* Where a fault is, is no part of what is paid. */
static void pay_twice(void)
{
	start();
	debt.is_here = true;
	tdp_debt_add(&debt, ia(PAGE), ia(2 * PAGE), HOST_FLUSH_LEAVES);
	tdp_debt_pay(&world.root, &debt);
	tdp_debt_pay(&world.root, &debt);
	EXPECT(sim_work()->flushes == 1, "[DEBT-NOT-CLEARED] did tdp_debt_pay twice | got %lu flushes | expected 1",
	       (unsigned long)sim_work()->flushes);
	EXPECT(debt.start.raw == debt.end.raw && debt.what == HOST_FLUSH_HERE,
	       "[DEBT-NOT-CLEARED] did tdp_debt_pay | got a debt of [0x%lx, 0x%lx) | expected none",
	       (unsigned long)debt.start.raw, (unsigned long)debt.end.raw);
	EXPECT(debt.is_here, "[DEBT-HERE-LOST] did tdp_debt_pay | got is_here false | expected it as it was");
	finish();
}

static void what_is_paid_is_owed_no_more(uint64_t seed)
{
	for_each_shape(pay_twice);
}

/* ---- Tables ------------------------------------------------------------------------------------------------ */

static pt_prot_t prot_of_pages(void)
{
	pt_prot_t prot;

	world_prot(0, &prot);
	return prot;
}

/* A page, with the tables that lead to it; CPUs have seen that nothing was there, so it is paid. */
static void put_page(uint64_t at, uint64_t page)
{
	struct tdp_range range = { ia(at), ia(at + PAGE) };
	struct tdp_iter it;

	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, &debt) {
		int level = it.at.entry.level;

		if (level == 0)
			tdp_iter_set(&it, pte_make_leaf(hpa(page), level, prot_of_pages()));
		else if (pt_entry_kind(&it.at.entry) == PTE_EMPTY)
			tdp_iter_set(&it, pte_make_table(tdp_table_alloc(it.root, level - 1)));
	}
	tdp_debt_pay(&world.root, &debt);
}

/* Cut off every table that lies in the range. */
static void cut_off(uint64_t start, uint64_t end)
{
	struct tdp_range range = { ia(start), ia(end) };
	struct tdp_iter it;

	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, &debt)
		if (pt_entry_kind(&it.at.entry) == PTE_TABLE && pt_iter_is_inside(&it.at))
			tdp_iter_detach(&it);
}

static void cut_off_all(void)
{
	cut_off(0, pt_ia_end(&world.root.pt));
	tdp_debt_pay(&world.root, &debt);
}

static void expect_empty(const char *did)
{
	EXPECT(world.root.table_count == 1 && sim_mem_pages() == (uint64_t)1 << shape.extra,
	       "[TABLE-LEAKED] did %s | got %lu tables left, %lu counted | expected the root alone", did,
	       (unsigned long)(sim_mem_pages() - ((uint64_t)1 << shape.extra) + 1),
	       (unsigned long)world.root.table_count);
	EXPECT(world.root.leaf_count[0] == 0, "[COUNT-WRONG] did %s | got leaf_count[0] %lu | expected 0", did,
	       (unsigned long)world.root.leaf_count[0]);
}

/* Both CPUs remember the pages, and the tables that lead to them. */
static void touch_all(void)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++) {
		world_access(cpu, AREA, WALK_WRITE);
		world_access(cpu, AREA + 9 * PAGE, WALK_READ);
		world_access(cpu, 2 * AREA, WALK_READ);
	}
}

static void detach(void)
{
	start();
	put_page(AREA, 64 * PAGE);
	put_page(AREA + 9 * PAGE, 65 * PAGE);
	put_page(2 * AREA, 66 * PAGE);
	touch_all();
	cut_off(AREA, AREA + pt_span(1));
	EXPECT(!sim_mapping_of(world.root.pt.root, ia(AREA)).rights,
	       "[DETACH-STILL-LINKED] did tdp_iter_detach of the table at 0x%lx | got its pages still mapped",
	       (unsigned long)AREA);
	EXPECT(sim_work()->frees == 0, "[TABLE-FREED-EARLY] did tdp_iter_detach | got the table freed, not flushed");
	tdp_debt_pay(&world.root, &debt);
	EXPECT(sim_mapping_of(world.root.pt.root, ia(2 * AREA)).rights, "[UNMAP-TOO-MUCH] did tdp_iter_detach of the "
	       "table at 0x%lx | got the page at 0x%lx unmapped too", (unsigned long)AREA, (unsigned long)(2 * AREA));
	EXPECT(!world_access(1, AREA, WALK_READ),
	       "[TLB-STALE] did tdp_iter_detach, tdp_debt_pay | got cpu 1 still reads 0x%lx", (unsigned long)AREA);
	sim_check();
	cut_off_all();
	expect_empty("tdp_iter_detach of all tables");
	finish();
}

static void a_table_that_is_cut_off_is_flushed_then_freed(uint64_t seed)
{
	for_each_shape(detach);
}

/* More than the debt has room for: it is paid in between. */
static void detach_many(void)
{
	uint64_t count = 2 * TDP_DETACHED_MAX + 3;

	start();
	for (uint64_t i = 0; i < count; i++)
		put_page(i * pt_span(1), (64 + i) * PAGE);
	touch_all();
	for (uint64_t i = 0; i < count; i++)
		cut_off(i * pt_span(1), (i + 1) * pt_span(1));
	EXPECT(debt.detached_count <= TDP_DETACHED_MAX,
	       "[DETACH-OVERFLOW] did tdp_iter_detach %lu times | got %d tables in a debt that has room for %d",
	       (unsigned long)count, debt.detached_count, TDP_DETACHED_MAX);
	cut_off_all();
	expect_empty("tdp_iter_detach of many tables");
	finish();
}

static void more_tables_than_a_debt_can_hold_are_freed(uint64_t seed)
{
	for_each_shape(detach_many);
}

/* Page 0 was written, page 9 was read, and one of the next table was written. */
static void harvest(void)
{
	bool shows = walk_format.ad_modes & 1 << WALK_AD_SETS;

	start();
	put_page(AREA, 64 * PAGE);
	put_page(AREA + 9 * PAGE, 73 * PAGE);
	put_page(AREA + pt_span(1), 80 * PAGE);
	touch_all();
	world_access(0, AREA + pt_span(1), WALK_WRITE);
	sim_marks_reset();
	cut_off(AREA, AREA + 2 * pt_span(1));
	cut_off_all();
	EXPECT(sim_marks_of(hpa(64 * PAGE)) & PT_ACCESSED,
	       "[AD-LOST] did free a table whose page 0x%lx was accessed | got no host_page_mark() of it",
	       (unsigned long)(64 * PAGE));
	EXPECT(!shows || (sim_marks_of(hpa(64 * PAGE)) & PT_DIRTY),
	       "[AD-LOST] did free a table whose page 0x%lx was written | got no host_page_mark() with PT_DIRTY",
	       (unsigned long)(64 * PAGE));
	EXPECT(!sim_marks_of(hpa(65 * PAGE)) && !sim_marks_of(hpa(63 * PAGE)),
	       "[AD-WRONG-PAGE] did free a table | got host_page_mark() of a page that it did not map");
	expect_empty("tdp_iter_detach of all tables");
	finish();
}

static void what_leaves_had_seen_is_told_when_their_table_goes(uint64_t seed)
{
	for_each_shape(harvest);
}

/* As if the page had not been used yet. */
static void forget_history(uint64_t at)
{
	struct pt_iter it;

	pt_for_each(&it, &world.root.pt, ia(at), ia(at + PAGE), 0)
		if (pt_entry_kind(&it.entry) == PTE_LEAF)
			pt_iter_xchg(&it, pte_set_ad(it.entry.pte, 0));
	host_flush(world.host, world.root.hardware, ia(at), ia(at + PAGE), HOST_FLUSH_LEAVES);
}

/*
 * Hardware writes through a table that is cut off until it is flushed.  Where it does not say so in the entry, a page
 * with no history cannot be written to, and this one has been written to before.
 */
static void write_late(void)
{
	start();
	put_page(AREA, 64 * PAGE);
	if (walk_format.ad_modes & 1 << WALK_AD_SETS)
		forget_history(AREA);
	world_access(0, AREA, WALK_READ);
	cut_off(AREA, AREA + pt_span(1));
	EXPECT(world_access(0, AREA, WALK_WRITE), "a write by what the cpu remembers");
	tdp_debt_pay(&world.root, &debt);
	sim_check();
	cut_off_all();
	expect_empty("tdp_iter_detach of all tables");
	finish();
}

static void a_write_before_the_flush_is_not_lost(uint64_t seed)
{
	for_each_shape(write_late);
}

static void detach_with(void *unused)
{
	struct tdp_range range = { ia(AREA), ia(AREA + PAGE) };
	struct tdp_iter it;

	tdp_for_each(&it, &world.root, range, HOST_SHARED, &debt)
		if (it.at.entry.level == 1)
			tdp_iter_detach(&it);
}

static bool contains(const char *text, const char *part)
{
	int i = 0;

	for (; *text && part[i]; text++)
		i = *text == part[i] ? i + 1 : *text == part[0];
	return !part[i];
}

static void detach_shared(void)
{
	const char *text;

	start();
	put_page(AREA, 64 * PAGE);
	host_unlock(world.host, HOST_EXCLUSIVE);
	host_lock(world.host, HOST_SHARED);
	text = attempt(detach_with, NULL);
	EXPECT(text && contains(text, "the MMU stops"),
	       "[DETACH-SHARED] did tdp_iter_detach with the lock shared | got %s | expected host_bug()",
	       text ? text : "no complaint");
}

static void nobody_cuts_off_a_table_while_others_walk(uint64_t seed)
{
	for_each_shape(detach_shared);
}

static const struct check_case cases[] = {
	{ "who_owes_nothing_flushes_nothing", who_owes_nothing_flushes_nothing },
	{ "what_is_owed_is_flushed", what_is_owed_is_flushed },
	{ "what_is_paid_is_owed_no_more", what_is_paid_is_owed_no_more },
	{ "a_table_that_is_cut_off_is_flushed_then_freed", a_table_that_is_cut_off_is_flushed_then_freed },
	{ "more_tables_than_a_debt_can_hold_are_freed", more_tables_than_a_debt_can_hold_are_freed },
	{ "what_leaves_had_seen_is_told_when_their_table_goes", what_leaves_had_seen_is_told_when_their_table_goes },
	{ "a_write_before_the_flush_is_not_lost", a_write_before_the_flush_is_not_lost },
	{ "nobody_cuts_off_a_table_while_others_walk", nobody_cuts_off_a_table_while_others_walk },
};
CHECK_SUITE(suite_debt, "debt", cases);
