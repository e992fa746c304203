/*
 * What descriptors mean in Arm's second stage with 128 bits (FEAT_D128), granule of 4 KiB, with VTCR_EL2.HA and HD set
 * and S2PIR_EL2 = 0xfedcba9876543210: index i has the rights of value i.  Arm's levels 3 to -1 are 0 to 4 here.
 *
 * Hardware: [ARM-ARM] "VMSAv9-128 descriptor formats", "Stage 2 Indirect permissions", "Hardware management of the
 * dirty state".
 */
#include "grading/sim/walk/arm_entry.h"

const struct walk_format walk_format = {
	.name = "arm128",
	.entry_size = 16,
	.index_bits = 8,
	.levels_min = 3,
	.levels_max = 5,
	.ia_bits_max = 52,
	.oa_bits = 56,
	.id_bits = 16,
	.leaf_level_max = 3,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC | WALK_DEVICE,
	.less_may_be_cached = true,
	.break_before_make = true,
	.ad_modes = 1 << WALK_AD_SETS,
};

#define DIRTY 7

/* Rights of S2PIR_EL2's values, for kernel and user alike: what one of them lacks is absent.  1 and 5 are reserved. */
static const unsigned char rights_of_index[16] = {
	[2] = WALK_READ,
	[3] = WALK_READ,
	[4] = WALK_WRITE,
	[6] = WALK_READ,
	[7] = WALK_READ,
	[8] = WALK_READ,
	[9] = WALK_READ,
	[10] = WALK_READ,
	[11] = WALK_READ | WALK_EXEC,
	[12] = WALK_READ | WALK_WRITE,
	[13] = WALK_READ | WALK_WRITE,
	[14] = WALK_READ | WALK_WRITE,
	[15] = WALK_READ | WALK_WRITE | WALK_EXEC,
};

/* PIIndex is bits 118:115.  Reserved are bits 63:56, 11, 6 (nT), 1, and in a block those between address and bit 12. */
static void decode_leaf(struct walk_word word, int level, struct walk_entry *entry)
{
	int shift = 12 + 8 * level;
	unsigned memattr = walk_bits(word.low, 5, 2);
	uint64_t reserved = walk_bits(word.low, 63, 56) | walk_bits(word.low, 11, 11) | walk_bits(word.low, 6, 6) |
			    walk_bits(word.low, 1, 1);

	if (reserved || !arm_memattr_exists(memattr) || (level > 0 && walk_bits(word.low, shift - 1, 12)))
		return;
	entry->kind = WALK_LEAF;
	entry->out = hpa(walk_bits(word.low, 55, shift) << shift);
	entry->rights = rights_of_index[walk_bits(word.high, 118 - 64, 115 - 64)] | arm_device(memattr);
	entry->ad = (walk_bits(word.low, ARM_ACCESSED, ARM_ACCESSED) ? WALK_ACCESSED : 0) |
		    (walk_bits(word.low, DIRTY, DIRTY) ? WALK_DIRTY : 0);
}

/*
 * SKL (110:109) is how many levels the walk skips: to its end, and the entry is a leaf; beyond, and it is invalid.
 * Tables that skip are larger than a page; no Flatland tree has them.
 */
void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	int skip = walk_bits(word.high, 110 - 64, 109 - 64);

	*entry = (struct walk_entry){ .kind = WALK_BAD };
	if (!walk_bits(word.low, 0, 0))
		entry->kind = WALK_EMPTY;
	else if (skip == level)
		decode_leaf(word, level, entry);
	else if (skip == 0)
		arm_table(walk_bits(word.low, 55, 12) << 12, entry);
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	word.low |= (ad & WALK_ACCESSED ? 1 << ARM_ACCESSED : 0) | (ad & WALK_DIRTY ? 1 << DIRTY : 0);
	return word;
}
