/*
 * tdp_iter: a walk that lets others have the lock goes on where it was, owes nothing meanwhile, and ends.
 *
 * Nothing is changed here, so what has to be visited is known before: the pages of a small tree, each once, in order.
 */
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)
#define AREA (4 * pt_span(1))

/* What is mapped, behind AREA: inside of a table, at its end, at the next one's start, and behind a hole. */
static uint64_t page_at(int i)
{
	const uint64_t pages[] = { PAGE, 2 * PAGE, pt_span(1) - PAGE, pt_span(1), 3 * pt_span(1) + PAGE };

	return i < 5 ? AREA + pages[i] : 0;
}

static struct {
	enum host_lock mode;
	struct tdp_iter it;
	struct tdp_debt debt;
	uint64_t flushes_in_gap;
	bool was_free; /* the lock, in the last gap */
} walk_now;

static void start(enum host_lock mode)
{
	world_start();
	for (int i = 0; page_at(i); i++)
		EXPECT(world_map(page_at(i), page_at(i) + PAGE, 16 * PAGE + page_at(i), 0, 0) == 0, "map a page");
	walk_now.mode = mode;
	tdp_debt_init(&walk_now.debt);
	sim_work_reset();
	host_lock(world.host, mode);
}

static void finish(void)
{
	host_unlock(world.host, walk_now.mode);
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	sim_yield_gap(NULL, NULL);
	world_finish();
}

static struct tdp_range range(void)
{
	return (struct tdp_range){ ia(AREA - PAGE), ia(AREA + 4 * pt_span(1)) };
}

/* ---- Walks -------------------------------------------------------------------------------------------------- */

static void expect_page(int i)
{
	unsigned long at = walk_now.it.at.entry.ia.raw, wanted = page_at(i);

	EXPECT(wanted && at <= wanted,
	       "[ITER-YIELD-LOSES] did walk, with yields | got page 0x%lx | expected 0x%lx (0x0: none)", at,
	       wanted);
	EXPECT(at == wanted, "[ITER-YIELD-REPEATS] did walk, with yields | got page 0x%lx again | expected 0x%lx", at,
	       wanted);
}

/* After a yield the walk has come further than at the one before. */
static uint64_t expect_progress(uint64_t before)
{
	const struct tdp_iter *it = &walk_now.it;

	EXPECT(it->visited.raw > before,
	       "[ITER-NO-PROGRESS] did yield | got `visited` 0x%lx after 0x%lx | expected more each time",
	       (unsigned long)it->visited.raw, (unsigned long)before);
	return it->visited.raw;
}

/* Returns how often it yielded. */
static uint64_t walk_pages(void)
{
	struct tdp_iter *it = &walk_now.it;
	uint64_t visited = range().start.raw, yields = 0;
	int found = 0;

	tdp_for_each(it, &world.root, range(), walk_now.mode, &walk_now.debt) {
		if (tdp_iter_yield(it)) {
			visited = expect_progress(visited);
			yields++;
			continue;
		}
		if (pt_entry_kind(&it->at.entry) == PTE_LEAF)
			expect_page(found++);
	}
	EXPECT(!page_at(found), "[ITER-YIELD-LOSES] did walk, with %lu yields | got the end | expected page 0x%lx",
	       (unsigned long)yields, (unsigned long)page_at(found));
	return yields;
}

static void yield_once(void)
{
	uint64_t questions;

	start(HOST_EXCLUSIVE);
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	EXPECT(walk_pages() == 0, "[ITER-YIELD-ALWAYS] did walk, and nobody wants the lock | got a yield");
	questions = sim_work()->questions;
	EXPECT(questions > 0, "[ITER-YIELD-NEVER] did walk | got no question whether somebody wants the lock");
	finish();
	for (uint64_t n = 1; n <= questions; n += n < 12 ? 1 : 1 + questions / much(8, 60)) {
		start(HOST_EXCLUSIVE);
		sim_yield_plan(SIM_YIELD_AT, n);
		EXPECT(walk_pages() == 1,
		       "[ITER-YIELD-NEVER] did walk, somebody wants the lock once | got no yield, or more");
		finish();
	}
}

static void nothing_is_left_out_or_twice(uint64_t seed)
{
	for_each_shape(yield_once);
}

