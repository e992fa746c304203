/*
 * The checker: see pt_check.h for the rules.
 */
#include "mmu/pt/pt_check.h"

static bool table_address_ok(hpa_t table)
{
	return table.raw != 0 && pt_is_aligned(table.raw, 0) && table.raw >> PT_OA_BITS == 0;
}

/* The same table at another place of the tree shows in the count: a tree of n tables has n places. */
static int check_table(const struct pt_entry *e, struct pt_census *census, uint64_t tables_max)
{
	if (!table_address_ok(pte_table_hpa(e->pte)))
		return 1;
	return ++census->table_count > tables_max ? 2 : 0;
}

static int check_leaf(const struct pt_entry *e, struct pt_census *census)
{
	hpa_t page = pte_leaf_hpa(e->pte, e->level);

	if (!pte_leaf_ok(e->level, pte_prot(e->pte, e->level)))
		return 3;
	if (!pt_is_aligned(page.raw, e->level) || page.raw + pt_span(e->level) > (uint64_t)1 << PT_OA_BITS)
		return 4;
	census->leaf_count[e->level]++;
	return 0;
}

static int check_entry(const struct pt_entry *e, struct pt_census *census, uint64_t tables_max)
{
	switch (pt_entry_kind(e)) {
	case PTE_TABLE: return check_table(e, census, tables_max);
	case PTE_LEAF: return check_leaf(e, census);
	case PTE_FROZEN: return 5;
	default: return 0;
	}
}

void pt_census(const struct pt *pt, uint64_t tables_max, struct pt_census *census)
{
	struct pt_iter it;

	*census = (struct pt_census){ .table_count = 1 };
	pt_for_each(&it, pt, ia(0), ia(pt_ia_end(pt)), 0) {
		census->broken = check_entry(&it.entry, census, tables_max);
		census->at = it.entry;
		if (census->broken)
			return;
	}
}
