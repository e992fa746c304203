/*
 * What descriptors mean in Arm's second stage: 64 bits, granule of 4 KiB, addresses of 48 bits, without FEAT_XNX, with
 * VTCR_EL2.HA and HD clear.  Arm's levels 3, 2, 1, 0 are 0, 1, 2, 3 here.
 *
 * Hardware: [ARM-ARM] "VMSAv8-64 Table descriptor format", "VMSAv8-64 Block descriptor and Page descriptor formats",
 * "Stage 2 permissions", "The Access flag".
 */
#include "grading/sim/walk/arm_entry.h"

const struct walk_format walk_format = {
	.name = "arm64",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 2,
	.levels_max = 4,
	.extra_max = 4,
	.ia_bits_max = 48,
	.oa_bits = 48,
	.id_bits = 16,
	.leaf_level_max = 2,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC | WALK_DEVICE,
	.less_may_be_cached = true,
	.break_before_make = true,
	.ad_modes = 1 << WALK_AD_FAULTS,
};

/* S2AP[0] lets read, S2AP[1] write; XN is bit 54, and bit 53 is reserved without FEAT_XNX. */
static unsigned rights_of(uint64_t raw)
{
	return (walk_bits(raw, 6, 6) ? WALK_READ : 0) | (walk_bits(raw, 7, 7) ? WALK_WRITE : 0) |
	       (walk_bits(raw, 54, 54) ? 0 : WALK_EXEC) | arm_device(walk_bits(raw, 5, 2));
}

/*
 * Hardware keeps no dirty state: what can be written counts as dirty.  Reserved are bits 52 to 48 (contiguous is not
 * used), 53, 11, and in a block those between the address and bit 12.
 */
static void decode_leaf(uint64_t raw, int level, struct walk_entry *entry)
{
	int shift = 12 + 9 * level;

	if (walk_bits(raw, 53, 48) || walk_bits(raw, 11, 11) || !arm_memattr_exists(walk_bits(raw, 5, 2)) ||
	    (level > 0 && walk_bits(raw, shift - 1, 12)))
		return;
	entry->kind = WALK_LEAF;
	entry->out = hpa(walk_bits(raw, 47, shift) << shift);
	entry->rights = rights_of(raw);
	entry->ad = (walk_bits(raw, ARM_ACCESSED, ARM_ACCESSED) ? WALK_ACCESSED : 0) |
		    (entry->rights & WALK_WRITE ? WALK_DIRTY : 0);
}

/* Bit 1: a page at the last level, a table above it; 0: a block, which exists at two levels. */
void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	uint64_t raw = word.low;
	bool bit1 = walk_bits(raw, 1, 1);

	*entry = (struct walk_entry){ .kind = WALK_BAD };
	if (!walk_bits(raw, 0, 0))
		entry->kind = WALK_EMPTY;
	else if (level == 0 ? bit1 : !bit1 && level <= 2)
		decode_leaf(raw, level, entry);
	else if (level > 0 && bit1 && !walk_bits(raw, 63, 59) && !walk_bits(raw, 50, 48))
		arm_table(walk_bits(raw, 47, 12) << 12, entry);
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	return word;
}
