/*
 * toy's entries, by hand from its manual.
 */
#include "grading/sim/test/words.h"

struct walk_word word_empty(void)
{
	return (struct walk_word){ 2, 0 };
}

struct walk_word word_table(hpa_t table)
{
	return (struct walk_word){ table.raw >> 12 << 24, 0 };
}

/* Bits 6:4 at level 0 are X W R; at each level they turn one place to the left. */
struct walk_word word_leaf(hpa_t page, int level, unsigned rights, unsigned ad)
{
	unsigned turned = (rights << level | rights >> (3 - level)) & 7;

	return (struct walk_word){ 1 | ad << 2 | turned << 4 | page.raw >> (12 + 9 * level) << (16 + 3 * level), 0 };
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }
#define TABLE(address) { WALK_TABLE, { address }, WALK_ALL_RIGHTS, A | D }

const struct known known[] = {
	{ { 2 }, 0, { .kind = WALK_EMPTY } },
	{ { 0xffffffffffffffff }, 2, { .kind = WALK_EMPTY } },

	{ { 0 }, 1, TABLE(0) },
	{ { 0x0000080201000000 }, 2, TABLE(0x80201000) },
	{ { 0x00ffffffff000000 }, 1, TABLE(0xffffffff000) },
	{ { 0x0000080201000000 }, 0, BAD },
	{ { 0x0000080201800000 }, 1, BAD },
	{ { 0x0100080201000000 }, 1, BAD },

	{ { 0x802010000 | 0x15 }, 0, { WALK_LEAF, { 0x80201000 }, R, A } },
	{ { 0x802010000 | 0x7d }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },
	{ { 0x802010000 | 0x25 }, 0, { WALK_LEAF, { 0x80201000 }, W, A } },
	{ { 0x802010000 | 0x45 }, 0, { WALK_LEAF, { 0x80201000 }, X, A } },
	{ { 0x802010000 | 0x3b1 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | WALK_DEVICE, 0 } },
	{ { 0x802010000 | 0x415 }, 0, BAD },
	{ { (uint64_t)1 << 48 | 0x15 }, 0, BAD },

	{ { 0x401ull << 19 | 0x15 }, 1, { WALK_LEAF, { 0x80200000 }, X, A } },
	{ { 0x401ull << 19 | 0x25 }, 1, { WALK_LEAF, { 0x80200000 }, R, A } },
	{ { 0x401ull << 19 | 0x45 }, 1, { WALK_LEAF, { 0x80200000 }, W, A } },
	{ { 0x401ull << 19 | 0x10000 | 0x45 }, 1, BAD },

	{ { 2ull << 22 | 0x15 }, 2, { WALK_LEAF, { 0x80000000 }, W, A } },
	{ { 2ull << 22 | 0x25 }, 2, { WALK_LEAF, { 0x80000000 }, X, A } },
	{ { 2ull << 22 | 0x45 }, 2, { WALK_LEAF, { 0x80000000 }, R, A } },
	{ { 0x3fffull << 22 | 0x45 }, 2, { WALK_LEAF, { 0xfffc0000000 }, R, A } },
	{ { 0x4000ull << 22 | 0x45 }, 2, BAD },
};
KNOWN_COUNT;
