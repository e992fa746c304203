/*
 * The fault path, in the order that mmu/mmu.h wants.
 */
#include "direct.h"

struct attempt {
	struct mmu_vcpu *mv;
	gpa_t at;
	enum tdp_access access;
	unsigned seen; /* what a leaf must have seen for the access to work */
	bool counts;   /* against the budget */

	uint64_t reload_count;
	struct host_sample sample;
	struct host_slot slot;
	struct host_page page;
	pt_prot_t prot;
};

static bool allows(pt_prot_t prot, enum tdp_access access)
{
	static const pt_prot_t rights[] = {
		[TDP_ACCESS_READ] = PT_READ, [TDP_ACCESS_WRITE] = PT_WRITE, [TDP_ACCESS_EXEC] = PT_EXEC,
	};

	return prot & rights[access];
}

/* False: the answer is known. */
static bool known(struct mmu_answer *answer, enum mmu_outcome outcome, enum mmu_why why, int error)
{
	answer->outcome = outcome;
	answer->why = why;
	answer->error = error;
	return false;
}

/* ---- Spare tables ------------------------------------------------------------------------------------------- */

static int fill_spares(struct mmu_vcpu *mv)
{
	struct mmu *mmu = mv->mmu;
	int want = pt_top(&mmu->pt), error = 0;

	if (mv->spare_count < want)
		error = host_table_reserve(mmu->host, mv->spares, mv->spare_count, want);
	for (; !error && mv->spare_count < want; mv->spare_count++)
		for (uint64_t i = 0; i < (uint64_t)1 << PT_INDEX_BITS; i++)
			pt_table(&mmu->pt, mv->spares[mv->spare_count])[i] = pte_make_empty();
	return error;
}

/* ---- The six steps ------------------------------------------------------------------------------------------ */

static bool find_slot(struct attempt *a, struct mmu_answer *answer)
{
	switch (host_lookup(a->mv->mmu->host, a->at, &a->slot)) {
	case HOST_SLOT_NONE: return known(answer, MMU_EMULATE, MMU_WHY_NO_SLOT, 0);
	case HOST_SLOT_BUSY: return known(answer, MMU_RETRY, MMU_WHY_NONE, 0);
	default: break;
	}
	if (allows(a->slot.rights, a->access))
		return true;
	if (a->access == TDP_ACCESS_WRITE)
		return known(answer, MMU_EMULATE, MMU_WHY_READ_ONLY, 0);
	return known(answer, MMU_ERROR, MMU_WHY_ATTRIBUTE, -MMU_EFAULT);
}

static bool find_page(struct attempt *a, struct mmu_answer *answer)
{
	int error = host_resolve(a->mv->mmu->host, &a->slot, a->at, a->access, &a->page);

	if (error)
		return known(answer, MMU_ERROR, MMU_WHY_NONE, error);
	a->prot = a->page.is_writable ? a->slot.rights : a->slot.rights & ~PT_WRITE;
	if (!allows(a->prot, a->access) || !pte_leaf_ok(0, a->prot))
		return known(answer, MMU_ERROR, MMU_WHY_ATTRIBUTE, -MMU_EFAULT);
	return true;
}

static bool prepare(struct attempt *a, struct mmu_answer *answer)
{
	struct mmu *mmu = a->mv->mmu;
	int error;

	if (__atomic_load_n(&mmu->is_dead, __ATOMIC_ACQUIRE))
		return known(answer, MMU_ERROR, MMU_WHY_NONE, -MMU_EIO);
	if (a->at.raw >> mmu->config.gpa_bits)
		return known(answer, MMU_EMULATE, MMU_WHY_BEYOND, 0);
	error = fill_spares(a->mv);
	if (error)
		return known(answer, MMU_ERROR, MMU_WHY_NONE, error);
	a->reload_count = __atomic_load_n(&mmu->reload_count, __ATOMIC_ACQUIRE);
	a->sample = host_sample(mmu->host);
	return find_slot(a, answer) && find_page(a, answer);
}

/* The entry of level 0, with tables on the way to it. */
static struct direct_place reach(struct attempt *a, struct direct_debt *debt)
{
	struct mmu *mmu = a->mv->mmu;
	struct direct_place place = direct_find(mmu, ia(a->at.raw));

	while (place.level > 0) {
		direct_set(mmu, &place, pte_make_table(a->mv->spares[--a->mv->spare_count]), debt);
		mmu->table_count++;
		place = direct_find(mmu, ia(a->at.raw));
	}
	return place;
}

