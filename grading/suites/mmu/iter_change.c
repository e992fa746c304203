/*
 * The cursor, and what changes below it: lost races, atomic changes, and runs of entries.
 *
 * Another CPU writes the entry just before the n-th access that the cursor makes to it, for each n.  Whatever comes of
 * that, nothing that was written is lost, and the cursor says what became of its own change.
 */
#include "grading/suites/mmu/iter_change.h"
#include "grading/sim/mem.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/tree.h"

/* ---- Races ------------------------------------------------------------------------------------------------ */

static void lose_a_race(void)
{
	struct pt_iter it;
	struct pt pt;
	pte_t other;

	machine_start();
	pt = tree_make();
	other = tree_leaf(0, 7);
	tree_set(&pt, ia(0), 0, tree_leaf(0, 5));
	pt_for_each(&it, &pt, ia(0), ia(pt_span(0)), 0) {
		if (it.entry.level > 0)
			continue;
		*it.entry.slot = other;
		EXPECT(!pt_iter_cas(&it, pte_make_empty()),
		       "[ITER-CAS] did compare-and-swap of an entry that has changed | got true");
		EXPECT(pte_same(*it.entry.slot, other),
		       "[ITER-CAS] did lose a race | got an entry that was written nevertheless");
		EXPECT(pte_same(it.entry.pte, other),
		       "[ITER-CAS] did lose a race | got the old snapshot | expected what is there now");
		*it.entry.slot = tree_leaf(0, 9);
		pt_iter_reload(&it);
		EXPECT(pte_same(it.entry.pte, tree_leaf(0, 9)), "[ITER-SNAPSHOT] reload reads the entry");
		*it.entry.slot = other;
		EXPECT(pte_same(pt_iter_xchg(&it, pte_make_empty()), other),
		       "[ITER-CAS] did exchange a changed entry | got the snapshot back | expected what was there");
	}
}

#define OLD   tree_leaf(0, 5)
#define NEW   tree_leaf(0, 6)
#define OTHER tree_leaf(0, 7)

static struct {
	pte_t *slot;
	uint64_t left;   /* accesses until the other CPU writes; 0: it does not, or has */
	bool has_other;  /* the other CPU has written */
	pte_t was;       /* what it replaced */
	bool is_written; /* the cursor has made an atomic write */
} race;

static void meddle(const void *slot, const char *what)
{
	if (slot != race.slot)
		return;
	if (race.left && --race.left == 0) {
		race.has_other = true;
		race.was = *race.slot;
		*race.slot = OTHER;
	}
	race.is_written |= what[0] != 'r';
}

/* On a page's entry, that another CPU writes before the n-th access. */
static void start_race(struct pt_iter *it, struct pt *pt, uint64_t n)
{
	machine_start();
	*pt = tree_make();
	tree_set(pt, ia(0), 0, OLD);
	pt_iter_start(it, pt, ia(0), ia(pt_span(0)), 0);
	while (it->entry.level > 0 && !pt_iter_is_done(it))
		pt_iter_next(it);
	race.slot = tree_slot(pt, ia(0), 0);
	race.left = n;
	race.has_other = race.is_written = false;
	EXPECT(it->entry.slot == race.slot, "[ITER-NOT-ENTERED] did walk one page | got no visit of its entry");
	machine_watch(meddle);
}

/* The other CPU wrote before the cursor did. */
static bool other_was_first(void)
{
	return race.has_other && !pte_same(race.was, NEW);
}

static void race_with_cas(unsigned long n)
{
	struct pt_iter it;
	struct pt pt;
	bool won;

	start_race(&it, &pt, n);
	won = pt_iter_cas(&it, NEW);
	machine_watch(NULL);
	EXPECT(won || race.has_other,
	       "[ITER-CAS] did compare-and-swap, nobody else changed it | got false | expected true");
	EXPECT(!won || race.is_written,
	       "[ITER-NOT-ATOMIC] did compare-and-swap | got true, and no call of pt_write_cas()");
	EXPECT(!won || !other_was_first(),
	       "[ITER-NOT-ATOMIC] did compare-and-swap, another CPU wrote before access %lu | got true, and what it "
	       "wrote is "
	       "lost | expected false", n);
	EXPECT(!won || pte_same(it.entry.pte, NEW),
	       "[ITER-NOT-ATOMIC] did compare-and-swap, another CPU wrote after it | got true, and that CPU's value "
	       "in the "
	       "snapshot | expected the new value: it was what the cursor wrote");
	EXPECT(won || (pte_same(*race.slot, OTHER) && pte_same(it.entry.pte, OTHER)),
	       "[ITER-CAS] did lose a race | got another entry or snapshot | expected what the other CPU wrote");
}

