/*
 * The fault path: from a refused access to a leaf that allows it.
 *
 *	prepare   everything that may sleep or fail, without a lock: tables, memslot, page
 *	commit    with the lock: is that still true?  Then a walk to the one entry that decides
 *
 * Several CPUs fault at once, so entries change by compare-and-swap alone (TDP_FAULT_LOCK).  Whoever loses a race looks
 * at the same entry again; what it finds then is often what it wanted.
 *
 * F1 What prepare found out was looked up after the sample was taken.
 * F2 A fault only fills empty entries, adds to leaves of the same page, or takes away a leaf that is too large: what
 *    another page needs gone is taken away by its notifier.
 * F3 A spare table that was not linked goes back to the cache.
 */
#include "tdp_mmu.h"

/* LAB(7) begin fault_lock */
#define TDP_FAULT_LOCK HOST_SHARED
/* LAB(7) end */

/* Why to try again. */
enum tdp_retry { RETRY_NOT, RETRY_SURROUNDINGS, RETRY_RACE };

struct tdp_attempt {
	struct mmu_vcpu *mv;
	struct tdp_root *root;
	gpa_t at;               /* the page */
	enum tdp_access access;
	unsigned seen;          /* what a leaf must have seen for the access to work: PT_ACCESSED, PT_DIRTY */

	/* prepare */
	struct host_sample sample;
	struct host_slot slot;
	struct host_page page;
	pt_prot_t prot;
	int level;              /* of leaves, at most */

	/* commit */
	enum tdp_retry retry;
	ia_t end;               /* of the leaf that allows it */
};

/* ---- Rights ------------------------------------------------------------------------------------------------- */

/* LAB(4) begin fault_allows */
static pt_prot_t right_for(enum tdp_access access)
{
	switch (access) {
	case TDP_ACCESS_READ: return PT_READ;
	case TDP_ACCESS_WRITE: return PT_WRITE;
	default: return PT_EXEC;
	}
}

static bool allows(pt_prot_t prot, enum tdp_access access)
{
	return prot & right_for(access);
}
/* LAB(4) end */

/* ---- Answers ------------------------------------------------------------------------------------------------ */

static bool fail(struct mmu_answer *answer, int error, enum mmu_why why)
{
	answer->outcome = MMU_ERROR;
	answer->error = error;
	answer->why = why;
	return false;
}

static bool emulate(struct mmu_answer *answer, enum mmu_why why)
{
	answer->outcome = MMU_EMULATE;
	answer->why = why;
	return false;
}

static bool retry(struct tdp_attempt *a, struct mmu_answer *answer, enum tdp_retry why)
{
	answer->outcome = MMU_RETRY;
	a->retry = why;
	return false;
}

/* ---- Prepare ------------------------------------------------------------------------------------------------ */

/* LAB(5) begin fault_level */
/*
 * The largest leaf around the page that the host has in one piece, that lies in the memslot, and that is aligned in
 * both address spaces.
 */
static int fault_level(const struct tdp_attempt *a)
{
	int level = a->page.level < a->slot.level_max ? a->page.level : a->slot.level_max;

	if (level > PT_LEAF_LEVEL_MAX)
		level = PT_LEAF_LEVEL_MAX;
	if (level > pt_top(&a->root->pt))
		level = pt_top(&a->root->pt);
	for (; level > 0; level--) {
		uint64_t start = pt_align_down(a->at.raw, level);

		if (pt_is_aligned(a->at.raw ^ a->page.page.raw, level) && start >= a->slot.start.raw &&
		    start + pt_span(level) <= a->slot.end.raw && pte_leaf_ok(level, a->prot))
			break;
	}
	return level;
}
/* LAB(5) end */

static bool find_slot(struct tdp_attempt *a, struct mmu_answer *answer)
{
	switch (host_lookup(a->mv->mmu->host, a->at, &a->slot)) {
	case HOST_SLOT_NONE: return emulate(answer, MMU_WHY_NO_SLOT);
	case HOST_SLOT_BUSY: return retry(a, answer, RETRY_SURROUNDINGS);
	default: break;
	}
	if (allows(a->slot.rights, a->access))
		return true;
	if (a->access == TDP_ACCESS_WRITE)
		return emulate(answer, MMU_WHY_READ_ONLY);
	return fail(answer, -MMU_EFAULT, MMU_WHY_ATTRIBUTE);
}

static bool find_page(struct tdp_attempt *a, struct mmu_answer *answer)
{
	int error = host_resolve(a->mv->mmu->host, &a->slot, a->at, a->access, &a->page);

	if (error)
		return fail(answer, error, MMU_WHY_NONE);
	a->prot = a->page.is_writable ? a->slot.rights : a->slot.rights & ~PT_WRITE;
	if (!allows(a->prot, a->access) || !pte_leaf_ok(0, a->prot))
		return fail(answer, -MMU_EFAULT, MMU_WHY_ATTRIBUTE);
	a->level = fault_level(a);
	return true;
}

