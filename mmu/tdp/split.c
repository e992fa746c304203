/*
 * Splitting a leaf into a table of smaller ones that say the same.
 */
#include "tdp_iter.h"

/* LAB(5) begin fill_split_table */
/* The same pages, rights and history, one level lower.  The table is not linked yet, so plain stores do. */
static void fill_split_table(struct tdp_root *root, hpa_t table, const struct pt_entry *e)
{
	pte_t *entries = pt_table(&root->pt, table);
	hpa_t page = pte_leaf_hpa(e->pte, e->level);
	pt_prot_t prot = pte_prot(e->pte, e->level);
	int level = e->level - 1;

	for (uint64_t i = 0; i < pt_entry_count(&root->pt, level); i++)
		entries[i] = pte_set_ad(pte_make_leaf(hpa_add(page, i << pt_level_shift(level)), level, prot),
					pte_ad(e->pte));
}
/* LAB(5) end */

/* LAB(5) begin split_entry */
/*
 * Put a table in the leaf's place.  What hardware sets in the leaf after the copy was made is not in the copy; the
 * choke point finds it in the value that was replaced and gives it to the host.
 */
static int split_entry(struct tdp_iter *it)
{
	struct tdp_root *root = it->root;
	const struct pt_entry *e = &it->at.entry;
	hpa_t table = tdp_table_alloc(root, e->level - 1);

	if (table.raw == 0)
		return -TDP_ENOMEM;
	fill_split_table(root, table, e);
	if (PT_BREAK_BEFORE_MAKE) {
		tdp_iter_set(it, pte_make_frozen());
		tdp_debt_pay(root, it->debt);
	}
	root->leaf_count[e->level - 1] += pt_entry_count(&root->pt, e->level - 1);
	tdp_iter_set(it, pte_make_table(table));
	return 0;
}
/* LAB(5) end */

int tdp_split_at(struct tdp_root *root, ia_t at)
{
	struct tdp_range range = { at, ia_add(at, pt_span(0)) };
	struct tdp_debt debt;
	struct tdp_iter it;
	int error = 0;

	if (at.raw >= pt_ia_end(&root->pt))
		return 0;
	tdp_debt_init(&debt);
	tdp_for_each(&it, root, range, HOST_EXCLUSIVE, &debt) {
		const struct pt_entry *e = &it.at.entry;

		if (pt_entry_kind(e) != PTE_LEAF || e->ia.raw == at.raw)
			continue;
		error = split_entry(&it);
		if (error)
			break;
	}
	tdp_debt_pay(root, &debt);
	return error;
}
