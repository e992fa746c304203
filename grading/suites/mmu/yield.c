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

/* The first address that the walk has not finished with, as the contract has it. */
static uint64_t unvisited(void)
{
	const struct pt_iter *at = &walk_now.it.at;

	return at->entry.ia.raw > at->from.raw ? at->entry.ia.raw : at->from.raw;
}

/*
 * Yields are due where somebody wants the lock, at question `wanted_at` (0: never; ALWAYS), and the walk has come
 * further.  Whether it looks at that first or asks first is its own affair.
 */
#define ALWAYS UINT64_MAX

static bool yield_here(uint64_t wanted_at)
{
	bool has_progress = unvisited() > walk_now.it.visited.raw;
	uint64_t before = sim_work()->questions, after;
	bool yielded = tdp_iter_yield(&walk_now.it), is_wanted;

	after = sim_work()->questions;
	is_wanted = wanted_at == ALWAYS || (before < wanted_at && wanted_at <= after);
	EXPECT(is_wanted || !yielded, "[ITER-YIELD-ALWAYS] did walk, and nobody wants the lock | got a yield");
	EXPECT(has_progress || !yielded,
	       "[ITER-NO-PROGRESS] did yield, at 0x%lx, and soon again | got a yield, and nothing visited since | "
	       "expected "
	       "none", (unsigned long)unvisited());
	EXPECT(yielded || !is_wanted || !has_progress,
	       "[ITER-YIELD-NEVER] did walk to 0x%lx, somebody wants the lock, last yield at 0x%lx | got false, "
	       "after %lu "
	       "questions | expected a yield", (unsigned long)unvisited(), (unsigned long)walk_now.it.visited.raw,
	       (unsigned long)after);
	return yielded;
}

/* The step after a yield begins at the root, at what was not visited, and the range is what it was. */
static void expect_restart(void)
{
	const struct pt_iter *at = &walk_now.it.at;
	int top = pt_top(at->pt);
	uint64_t first = pt_align_down(walk_now.it.visited.raw, top);

	EXPECT(at->entry.level == top && at->entry.ia.raw == first,
	       "[ITER-YIELD-LOSES] did a step after a yield at 0x%lx | got level %d, 0x%lx | expected the root's "
	       "entry, level "
	       "%d, 0x%lx", (unsigned long)walk_now.it.visited.raw, at->entry.level, (unsigned long)at->entry.ia.raw,
	       top,
	       (unsigned long)first);
	EXPECT(at->start.raw == range().start.raw && at->end.raw == range().end.raw,
	       "[ITER-INSIDE] did a step after a yield | got the range 0x%lx-0x%lx | expected 0x%lx-0x%lx, as before",
	       (unsigned long)at->start.raw, (unsigned long)at->end.raw, (unsigned long)range().start.raw,
	       (unsigned long)range().end.raw);
	EXPECT(tdp_iter_unvisited(&walk_now.it).raw == walk_now.it.visited.raw,
	       "[ITER-YIELD-REPEATS] did a step after a yield, ask tdp_iter_unvisited() | got 0x%lx | expected 0x%lx",
	       (unsigned long)tdp_iter_unvisited(&walk_now.it).raw, (unsigned long)walk_now.it.visited.raw);
}

/* Returns how often it yielded. */
static uint64_t walk_pages(uint64_t wanted_at)
{
	struct tdp_iter *it = &walk_now.it;
	uint64_t visited = range().start.raw, yields = 0;
	bool has_yielded = false;
	int found = 0;

	tdp_for_each(it, &world.root, range(), walk_now.mode, &walk_now.debt) {
		if (has_yielded)
			expect_restart();
		has_yielded = yield_here(wanted_at);
		if (has_yielded) {
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
	walk_pages(0);
	questions = sim_work()->questions;
	EXPECT(questions > 0, "[ITER-YIELD-NEVER] did walk | got no question whether somebody wants the lock");
	finish();
	for (uint64_t n = 1; n <= questions; n += n < 12 ? 1 : 1 + questions / much(8, 60)) {
		start(HOST_EXCLUSIVE);
		sim_yield_plan(SIM_YIELD_AT, n);
		walk_pages(n);
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
	EXPECT(walk_pages(ALWAYS) > pt_entry_count(&world.root.pt, 0),
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

/* Some steps into the range, owing something.  As long as nobody wants the lock, nothing happens. */
static bool yield_in_debt(void)
{
	struct tdp_iter *it = &walk_now.it;

	tdp_iter_start(it, &world.root, range(), walk_now.mode, &walk_now.debt);
	EXPECT(tdp_iter_unvisited(it).raw == range().start.raw,
	       "[ITER-YIELD-REPEATS] did begin a walk, ask tdp_iter_unvisited() | got 0x%lx | expected 0x%lx, the "
	       "start",
	       (unsigned long)tdp_iter_unvisited(it).raw, (unsigned long)range().start.raw);
	for (int i = 0; i < 8; i++)
		pt_iter_next(&it->at);
	tdp_debt_add(&walk_now.debt, range().start, range().end, HOST_FLUSH_LEAVES);
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	sim_work_reset();
	EXPECT(!tdp_iter_yield(it) && sim_work()->flushes == 0,
	       "[ITER-YIELD-ALWAYS] did ask for a yield, nobody wants the lock | got a yield, or %lu flushes | "
	       "expected "
	       "nothing, the debt unpaid", (unsigned long)sim_work()->flushes);
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
		EXPECT(walk_now.it.step == TDP_STEP_RESTART,
		       "[ITER-YIELD-LOSES] did yield | got no restart noted in `step` | expected TDP_STEP_RESTART");
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
