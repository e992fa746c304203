/*
 * What toy's entries mean, after its manual (the head of mmu/fmt/toy/pte.h; toy has no other).
 * Hardware: [TOY] "Entries", "Rights", "Walk", "Updates", "Caching".
 */
#include "grading/sim/walk.h"

const struct walk_format walk_format = {
	.name = "toy",
	.entry_size = 8,
	.index_bits = 9,
	.levels_min = 3,
	.levels_max = 3,
	.extra_min = 2,
	.extra_max = 2,
	.ia_bits_max = 41,
	.oa_bits = 44,
	.id_bits = 2,
	.leaf_level_max = 2,
	.rights_known = WALK_READ | WALK_WRITE | WALK_EXEC | WALK_DEVICE,
	.empty_may_be_cached = true,
	.less_may_be_cached = true,
	.ad_modes = 1 << WALK_AD_SETS,
};

#define BIT_ACCESSED 2
#define BIT_DIRTY    3
#define BIT_DEVICE   7

/* Which right bits 4, 5 and 6 are, at each level. */
static const unsigned char right_of_bit[3][3] = {
	{ WALK_READ, WALK_WRITE, WALK_EXEC },
	{ WALK_EXEC, WALK_READ, WALK_WRITE },
	{ WALK_WRITE, WALK_EXEC, WALK_READ },
};

static unsigned rights_of(uint64_t raw, int level)
{
	unsigned rights = walk_bits(raw, BIT_DEVICE, BIT_DEVICE) ? WALK_DEVICE : 0;

	for (int i = 0; i < 3; i++)
		if (walk_bits(raw, 4 + i, 4 + i))
			rights |= right_of_bit[level][i];
	return rights;
}

static void decode_table(uint64_t raw, int level, struct walk_entry *entry)
{
	if (level == 0 || walk_bits(raw, 23, 2) || walk_bits(raw, 63, 56))
		return;
	entry->kind = WALK_TABLE;
	entry->out = hpa(walk_bits(raw, 55, 24) << 12);
	entry->rights = WALK_ALL_RIGHTS;
	entry->ad = WALK_ACCESSED | WALK_DIRTY;
}

/* The number of the page counts pages of the leaf's size; 44 bits of address are left of it. */
static void decode_leaf(uint64_t raw, int level, struct walk_entry *entry)
{
	int first = 16 + 3 * level, shift = 12 + 9 * level, end = first + 44 - shift;

	if (walk_bits(raw, first - 1, 10) || walk_bits(raw, 63, end))
		return;
	entry->kind = WALK_LEAF;
	entry->out = hpa(walk_bits(raw, end - 1, first) << shift);
	entry->rights = rights_of(raw, level);
	entry->ad = (walk_bits(raw, BIT_ACCESSED, BIT_ACCESSED) ? WALK_ACCESSED : 0) |
		    (walk_bits(raw, BIT_DIRTY, BIT_DIRTY) ? WALK_DIRTY : 0);
}

void walk_decode(struct walk_word word, int level, struct walk_entry *entry)
{
	*entry = (struct walk_entry){ .kind = WALK_BAD };
	switch (walk_bits(word.low, 1, 0)) {
	case 0: decode_table(word.low, level, entry); break;
	case 1: decode_leaf(word.low, level, entry); break;
	default: entry->kind = WALK_EMPTY;
	}
}

struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad)
{
	if (ad & WALK_ACCESSED)
		word.low |= (uint64_t)1 << BIT_ACCESSED;
	if (ad & WALK_DIRTY)
		word.low |= (uint64_t)1 << BIT_DIRTY;
	return word;
}
