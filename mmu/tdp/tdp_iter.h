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

#include "mmu/tdp/tdp.h"

/* ---- Debt: what must be flushed, and what can be freed after that ----------------------------------------- */

#define TDP_DETACHED_MAX 16

struct tdp_debt {
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
	debt->start = debt->end = ia(0);
	debt->what = HOST_FLUSH_LEAVES;
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
	if (what == HOST_FLUSH_ALL)
		debt->what = HOST_FLUSH_ALL;
}

/* Flush, then harvest and free the detached tables.  The lock is held. */
void tdp_debt_pay(struct tdp_root *root, struct tdp_debt *debt);

/* ---- The cursor ---------------------------------------------------------------------------------------- */

struct tdp_range {
	ia_t start, end;
};

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
static inline ia_t tdp_iter_unvisited(const struct tdp_iter *it)
{
	return it->at.entry.ia.raw > it->at.from.raw ? it->at.entry.ia : it->at.from;
}

/*
 * Let others have the lock, if they want it: pay the debt, let go, take it again.  True: the caller goes to the next
 * step without touching the entry.
 */
bool tdp_iter_yield(struct tdp_iter *it);

#define tdp_for_each(it, root, range, mode, debt)                                                                      \
	for (tdp_iter_start(it, root, range, mode, debt); !tdp_iter_is_done(it); tdp_iter_next(it))

/* ---- The choke point ----------------------------------------------------------------------------------- */

/* A run: adjacent entries of one table that change for one reason. */
struct tdp_run {
	struct tdp_iter *it;
	pte_t *slot;         /* of the first */
	ia_t start;          /* of the first */
	int level;
	bool stale;          /* something that a CPU may have cached is wrong from here on */
	uint64_t done;       /* entries written or passed */
	int64_t leaf_delta;

	/* accessed or dirty pages that lie one behind the other, not told to the host yet */
	ia_t mark_at;
	hpa_t mark_page;
	uint64_t mark_size;
	unsigned mark_ad;
};

static inline void tdp_run_begin(struct tdp_run *run, struct tdp_iter *it)
{
	*run = (struct tdp_run){
		.it = it,
		.slot = it->at.entry.slot,
		.start = it->at.entry.ia,
		.level = it->at.entry.level,
	};
}

static inline void tdp_run_tell(struct tdp_run *run)
{
	if (run->mark_size)
		host_page_mark(run->it->root->host, run->mark_at, run->mark_page, run->mark_size, run->mark_ad);
	run->mark_size = 0;
}

/* Remember what a leaf has seen; neighbours that have seen the same are told together. */
static inline void tdp_run_mark(struct tdp_run *run, ia_t at, hpa_t page, unsigned ad)
{
	uint64_t span = pt_span(run->level);

	if (ad == 0)
		return;
	if (run->mark_size && ad == run->mark_ad && page.raw == run->mark_page.raw + run->mark_size &&
	    at.raw == run->mark_at.raw + run->mark_size) {
		run->mark_size += span;
		return;
	}
	tdp_run_tell(run);
	run->mark_at = at;
	run->mark_page = page;
	run->mark_size = span;
	run->mark_ad = ad;
}

/* A leaf became something else: what does that mean for caches, counts and the page? */
static inline void tdp_run_leaf_gone(struct tdp_run *run, ia_t at, pte_t old)
{
	run->leaf_delta--;
	run->stale = true;
	tdp_run_mark(run, at, pte_leaf_hpa(old, run->level), pte_ad(old));
}

static inline void tdp_run_leaf_kept(struct tdp_run *run, ia_t at, pte_t old, pte_t new)
{
	pt_prot_t before = pte_prot(old, run->level), after = pte_prot(new, run->level);
	unsigned lost = pte_ad(old) & ~pte_ad(new);

	if (pte_leaf_hpa(old, run->level).raw != pte_leaf_hpa(new, run->level).raw)
		host_bug(run->it->root->host, "tdp: a leaf became a leaf of another page", at.raw,
			 pte_leaf_hpa(new, run->level).raw);
	if ((before & ~after) || lost || (PT_LESS_MAY_BE_CACHED && before != after))
		run->stale = true;
	tdp_run_mark(run, at, pte_leaf_hpa(old, run->level), lost);
}

