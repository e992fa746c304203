/*
 * What entries mean in RISC-V's second stage ("G-stage"), modes Sv39x4, Sv48x4 and Sv57x4.
 *
 * Hardware: [RV-PRIV] "Guest Physical Address Translation".
 */
#include "grading/sim/walk/riscv_entry.h"

const struct walk_format walk_format = {
	.name = "riscv",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 3,
	.levels_max = 5,
	.extra_min = 2,
	.extra_max = 2,
	.ia_bits_max = 59,
	.oa_bits = 56,
	.id_bits = 14,
	.leaf_level_max = 4,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC,
	.empty_may_be_cached = true,
	.less_may_be_cached = true,
	.clear_may_be_cached = true,
	.ad_modes = 1 << WALK_AD_SETS | 1 << WALK_AD_FAULTS,
};

/* Every access is made "as though executed in U-mode": without U a leaf allows nothing. */
void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	rv_decode(word.low, level, entry);
	if (entry->kind != WALK_LEAF)
		return;
	if (!(entry->rights & WALK_USER))
		entry->rights = 0;
	entry->rights &= ~(unsigned)WALK_USER;
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	word.low = rv_set_ad(word.low, ad);
	return word;
}