/* False: the answer is known. */
/* LAB(4) begin fault_prepare */
static bool prepare(struct tdp_attempt *a, struct mmu_answer *answer)
{
	struct mmu *mmu = a->mv->mmu;
	int error;

	if (a->at.raw >> mmu->config.gpa_bits)
		return emulate(answer, MMU_WHY_BEYOND);
	error = tdp_cache_fill(&a->mv->cache, mmu->host, pt_top(&a->root->pt));
	if (error)
		return fail(answer, error, MMU_WHY_NONE);
	a->sample = host_sample(mmu->host);
	return find_slot(a, answer) && find_page(a, answer);
}
/* LAB(4) end */

/* ---- Commit ------------------------------------------------------------------------------------------------- */

enum visit { GO_ON, RACE, FROZEN, FIXED, SPURIOUS };

/* LAB(4) begin fault_link */
/* A lost race: somebody else has put something there, which the next step finds. */
static void link_spare(struct tdp_iter *it, struct tdp_attempt *a)
{
	hpa_t table = tdp_cache_take(&a->mv->cache, it->root->host);

	if (tdp_iter_try_set(it, pte_make_table(table)))
		tdp_count(it, &it->root->table_count, 1);
	else
		tdp_cache_return(&a->mv->cache, table);
}
/* LAB(4) end */

/*
 * A leaf is larger than it may be now.  Nobody finds its entry empty before all CPUs have forgotten it; what comes
 * there, the next access brings.
 */
static enum visit drop_large(struct tdp_iter *it)
{
	if (!tdp_iter_try_set(it, pte_make_frozen()))
		return GO_ON;
	tdp_debt_pay(it->root, it->debt);
	if (!tdp_iter_try_set(it, pte_make_empty()))
		host_bug(it->root->host, "tdp: a frozen entry was changed by somebody else", it->at.entry.ia.raw,
			 it->at.entry.level);
	return RACE;
}

/* The leaf's part of the block that the page lies in. */
static hpa_t page_of(const struct tdp_attempt *a, int level)
{
	return hpa(pt_align_down(a->page.page.raw, level));
}

/* LAB(4) begin fault_leaf */
static enum visit visit_empty(struct tdp_iter *it, struct tdp_attempt *a)
{
	int level = it->at.entry.level;
	pte_t leaf;

	if (level > a->level) {
		link_spare(it, a);
		return GO_ON;
	}
	leaf = pte_make_leaf(page_of(a, level), level, a->prot);
	if (!a->seen)
		leaf = pte_set_ad(leaf, 0);
	return tdp_iter_try_set(it, leaf) ? FIXED : GO_ON;
}

/*
 * Somebody was here before.  The page under the leaf is the one that was resolved, or else its notifier would have
 * taken the leaf away and made this fault try again.
 */
static enum visit visit_leaf(struct tdp_iter *it, struct tdp_attempt *a)
{
	const struct pt_entry *e = &it->at.entry;
	bool allowed = allows(pte_prot(e->pte, e->level), a->access);
	unsigned seen = pte_ad(e->pte) | a->seen;
	pte_t better = e->pte;

	if (allowed && seen == pte_ad(e->pte))
		return SPURIOUS;
	if (!allowed && e->level > a->level)
		return drop_large(it);
	if (pte_leaf_hpa(e->pte, e->level).raw != page_of(a, e->level).raw)
		return RACE;
	if (!allowed)
		better = pte_with_prot(e->pte, e->level, a->prot);
	return tdp_iter_try_set(it, pte_set_ad(better, pte_ad(better) | seen)) ? FIXED : GO_ON;
}
/* LAB(4) end */

static enum visit visit(struct tdp_iter *it, struct tdp_attempt *a)
{
	switch (pt_entry_kind(&it->at.entry)) {
	case PTE_TABLE: return GO_ON;
	case PTE_LEAF: return visit_leaf(it, a);
	case PTE_EMPTY: return visit_empty(it, a);
	default: return FROZEN;
	}
}

/* LAB(4) begin fault_map */
/*
 * Walk until an entry decides.  A CPU may remember that it was empty, or allowed less, even if it was not this fault
 * that changed it.
 */
static enum visit map(struct tdp_attempt *a)
{
	struct tdp_range range = { ia(a->at.raw), ia(a->at.raw + pt_span(0)) };
	enum visit result = GO_ON;
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	debt.is_here = true;
	tdp_for_each(&it, a->root, range, TDP_FAULT_LOCK, &debt) {
		result = visit(&it, a);
		if (result == GO_ON)
			continue;
		a->end = pt_entry_end(&it.at.entry);
		break;
	}
	if (result == SPURIOUS && (PT_EMPTY_MAY_BE_CACHED || PT_LESS_MAY_BE_CACHED))
		tdp_debt_add(&debt, range.start, range.end, HOST_FLUSH_HERE);
	tdp_debt_pay(a->root, &debt);
	return result;
}
/* LAB(4) end */