/*
 * The rules of change.  An entry that other CPUs may be using goes from table to leaf, or from one table to another,
 * only through empty; a frozen entry belongs to whoever froze it.
 */
static inline void tdp_run_changed(struct tdp_run *run, ia_t at, pte_t old, pte_t new)
{
	enum pte_kind was = pte_kind(old, run->level), is = pte_kind(new, run->level);

	if (was == PTE_LEAF && is == PTE_LEAF)
		tdp_run_leaf_kept(run, at, old, new);
	else if (was == PTE_LEAF)
		tdp_run_leaf_gone(run, at, old);
	else if (was == PTE_TABLE && is != PTE_EMPTY)
		host_bug(run->it->root->host, "tdp: a table was overwritten", at.raw, run->level);
	else if (PT_EMPTY_MAY_BE_CACHED && (is == PTE_LEAF || is == PTE_TABLE)) /* what was there translated nothing */
		run->stale = true;
	if (is == PTE_LEAF && was != PTE_LEAF)
		run->leaf_delta++;
}

/* Write the next entry of the run, whatever it is. */
static inline void tdp_run_set(struct tdp_run *run, pte_t pte)
{
	uint64_t i = run->done++;
	pte_t old = pt_write_xchg(run->slot + i, pte);

	tdp_run_changed(run, ia_add(run->start, i << pt_level_shift(run->level)), old, pte);
}

/* Leave the next entry of the run as it is. */
static inline void tdp_run_pass(struct tdp_run *run)
{
	run->done++;
}

static inline void tdp_count(struct tdp_iter *it, uint64_t *counter, int64_t delta)
{
	if (it->mode == HOST_SHARED)
		__atomic_fetch_add(counter, delta, __ATOMIC_RELAXED);
	else
		*counter += delta;
}

/* What is due once a run: counts, debt, trace. */
static inline void tdp_run_settle(struct tdp_run *run)
{
	struct tdp_iter *it = run->it;

	if (run->leaf_delta)
		tdp_count(it, &it->root->leaf_count[run->level], run->leaf_delta);
	if (run->stale)
		tdp_debt_add(it->debt, run->start, ia_add(run->start, run->done << pt_level_shift(run->level)),
			     HOST_FLUSH_LEAVES);
	tdp_run_tell(run);
	host_trace(it->root->host, HOST_TRACE_SET, run->start, run->level, run->done);
}

/* The end of a run of at least one entry: the cursor stands on the last one. */
static inline void tdp_run_end(struct tdp_run *run)
{
	tdp_run_settle(run);
	pt_iter_seek(&run->it->at, ia_add(run->start, (run->done - 1) << pt_level_shift(run->level)));
}

/* Replace the cursor's entry.  Exclusive lock. */
static inline void tdp_iter_set(struct tdp_iter *it, pte_t pte)
{
	struct tdp_run run;

	tdp_run_begin(&run, it);
	tdp_run_set(&run, pte);
	tdp_run_settle(&run);
	it->at.entry.pte = pte;
}

/* LAB(7) begin tdp_iter_try_set */
/* Replace it if it still is what the snapshot says.  Shared lock.  False: go to the next step, which looks again. */
static inline bool tdp_iter_try_set(struct tdp_iter *it, pte_t pte)
{
	pte_t old = it->at.entry.pte;
	struct tdp_run run;

	tdp_run_begin(&run, it);
	if (!pt_iter_cas(&it->at, pte)) {
		it->step = TDP_STEP_AGAIN;
		return false;
	}
	run.done = 1;
	tdp_run_changed(&run, run.start, old, pte);
	tdp_run_settle(&run);
	return true;
}
/* LAB(7) end */

/* Unlink the table that the cursor's entry leads to; it is freed when the debt is paid.  Exclusive lock. */
void tdp_iter_detach(struct tdp_iter *it);

#endif
