/*
 * tdp_iter: pt_iter with what guest memory needs - a lock, a duty to flush, and one place where entries change.
 *
 *	tdp_for_each(&it, root, range, HOST_EXCLUSIVE, &debt) {
 *		if (tdp_iter_yield(&it))
 *			continue;
 *		... look at it.at.entry, call one of the verbs ...
 *	}
 *	tdp_debt_pay(root, &debt);
 *
 * Verbs: tdp_iter_set() with the lock held exclusively, tdp_iter_try_set() with it shared, and runs (several adjacent
 * entries of one table).  All end in tdp_run_changed(), the choke point: it checks that the change is legal, gives
 * accessed and dirty of what is replaced to the host, and adds to counts and debt.
 *
 * A lost race (try_set false) and a yield need no jump: the step that follows looks at the same entry again, or walks
 * down from the root to the first address that was not visited.
 *
 * I1 Between a yield and the next step the entry is not there: its slot is NULL.
 * I2 A walk yields only after it has visited something since the last time, so it always ends.
 * I3 The debt covers every change that made a cached translation wrong, until it is paid.
 */
#ifndef MMU_TDP_TDP_ITER_H
#define MMU_TDP_TDP_ITER_H

#include "tdp.h"

/* What runs once an entry: inlined whatever it costs, so that what is the same for a whole run is worked out once. */
#define TDP_INLINE static inline __attribute__((always_inline))
#define TDP_RARE(condition) __builtin_expect(!!(condition), 0)

/* ---- Debt: what must be flushed, and what can be freed after that ----------------------------------------- */

#define TDP_DETACHED_MAX 16

struct tdp_debt {
	bool is_here;    /* what allows more than before is flushed on this CPU alone; stays when the debt is paid */
	ia_t start, end; /* hull of what changed; empty if start == end */
	enum host_flush_what what;
	int detached_count;
	struct tdp_detached {
		hpa_t table; /* with all that is below it */
		ia_t ia;
		int level;   /* of its entries */
	} detached[TDP_DETACHED_MAX];
};

static inline void tdp_debt_init(struct tdp_debt *debt)
{
	debt->is_here = false;
	debt->start = debt->end = ia(0);
	debt->what = HOST_FLUSH_HERE;
	debt->detached_count = 0;
}

static inline void tdp_debt_add(struct tdp_debt *debt, ia_t start, ia_t end, enum host_flush_what what)
{
	if (debt->start.raw == debt->end.raw) {
		debt->start = start;
		debt->end = end;
	}
	if (start.raw < debt->start.raw)
		debt->start = start;
	if (end.raw > debt->end.raw)
		debt->end = end;
	if (what > debt->what)
		debt->what = what;
}

/* Flush, then harvest and free the detached tables.  The lock is held. */
void tdp_debt_pay(struct tdp_root *root, struct tdp_debt *debt);

/* ---- The cursor ---------------------------------------------------------------------------------------- */

struct tdp_iter {
	struct pt_iter at;
	struct tdp_root *root;
	enum host_lock mode;
	struct tdp_debt *debt;
	enum tdp_step { TDP_STEP_ON, TDP_STEP_AGAIN, TDP_STEP_RESTART } step; /* what tdp_iter_next() does */
	ia_t visited; /* all below it has been visited since the last yield, or before */
};

static inline void tdp_iter_start(struct tdp_iter *it, struct tdp_root *root, struct tdp_range range,
				  enum host_lock mode, struct tdp_debt *debt)
{
	it->root = root;
	it->mode = mode;
	it->debt = debt;
	it->step = TDP_STEP_ON;
	it->visited = range.start;
	pt_iter_start(&it->at, &root->pt, range.start, range.end, 0);
}

static inline bool tdp_iter_is_done(const struct tdp_iter *it)
{
	return it->step != TDP_STEP_RESTART && pt_iter_is_done(&it->at);
}

/* LAB(2) begin tdp_iter_next */
static inline void tdp_iter_next(struct tdp_iter *it)
{
	enum tdp_step step = it->step;

	it->step = TDP_STEP_ON;
	switch (step) {
	case TDP_STEP_ON: pt_iter_next(&it->at); break;
	case TDP_STEP_AGAIN: break;
	case TDP_STEP_RESTART: pt_iter_restart(&it->at, it->visited); break;
	}
}
/* LAB(2) end */

/* The first address that the walk has not finished with: where it would have to go on. */
/* LAB(2) begin tdp_iter_unvisited */
static inline ia_t tdp_iter_unvisited(const struct tdp_iter *it)
{
	return it->at.entry.ia.raw > it->at.from.raw ? it->at.entry.ia : it->at.from;
}
/* LAB(2) end */

