/*
 * Trees and their tables: how they come and go.
 */
#include "tdp_iter.h"

/* Only a root has more than one page. */
static int table_order(const struct tdp_root *root, int level)
{
	return level == pt_top(&root->pt) ? root->pt.root_extra : 0;
}

void tdp_table_clear(struct host *host, hpa_t table, uint64_t entry_count)
{
	pte_t *entries = (pte_t *)(uintptr_t)(table.raw + host_table_window(host));

	for (uint64_t i = 0; i < entry_count; i++)
		entries[i] = pte_make_empty();
}

hpa_t tdp_table_alloc(struct tdp_root *root, int level)
{
	hpa_t table = host_table_alloc(root->host, table_order(root, level));

	if (table.raw == 0)
		return table;
	tdp_table_clear(root->host, table, pt_entry_count(&root->pt, level));
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
	if (root->pt.root.raw == 0)
		return -TDP_ENOMEM;
	root->hardware = host_root_open(host, root->pt.root, levels, root_extra);
	if (root->hardware)
		return 0;
	tdp_table_free(root, root->pt.root, levels - 1);
	return -TDP_ENOMEM;
}

void tdp_root_close(struct tdp_root *root)
{
	host_root_close(root->host, root->hardware);
	tdp_table_free(root, root->pt.root, pt_top(&root->pt));
	root->pt.root = hpa(0);
}

void tdp_root_destroy(struct tdp_root *root)
{
	tdp_unmap_range(root, ia(0), ia(pt_ia_end(&root->pt)));
	tdp_root_close(root);
}
