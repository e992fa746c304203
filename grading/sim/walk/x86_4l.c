/*
 * What entries mean in x86-64's own tables, 4 levels, in supervisor mode with CR0.WP and without SMEP and SMAP.
 *
 * Hardware: [APM2] "Page-Protection Checks"; [SDM3] "4-Level Paging and 5-Level Paging".
 */
#include "grading/sim/walk/x86_entry.h"

const struct walk_format walk_format = {
	.name = "x86_4l",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 4,
	.levels_max = 4,
	.ia_bits_max = 48,
	.oa_bits = 52,
	.id_bits = 12,
	.leaf_level_max = 2,
	.rights_known = WALK_ALL_RIGHTS,
	.ad_modes = 1 << WALK_AD_SETS,
	.kernel_rights_of_user_pages = WALK_READ | WALK_WRITE | WALK_EXEC,
};

void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	x86_decode(word.low, level, entry);
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	word.low = x86_set_ad(word.low, ad);
	return word;
}