/*
 * Let others have the lock, if they want it: pay the debt, let go, take it again.  True: the caller goes to the next
 * step without touching the entry.
 */
bool tdp_iter_yield(struct tdp_iter *it);

#define tdp_for_each(it, root, range, mode, debt)                                                                      \
	for (tdp_iter_start(it, root, range, mode, debt); !tdp_iter_is_done(it); tdp_iter_next(it))

/* ---- The choke point ----------------------------------------------------------------------------------- */

/* A run: adjacent entries of one table that become the same kind of entry, for one reason. */
struct tdp_run {
	struct tdp_iter *it;
	pte_t *slot;          /* of the first */
	ia_t start;           /* of the first */
	int level;
	enum pte_kind becomes;
	bool stale;           /* rights that a CPU may have cached are wrong from here on */
	bool grown;           /* a CPU may refuse what is allowed from here on */
	uint64_t done;        /* entries written or passed */
	uint64_t passed;
	uint64_t leaves_gone; /* how many of the written were leaves, but for the marks */

	/* Leaves just before entry `done` that say the same of pages one behind the other; not told to the host yet. */
	uint64_t mark_count;
	hpa_t mark_page;   /* of the first */
	unsigned mark_ad;
	pte_t mark_next;   /* what the next one would be */
};

TDP_INLINE void tdp_run_begin(struct tdp_run *run, struct tdp_iter *it, enum pte_kind becomes)
{
	*run = (struct tdp_run){
		.it = it,
		.slot = it->at.entry.slot,
		.start = it->at.entry.ia,
		.level = it->at.entry.level,
		.becomes = becomes,
		.mark_next = pte_make_empty(),
	};
}

/* The address of entry i of the run. */
static inline ia_t tdp_run_ia(const struct tdp_run *run, uint64_t i)
{
	return ia_add(run->start, i << pt_level_shift(run->level));
}

/* Give what leaves have seen, if anything, to the host. */
void tdp_tell(struct tdp_root *root, ia_t at, hpa_t page, uint64_t size, unsigned ad);

TDP_INLINE void tdp_run_tell(struct tdp_run *run)
{
	tdp_tell(run->it->root, tdp_run_ia(run, run->done - run->mark_count), run->mark_page,
		 run->mark_count << pt_level_shift(run->level), run->mark_ad);
	run->leaves_gone += run->mark_count;
	run->mark_count = 0;
}

/* Entry `done` is no leaf: what comes behind it is nobody's neighbour. */
TDP_INLINE void tdp_run_gap(struct tdp_run *run)
{
	tdp_run_tell(run);
	run->mark_next = pte_make_empty();
}

/* The leaf at entry `done` was `old`, and `ad` of what it has seen would be lost.  Neighbours are told together. */
TDP_INLINE void tdp_run_mark(struct tdp_run *run, pte_t old, unsigned ad)
{
	if (TDP_RARE(!pte_same(old, run->mark_next) || ad != run->mark_ad)) {
		tdp_run_tell(run);
		run->mark_page = pte_leaf_hpa(old, run->level);
		run->mark_ad = ad;
		run->mark_next = old;
	}
	run->mark_next = pte_leaf_next(run->mark_next, run->level);
	run->mark_count++;
}

TDP_INLINE void tdp_run_leaf_kept(struct tdp_run *run, pte_t old, pte_t new)
{
	pt_prot_t before = pte_prot(old, run->level), after = pte_prot(new, run->level);
	unsigned gained = pte_ad(new) & ~pte_ad(old);
	unsigned lost = pte_ad(old) & ~pte_ad(new);

	if (pte_leaf_hpa(old, run->level).raw != pte_leaf_hpa(new, run->level).raw)
		host_bug(run->it->root->host, "tdp: a leaf became a leaf of another page",
			 tdp_run_ia(run, run->done).raw, pte_leaf_hpa(new, run->level).raw);
	if ((before & ~after) || lost)
		run->stale = true;
	if (PT_LESS_MAY_BE_CACHED && (before != after || gained))
		run->grown = true;
	tdp_run_mark(run, old, lost);
}

/*
 * The rules of change.  An entry that other CPUs may be using goes from table to leaf, or from one table to another,
 * only through empty; a frozen entry belongs to whoever froze it.
 */
