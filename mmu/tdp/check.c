/*
 * Checking a root against its counts.
 */
#include "tdp.h"

int tdp_check(struct tdp_root *root, struct pt_census *census)
{
	pt_census(&root->pt, root->table_count, census);
	if (census->broken)
		return census->broken;
	if (census->table_count != root->table_count)
		return TDP_RULE_COUNTS;
	for (int level = 0; level < PT_LEVELS_MAX; level++)
		if (census->leaf_count[level] != root->leaf_count[level])
			return TDP_RULE_COUNTS;
	return 0;
}
