/*
 * The tree: finding an entry, changing it, flushing.
 */
#include "direct.h"

struct direct_place direct_find(struct mmu *mmu, ia_t at)
{
	struct direct_place place = { .level = pt_top(&mmu->pt) };
	pte_t *table = pt_table(&mmu->pt, mmu->pt.root);

	for (;; place.level--) {
		place.slot = pt_slot(&mmu->pt, table, at, place.level);
		place.pte = pt_read(place.slot);
		place.ia = ia(pt_align_down(at.raw, place.level));
		if (pte_kind(place.pte, place.level) != PTE_TABLE)
			return place;
		table = pt_table(&mmu->pt, pte_table_hpa(place.pte));
	}
}

static void owe(struct direct_debt *debt, const struct direct_place *place)
{
	ia_t end = ia_add(place->ia, pt_span(place->level));

	if (debt->start.raw == debt->end.raw)
		*debt = (struct direct_debt){ place->ia, end, HOST_FLUSH_LEAVES };
	if (place->ia.raw < debt->start.raw)
		debt->start = place->ia;
	if (end.raw > debt->end.raw)
		debt->end = end;
	debt->what = HOST_FLUSH_LEAVES;
}

/* May a CPU do by what it remembers what the new entry does not allow? */
static bool takes_away(pte_t old, pte_t new, int level)
{
	if (pte_kind(old, level) != PTE_LEAF)
		return false;
	return pte_kind(new, level) != PTE_LEAF || (pte_prot(old, level) & ~pte_prot(new, level));
}

/* An entry that allows more owes nothing: the fault that made it so has its own CPU forget. */
void direct_set(struct mmu *mmu, const struct direct_place *place, pte_t pte, struct direct_debt *debt)
{
	pte_t old = pt_write_xchg(place->slot, pte);
	bool was_leaf = pte_kind(old, place->level) == PTE_LEAF, is_leaf = pte_kind(pte, place->level) == PTE_LEAF;
	unsigned lost = was_leaf ? pte_ad(old) & ~(is_leaf ? pte_ad(pte) : 0) : 0;

	mmu->leaf_count += is_leaf - was_leaf;
	if (lost)
		host_page_mark(mmu->host, place->ia, pte_leaf_hpa(old, place->level), pt_span(place->level), lost);
	if (takes_away(old, pte, place->level))
		owe(debt, place);
	host_trace(mmu->host, HOST_TRACE_SET, place->ia, place->level, 1);
}

void direct_flush(struct mmu *mmu, struct direct_debt *debt)
{
	if (debt->start.raw != debt->end.raw)
		host_flush(mmu->host, mmu->hardware, debt->start, debt->end, debt->what);
	*debt = (struct direct_debt){ 0 };
}