TDP_INLINE void tdp_run_changed(struct tdp_run *run, enum pte_kind was, pte_t old, pte_t new)
{
	enum pte_kind is = run->becomes;

	if (was == PTE_LEAF && is == PTE_LEAF) {
		tdp_run_leaf_kept(run, old, new);
	} else if (was == PTE_LEAF) {
		tdp_run_mark(run, old, pte_same(old, run->mark_next) ? run->mark_ad : pte_ad(old));
	} else if (was == PTE_TABLE && is != PTE_EMPTY) {
		host_bug(run->it->root->host, "tdp: a table was overwritten", tdp_run_ia(run, run->done).raw,
			 run->level);
	} else if (PT_EMPTY_MAY_BE_CACHED && (is == PTE_LEAF || is == PTE_TABLE)) {
		run->grown = true; /* what was there translated nothing */
	}
	run->done++;
}

/* Write the next entry of the run, of which the caller knows, by the exclusive lock, what it `was`. */
TDP_INLINE void tdp_run_set(struct tdp_run *run, enum pte_kind was, pte_t pte)
{
	pte_t old = pt_write_xchg(run->slot + run->done, pte);

	if (TDP_RARE(was != PTE_LEAF))
		tdp_run_gap(run);
	tdp_run_changed(run, was, old, pte);
}

/*
 * Write the next entry of the run if it is empty.  False: it is not, and the run ends before it.  An MMIO mark is an
 * empty entry that says more; for the rules of change the two are the same.
 */
TDP_INLINE bool tdp_run_fill(struct tdp_run *run, pte_t pte)
{
	pte_t found = pte_make_empty();

	while (!pt_write_cas(run->slot + run->done, &found, pte))
		if (pte_kind(found, run->level) != PTE_EMPTY)
			return false;
	tdp_run_changed(run, PTE_EMPTY, pte_make_empty(), pte);
	return true;
}

/* Leave the next entry of the run as it is. */
TDP_INLINE void tdp_run_pass(struct tdp_run *run)
{
	tdp_run_gap(run);
	run->done++;
	run->passed++;
}

static inline void tdp_count(struct tdp_iter *it, uint64_t *counter, int64_t delta)
{
	if (it->mode == HOST_SHARED)
		__atomic_fetch_add(counter, delta, __ATOMIC_RELAXED);
	else
		*counter += delta;
}

/* What is due once a run: counts, debt, trace. */
TDP_INLINE void tdp_run_settle(struct tdp_run *run)
{
	uint64_t leaves_made = run->becomes == PTE_LEAF ? run->done - run->passed : 0;
	struct tdp_iter *it = run->it;

	tdp_run_tell(run);
	if (leaves_made != run->leaves_gone)
		tdp_count(it, &it->root->leaf_count[run->level], leaves_made - run->leaves_gone);
	if (run->stale || (run->leaves_gone && run->becomes != PTE_LEAF) || (run->grown && !it->debt->is_here))
		tdp_debt_add(it->debt, run->start, tdp_run_ia(run, run->done), HOST_FLUSH_LEAVES);
	else if (run->grown)
		tdp_debt_add(it->debt, it->at.start, it->at.end, HOST_FLUSH_HERE);
	host_trace(it->root->host, HOST_TRACE_SET, run->start, run->level, run->done);
}

/* The end of a run of at least one entry: the cursor stands on the last one. */
TDP_INLINE void tdp_run_end(struct tdp_run *run)
{
	tdp_run_settle(run);
	pt_iter_seek(&run->it->at, tdp_run_ia(run, run->done - 1));
}

/* Replace the cursor's entry.  Exclusive lock. */
static inline void tdp_iter_set(struct tdp_iter *it, pte_t pte)
{
	int level = it->at.entry.level;
	struct tdp_run run;
	pte_t old;

	tdp_run_begin(&run, it, pte_kind(pte, level));
	old = pt_write_xchg(run.slot, pte);
	tdp_run_changed(&run, pte_kind(old, level), old, pte);
	tdp_run_settle(&run);
	it->at.entry.pte = pte;
}

/* Replace it if it still is what the snapshot says.  Shared lock.  False: go to the next step, which looks again. */
/* LAB(7) begin tdp_iter_try_set */
static inline bool tdp_iter_try_set(struct tdp_iter *it, pte_t pte)
{
	struct pt_entry old = it->at.entry;
	struct tdp_run run;

	tdp_run_begin(&run, it, pte_kind(pte, old.level));
	if (!pt_iter_cas(&it->at, pte)) {
		it->step = TDP_STEP_AGAIN;
		return false;
	}
	tdp_run_changed(&run, pt_entry_kind(&old), old.pte, pte);
	tdp_run_settle(&run);
	return true;
}
/* LAB(7) end */

/* Unlink the table that the cursor's entry leads to; it is freed when the debt is paid.  Exclusive lock. */
void tdp_iter_detach(struct tdp_iter *it);

#endif
