/*
 * What entries mean in RISC-V's first stage, mode Sv39, in supervisor mode with SUM set.
 *
 * Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System".
 */
#include "grading/sim/walk/riscv_entry.h"

const struct walk_format walk_format = {
	.name = "sv39",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 3,
	.levels_max = 3,
	.ia_bits_max = 39,
	.oa_bits = 56,
	.id_bits = 16,
	.leaf_level_max = 2,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC | WALK_USER,
	.empty_may_be_cached = true,
	.less_may_be_cached = true,
	.clear_may_be_cached = true,
	.ad_modes = 1 << WALK_AD_SETS | 1 << WALK_AD_FAULTS,
	/* "Irrespective of SUM, the supervisor may not execute code on pages with U=1." */
	.kernel_rights_of_user_pages = WALK_READ | WALK_WRITE,
};

void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	rv_decode(word.low, level, entry);
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	word.low = rv_set_ad(word.low, ad);
	return word;
}
