/*
 * What entries mean in AMD's nested tables.
 *
 * Hardware: [APM2] "Nested Paging".
 */
#include "grading/sim/walk/x86_entry.h"

const struct walk_format walk_format = {
	.name = "npt",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 4,
	.levels_max = 5,
	.ia_bits_max = 57,
	.oa_bits = 52,
	.id_bits = 15,
	.leaf_level_max = 2,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC | WALK_DEVICE,
	.ad_modes = 1 << WALK_AD_SETS,
};

/* The nested walk is made as user mode: a level without U/S lets nothing through. */
void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	x86_decode(word.low, level, entry);
	if (entry->kind != WALK_TABLE && entry->kind != WALK_LEAF)
		return;
	if (!(entry->rights & WALK_USER))
		entry->rights = 0;
	entry->rights &= ~(unsigned)WALK_USER;
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	word.low = x86_set_ad(word.low, ad);
	return word;
}
