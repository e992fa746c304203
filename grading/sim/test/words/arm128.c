/*
 * Descriptors of Arm's second stage, 128 bits, by hand.  Low: address in 55:12, AF in 10, SH in 9:8, dirty in 7,
 * MemAttr in 5:2, valid.  High: PIIndex from bit 51, SKL from bit 45.
 */
#include "grading/sim/test/words.h"

struct walk_word word_empty(void)
{
	return (struct walk_word){ 0, 0 };
}

struct walk_word word_table(hpa_t table)
{
	return (struct walk_word){ table.raw | 0x1, 0 };
}

static uint64_t index_of(unsigned rights)
{
	return rights & WALK_WRITE ? (rights & WALK_EXEC ? 15 : 12) : (rights & WALK_EXEC ? 11 : 8);
}

struct walk_word word_leaf(hpa_t page, int level, unsigned rights, unsigned ad)
{
	return (struct walk_word){
		.low = page.raw | 0x33d | (ad & WALK_ACCESSED ? 0x400 : 0) | (ad & WALK_DIRTY ? 0x80 : 0),
		.high = index_of(rights) << 51 | (uint64_t)level << 45,
	};
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define DEV WALK_DEVICE
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }
#define TABLE(address) { WALK_TABLE, { address }, WALK_ALL_RIGHTS, A | D }

const struct known known[] = {
	{ { 0xfffffffffffffffe, 0xffffffffffffffff }, 2, { .kind = WALK_EMPTY } },

	{ { 0x80201001, 0 }, 1, TABLE(0x80201000) },
	{ { 0x00fffffffffff001, 0 }, 4, TABLE(0x00fffffffffff000) },
	{ { 0x80201001, 0x0000200000000000 }, 2, BAD }, /* skips one level of two */
	{ { 0x80201001, 0x0000600000000000 }, 2, BAD }, /* skips more than there are */

	{ { 0x8020173d, 0x0040000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, R, A } },
	{ { 0x8020173d, 0x0058000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, R | X, A } },
	{ { 0x802017bd, 0x0060000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, R | W, A | D } },
	{ { 0x802017bd, 0x0078000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },
	{ { 0x8020133d, 0x0078000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, 0 } },
	{ { 0x8020133d, 0x0020000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, W, 0 } },
	{ { 0x802017bd, 0 }, 0, { WALK_LEAF, { 0x80201000 }, 0, A | D } },
	{ { 0x80201485, 0x0060000000000000 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | DEV, A | D } },

	{ { 0x801007bd, 0x0078200000000000 }, 1, { WALK_LEAF, { 0x80100000 }, R | W | X, A | D } },
	{ { 0x801017bd, 0x0078200000000000 }, 1, BAD },
	{ { 0x900007bd, 0x0078400000000000 }, 2, { WALK_LEAF, { 0x90000000 }, R | W | X, A | D } },
	{ { 0x801007bd, 0x0078400000000000 }, 2, BAD },
	{ { 0x10000007bd, 0x0078600000000000 }, 3, { WALK_LEAF, { 0x1000000000 }, R | W | X, A | D } },
};
KNOWN_COUNT;