/* However many wait: each time an entry more. */
static void yield_always(void)
{
	start(HOST_SHARED);
	sim_yield_plan(SIM_YIELD_ALWAYS, 0);
	EXPECT(walk_pages() > pt_entry_count(&world.root.pt, 0),
	       "[ITER-YIELD-NEVER] did walk, somebody always wants the lock | got fewer yields than entries");
	finish();
}

static void a_walk_ends_however_many_wait(uint64_t seed)
{
	for_each_shape(yield_always);
}

/* ---- In between ---------------------------------------------------------------------------------------------- */

static void gap(void *unused)
{
	walk_now.flushes_in_gap = sim_work()->flushes;
	walk_now.was_free = sim_lock_is_free();
}

/* Two steps into the range, owing something. */
static bool yield_in_debt(void)
{
	struct tdp_iter *it = &walk_now.it;

	tdp_iter_start(it, &world.root, range(), walk_now.mode, &walk_now.debt);
	for (int i = 0; i < 8; i++)
		pt_iter_next(&it->at);
	tdp_debt_add(&walk_now.debt, range().start, range().end, HOST_FLUSH_LEAVES);
	sim_yield_gap(gap, NULL);
	sim_yield_plan(SIM_YIELD_ALWAYS, 0);
	return tdp_iter_yield(it);
}

static void let_go(void)
{
	for (enum host_lock mode = HOST_SHARED;; mode = HOST_EXCLUSIVE) {
		start(mode);
		walk_now.was_free = false;
		EXPECT(yield_in_debt(), "[ITER-YIELD-NEVER] did ask for a yield, somebody wants the lock | got false");
		EXPECT(walk_now.was_free, "[ITER-YIELD-LOCK] did yield | got the lock still held meanwhile");
		EXPECT(walk_now.flushes_in_gap > 0,
		       "[ITER-YIELD-DEBT] did yield, owing a flush | got the lock let go before it was paid");
		EXPECT(host_lock_is_held(world.host, mode),
		       "[ITER-YIELD-LOCK] did yield | got no lock afterwards | expected it as before");
		EXPECT(mode == HOST_EXCLUSIVE || !host_lock_is_held(world.host, HOST_EXCLUSIVE),
		       "[ITER-YIELD-LOCK] did yield, lock held shared | got it exclusively afterwards");
		EXPECT(!walk_now.it.at.entry.slot,
		       "[ITER-YIELD-SLOT] did yield | got a slot that may be freed memory by now | expected NULL (I1)");
		EXPECT(!tdp_iter_is_done(&walk_now.it), "[ITER-YIELD-LOSES] did yield | got a walk that is done");
		finish();
		if (mode == HOST_EXCLUSIVE)
			return;
	}
}

static void others_have_the_lock_meanwhile(uint64_t seed)
{
	for_each_shape(let_go);
}

/* A step after a lost race stands where it stood. */
static void lose_a_race(void)
{
	struct tdp_iter *it = &walk_now.it;
	struct pt_entry before;

	start(HOST_EXCLUSIVE);
	tdp_iter_start(it, &world.root, range(), walk_now.mode, &walk_now.debt);
	for (int i = 0; i < 8; i++)
		tdp_iter_next(it);
	before = it->at.entry;
	it->step = TDP_STEP_AGAIN;
	tdp_iter_next(it);
	EXPECT(it->at.entry.ia.raw == before.ia.raw && it->at.entry.level == before.level,
	       "[ITER-STEP-AGAIN] did a step after a lost race | got level %d, 0x%lx | expected again level %d, 0x%lx",
	       it->at.entry.level, (unsigned long)it->at.entry.ia.raw, before.level, (unsigned long)before.ia.raw);
	tdp_iter_next(it);
	EXPECT(it->at.entry.ia.raw != before.ia.raw || it->at.entry.level != before.level,
	       "[ITER-STEP-AGAIN] did a second step after a lost race | got the same entry once more");
	finish();
}

static void a_lost_race_looks_again(uint64_t seed)
{
	for_each_shape(lose_a_race);
}

static const struct check_case cases[] = {
	{ "a_lost_race_looks_again", a_lost_race_looks_again },
	{ "others_have_the_lock_meanwhile", others_have_the_lock_meanwhile },
	{ "nothing_is_left_out_or_twice", nothing_is_left_out_or_twice },
	{ "a_walk_ends_however_many_wait", a_walk_ends_however_many_wait },
};
CHECK_SUITE(suite_yield, "yield", cases);