static enum mmu_outcome map(struct attempt *a, struct direct_debt *debt)
{
	struct direct_place place = reach(a, debt);
	pte_t pte = pte_make_leaf(a->page.page, 0, a->prot);
	bool is_leaf = pte_kind(place.pte, 0) == PTE_LEAF;

	if (!a->seen)
		pte = pte_set_ad(pte, 0);
	if (is_leaf && pte_leaf_hpa(place.pte, 0).raw != a->page.page.raw)
		return MMU_RETRY;
	if (is_leaf)
		pte = pte_set_ad(pte, pte_ad(pte) | pte_ad(place.pte));
	if (is_leaf && allows(pte_prot(place.pte, 0), a->access) && !(a->seen & ~pte_ad(place.pte)))
		return MMU_SPURIOUS;
	direct_set(a->mv->mmu, &place, pte, debt);
	return MMU_FIXED;
}

/* Whatever was found, this CPU may remember less. */
static void commit(struct attempt *a, struct mmu_answer *answer)
{
	struct direct_debt debt = { ia(a->at.raw), ia(a->at.raw + pt_span(0)), HOST_FLUSH_HERE };
	struct mmu *mmu = a->mv->mmu;

	host_lock(mmu->host, HOST_EXCLUSIVE);
	if (host_must_retry(mmu->host, &a->sample, &a->slot, a->at) || mmu->is_dead ||
	    a->reload_count != mmu->reload_count) {
		known(answer, MMU_RETRY, MMU_WHY_NONE, 0);
	} else {
		known(answer, map(a, &debt), MMU_WHY_NONE, 0);
		a->counts = true;
		direct_flush(mmu, &debt);
	}
	host_unlock(mmu->host, HOST_EXCLUSIVE);
}

/* ---- The budget --------------------------------------------------------------------------------------------- */

static void spend(struct attempt *a, struct mmu_answer *answer)
{
	uint64_t taken = __atomic_load_n(&a->mv->mmu->taken, __ATOMIC_RELAXED);
	struct direct_budget *b = &a->mv->budget;
	bool again = b->at.raw == a->at.raw && b->access == a->access && b->taken == taken &&
		     b->sample.notifier == a->sample.notifier && b->sample.memslots == a->sample.memslots;

	if (!a->counts || !again)
		*b = (struct direct_budget){ a->at, a->access, a->sample, taken, 0 };
	if (!a->counts || ++b->spent <= MMU_BUDGET)
		return;
	known(answer, MMU_ERROR, MMU_WHY_NONE, -MMU_ELOOP);
	mmu_describe(a->mv, a->at, answer->entry);
}

/* ---- Beginning ---------------------------------------------------------------------------------------------- */

void mmu_fault(struct mmu_vcpu *mv, const struct tdp_fault *fault, struct mmu_answer *answer)
{
	struct attempt a = {
		.mv = mv,
		.at = gpa(pt_align_down(fault->gpa.raw, 0)),
		.access = fault->access,
		.seen = fault->access == TDP_ACCESS_WRITE ? PT_ACCESSED | PT_DIRTY : PT_ACCESSED,
	};

	*answer = (struct mmu_answer){ 0 };
	if (fault->flags & TDP_FAULT_RESERVED) {
		known(answer, MMU_ERROR, MMU_WHY_NONE, -MMU_EIO);
		mmu_describe(mv, a.at, answer->entry);
	} else {
		if (prepare(&a, answer))
			commit(&a, answer);
		spend(&a, answer);
	}
	__atomic_fetch_add(&mv->mmu->faults[answer->outcome], 1, __ATOMIC_RELAXED);
	host_trace(mv->mmu->host, HOST_TRACE_FAULT, ia(a.at.raw), 0, answer->outcome);
}

static int prefault_page(struct mmu_vcpu *mv, gpa_t at)
{
	struct attempt a = { .mv = mv, .at = at, .access = TDP_ACCESS_READ };
	struct mmu_answer answer = { 0 };

	if (prepare(&a, &answer))
		commit(&a, &answer);
	switch (answer.outcome) {
	case MMU_RETRY: return -MMU_EAGAIN;
	case MMU_EMULATE: return -MMU_EFAULT;
	case MMU_ERROR: return answer.error;
	default: break;
	}
	__atomic_fetch_add(&mv->mmu->prefault_count, 1, __ATOMIC_RELAXED);
	return 0;
}

int64_t mmu_prefault(struct mmu_vcpu *mv, gpa_t start, gpa_t end)
{
	for (gpa_t at = start; at.raw < end.raw; at = gpa_add(at, pt_span(0))) {
		int error = prefault_page(mv, at);

		if (error)
			return at.raw == start.raw ? error : (int64_t)at.raw;
	}
	return end.raw;
}