static void race_with_xchg(unsigned long n)
{
	struct pt_iter it;
	struct pt pt;
	pte_t old;

	start_race(&it, &pt, n);
	old = pt_iter_xchg(&it, NEW);
	machine_watch(NULL);
	EXPECT(race.is_written, "[ITER-NOT-ATOMIC] did exchange | got no call of pt_write_xchg()");
	EXPECT(pte_same(old, other_was_first() ? OTHER : OLD),
	       "[ITER-NOT-ATOMIC] did exchange, another CPU wrote before access %lu | got back what was there "
	       "earlier | "
	       "expected what was replaced", n);
	EXPECT(pte_same(it.entry.pte, NEW) || pte_same(it.entry.pte, *race.slot),
	       "[ITER-STALE] did exchange | got a snapshot of the old value | expected the new");
}

void iter_change_races(void)
{
	shape = (struct shape){ PT_LEVELS_MIN, PT_ROOT_EXTRA_MIN };
	while (!pt_shape_ok(shape.levels, shape.extra))
		shape.extra++;
	lose_a_race();
	for (unsigned long n = 0; n < 5; n++) {
		race_with_cas(n);
		race_with_xchg(n);
	}
}

/* ---- Runs of entries -------------------------------------------------------------------------------------- */

static void expect_left(const struct pt_iter *it, ia_t end, uint64_t wanted)
{
	EXPECT(pt_iter_left(it, end) == wanted,
	       "[ITER-LEFT] did stand on 0x%lx of a table of %lu, ask pt_iter_left(0x%lx) | got %lu | expected %lu",
	       (unsigned long)it->entry.ia.raw, (unsigned long)pt_entry_count(it->pt, it->entry.level),
	       (unsigned long)end.raw, (unsigned long)pt_iter_left(it, end), (unsigned long)wanted);
}

static void seek_in_table(void)
{
	struct pt_iter it;
	struct pt pt;

	machine_start();
	pt = tree_make();
	tree_set(&pt, ia(pt_span(0) * 5), 0, tree_leaf(0, 1));
	pt_iter_start(&it, &pt, ia(pt_span(0) * 3), ia(pt_span(1) + pt_span(0)), 0);
	while (it.entry.level > 0 && !pt_iter_is_done(&it))
		pt_iter_next(&it);
	EXPECT(it.entry.ia.raw == pt_span(0) * 3, "[ITER-BEFORE-START] the walk starts at the range's start");
	expect_left(&it, it.end, pt_entry_count(&pt, 0) - 3);
	expect_left(&it, ia(pt_span(0) * 10), 7);
	expect_left(&it, ia(pt_span(0) * 10 - 1), 7);
	expect_left(&it, ia(pt_span(0) * 4), 1);
	pt_iter_seek(&it, ia(pt_span(0) * 5));
	EXPECT(it.entry.slot == tree_slot(&pt, ia(pt_span(0) * 5), 0), "[ITER-SNAPSHOT] seek goes to the entry");
	EXPECT(pt_entry_kind(&it.entry) == PTE_LEAF, "[ITER-SNAPSHOT] seek reads the entry");
	pt_iter_seek(&it, ia(pt_span(1) - pt_span(0)));
	expect_left(&it, it.end, 1);
	pt_iter_next(&it);
	EXPECT(it.entry.level == 1 && it.entry.ia.raw == pt_span(1),
	       "[ITER-ORDER] did a step from a table's last entry | got level %d, 0x%lx | expected its neighbour above",
	       it.entry.level, (unsigned long)it.entry.ia.raw);
	expect_left(&it, it.end, 1);
	pt_iter_next(&it);
	EXPECT(pt_iter_is_done(&it), "[ITER-END-PASSED] the walk ends behind the range");
}

/* A root may have more entries than other tables, and spans more than an int counts. */
static void left_in_root(void)
{
	struct pt_iter it;
	uint64_t count, i, span;
	struct pt pt;

	machine_start();
	pt = tree_make();
	count = pt_entry_count(&pt, pt_top(&pt));
	span = pt_span(pt_top(&pt));
	for (i = 0; i + 3 <= count; i += 1 + count / 4) {
		pt_iter_start(&it, &pt, ia(i * span), ia(count * span), 0);
		expect_left(&it, it.end, count - i);
		expect_left(&it, ia((i + 2) * span + pt_span(0)), 3);
		expect_left(&it, ia(i * span + pt_span(0)), 1);
	}
}

void iter_change_left(void)
{
	seek_in_table();
	left_in_root();
}