/* Whoever froze an entry waits for other CPUs: how often a fault comes past meanwhile says nothing. */
static void answer_visit(struct tdp_attempt *a, enum visit result, struct mmu_answer *answer)
{
	switch (result) {
	case FIXED: answer->outcome = MMU_FIXED; break;
	case SPURIOUS: answer->outcome = MMU_SPURIOUS; break;
	case FROZEN: retry(a, answer, RETRY_SURROUNDINGS); break;
	default: retry(a, answer, RETRY_RACE); break;
	}
}

/* LAB(4) begin fault_commit */
/*
 * Ordering: the lock pairs with that of mmu_unmap() and of tdp_roots_invalidate(): either they see the leaf, or this
 * sees what was announced before them.
 */
static void commit(struct tdp_attempt *a, struct mmu_answer *answer)
{
	struct host *host = a->mv->mmu->host;

	host_lock(host, TDP_FAULT_LOCK);
	if (host_must_retry(host, &a->sample, &a->slot, a->at) || a->root->is_invalid)
		retry(a, answer, RETRY_SURROUNDINGS);
	else
		answer_visit(a, map(a), answer);
	host_unlock(host, TDP_FAULT_LOCK);
}
/* LAB(4) end */

/* ---- The budget --------------------------------------------------------------------------------------------- */

static bool is_same_again(const struct tdp_budget *budget, const struct tdp_attempt *a, uint64_t taken)
{
	return budget->at.raw == a->at.raw && budget->access == a->access && budget->taken == taken &&
	       budget->sample.notifier == a->sample.notifier && budget->sample.memslots == a->sample.memslots;
}

/* LAB(4) begin fault_budget */
static void spend(struct tdp_attempt *a, struct mmu_answer *answer)
{
	uint64_t taken = __atomic_load_n(&a->mv->mmu->taken, __ATOMIC_RELAXED);
	struct tdp_budget *budget = &a->mv->budget;

	if (answer->outcome != MMU_FIXED && answer->outcome != MMU_SPURIOUS && a->retry != RETRY_RACE) {
		budget->spent = 0;
		return;
	}
	if (!is_same_again(budget, a, taken))
		*budget = (struct tdp_budget){ a->at, a->access, a->sample, taken, 0 };
	if (++budget->spent <= MMU_BUDGET)
		return;
	fail(answer, -MMU_ELOOP, MMU_WHY_NONE);
	mmu_describe(a->mv, a->at, answer->entry);
}
/* LAB(4) end */

/* ---- Beginning ---------------------------------------------------------------------------------------------- */

static void attempt(struct tdp_attempt *a, struct mmu_answer *answer)
{
	struct mmu *mmu = a->mv->mmu;

	if (__atomic_load_n(&mmu->is_dead, __ATOMIC_ACQUIRE))
		fail(answer, -MMU_EIO, MMU_WHY_NONE);
	else if (!a->root)
		retry(a, answer, RETRY_SURROUNDINGS);
	else if (prepare(a, answer))
		commit(a, answer);
}

void mmu_fault(struct mmu_vcpu *mv, const struct tdp_fault *fault, struct mmu_answer *answer)
{
	struct tdp_attempt a = {
		.mv = mv,
		.root = mv->root,
		.at = gpa(pt_align_down(fault->gpa.raw, 0)),
		.access = fault->access,
		.seen = fault->access == TDP_ACCESS_WRITE ? PT_ACCESSED | PT_DIRTY : PT_ACCESSED,
	};

	answer->why = MMU_WHY_NONE;
	answer->error = 0;
	answer->entry[0] = 0;
	if (fault->flags & TDP_FAULT_RESERVED) {
		fail(answer, -MMU_EIO, MMU_WHY_NONE);
		mmu_describe(mv, a.at, answer->entry);
	} else {
		attempt(&a, answer);
		spend(&a, answer);
	}
	__atomic_fetch_add(&mv->mmu->faults[answer->outcome], 1, __ATOMIC_RELAXED);
	host_trace(mv->mmu->host, HOST_TRACE_FAULT, ia(a.at.raw), a.level, answer->outcome);
}

/* ---- Prefault ----------------------------------------------------------------------------------------------- */

/* Where the leaf that has the page ends, or an error. */
static int64_t prefault_page(struct mmu_vcpu *mv, gpa_t at)
{
	struct tdp_attempt a = { .mv = mv, .root = mv->root, .at = at, .access = TDP_ACCESS_READ };
	struct mmu_answer answer = { 0 };

	attempt(&a, &answer);
	switch (answer.outcome) {
	case MMU_RETRY: return -MMU_EAGAIN;
	case MMU_EMULATE: return -MMU_EFAULT;
	case MMU_ERROR: return answer.error;
	default: break;
	}
	__atomic_fetch_add(&mv->mmu->prefault_count, 1, __ATOMIC_RELAXED);
	return a.end.raw;
}

int64_t mmu_prefault(struct mmu_vcpu *mv, gpa_t start, gpa_t end)
{
	gpa_t at = start;

	while (at.raw < end.raw) {
		int64_t next = prefault_page(mv, at);

		if (next < 0)
			return at.raw == start.raw ? next : (int64_t)at.raw;
		at = gpa(next);
	}
	return at.raw < end.raw ? at.raw : end.raw;
}
