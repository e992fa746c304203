/*
 * Roots and tables: how they come and go.
 */
#include "mmu/tdp/tdp_iter.h"

/* Only a root has more than one page. */
static int table_order(const struct tdp_root *root, int level)
{
	return level == pt_top(&root->pt) ? root->pt.root_extra : 0;
}

hpa_t tdp_table_alloc(struct tdp_root *root, int level)
{
	hpa_t table = host_table_alloc(root->host, table_order(root, level));
	pte_t *entries;

	if (table.raw == 0)
		return table;
	entries = pt_table(&root->pt, table);
	for (uint64_t i = 0; i < pt_entry_count(&root->pt, level); i++)
		entries[i] = pte_make_empty();
	__atomic_fetch_add(&root->table_count, 1, __ATOMIC_RELAXED);
	return table;
}

void tdp_table_free(struct tdp_root *root, hpa_t table, int level)
{
	__atomic_fetch_sub(&root->table_count, 1, __ATOMIC_RELAXED);
	host_table_free(root->host, table, table_order(root, level));
}

int tdp_root_create(struct tdp_root *root, struct host *host, int levels, int root_extra)
{
	if (!pt_shape_ok(levels, root_extra))
		return -TDP_EINVAL;
	*root = (struct tdp_root){
		.host = host,
		.pt = { .window = host_table_window(host), .levels = levels, .root_extra = root_extra },
	};
	root->pt.root = tdp_table_alloc(root, levels - 1);
	return root->pt.root.raw ? 0 : -TDP_ENOMEM;
}

void tdp_root_destroy(struct tdp_root *root)
{
	tdp_unmap_range(root, ia(0), ia(pt_ia_end(&root->pt)));
	tdp_table_free(root, root->pt.root, pt_top(&root->pt));
	root->pt.root = hpa(0);
}
