/*
 * What entries mean in Intel's extended page tables, on a processor with execute-only translations and 2 MiB and 1 GiB
 * pages; mode-based execute control is off.
 *
 * Hardware: [SDM3] "EPT Translation Mechanism", "EPT Misconfigurations", "Accessed and Dirty Flags for EPT".
 */
#include "grading/sim/walk.h"

const struct walk_format walk_format = {
	.name = "ept",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 4,
	.levels_max = 5,
	.ia_bits_max = 57,
	.oa_bits = 52,
	.id_bits = 16,
	.leaf_level_max = 2,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC | WALK_DEVICE,
	.ad_modes = 1 << WALK_AD_SETS | 1 << WALK_AD_IGNORES,
};

#define IS_LARGE 7
#define ACCESSED 8
#define DIRTY    9

static unsigned ad_of(uint64_t raw)
{
	return (walk_bits(raw, ACCESSED, ACCESSED) ? WALK_ACCESSED : 0) |
	       (walk_bits(raw, DIRTY, DIRTY) ? WALK_DIRTY : 0);
}

/* Bits 2:0 are read, write, execute, as in WALK_...  Bits 6:3 are reserved. */
static void decode_table(uint64_t raw, struct walk_entry *entry)
{
	if (walk_bits(raw, 6, 3))
		return;
	entry->kind = WALK_TABLE;
	entry->out = hpa(walk_bits(raw, 51, 12) << 12);
	entry->rights = walk_bits(raw, 2, 0) | WALK_USER | WALK_DEVICE;
	entry->ad = ad_of(raw) | WALK_DIRTY;
}

/* Types: 0 uncacheable, 1 write-combining, 4 write-through, 5 write-protected, 6 write-back; others are reserved. */
static bool type_exists(unsigned type)
{
	return 0x73 >> type & 1;
}

static void decode_leaf(uint64_t raw, int level, struct walk_entry *entry)
{
	int shift = 12 + 9 * level;
	unsigned type = walk_bits(raw, 5, 3);

	if (!type_exists(type) || (level > 0 && walk_bits(raw, shift - 1, 12)))
		return;
	entry->kind = WALK_LEAF;
	entry->out = hpa(walk_bits(raw, 51, shift) << shift);
	entry->rights = walk_bits(raw, 2, 0) | (type == 0 ? WALK_DEVICE : 0);
	entry->ad = ad_of(raw);
}

/* Write without read is a misconfiguration.  Bit 7 makes a leaf at levels 1 and 2; above, it is reserved. */
void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	uint64_t raw = word.low;
	bool large = walk_bits(raw, IS_LARGE, IS_LARGE);

	*entry = (struct walk_entry){ .kind = WALK_BAD };
	if (!walk_bits(raw, 2, 0))
		entry->kind = WALK_EMPTY;
	else if (walk_bits(raw, 1, 0) == WALK_WRITE)
		return;
	else if (level == 0 || (level <= 2 && large))
		decode_leaf(raw, level, entry);
	else if (!large)
		decode_table(raw, entry);
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	word.low |= (ad & WALK_ACCESSED ? 1 << ACCESSED : 0) | (ad & WALK_DIRTY ? 1 << DIRTY : 0);
	return word;
}
