/*
 * Descriptors of Arm's second stage, 64 bits, by hand: XN in bit 54, address, AF in 10, SH in 9:8, S2AP in 7:6, MemAttr
 * in 5:2, the two bits of the type.
 */
#include "grading/sim/test/words.h"

struct walk_word word_empty(void)
{
	return (struct walk_word){ 0, 0 };
}

struct walk_word word_table(hpa_t table)
{
	return (struct walk_word){ table.raw | 0x3, 0 };
}

/* No dirty state: a leaf is writable or not. */
struct walk_word word_leaf(hpa_t page, int level, unsigned rights, unsigned ad)
{
	return (struct walk_word){ page.raw | (level ? 0x1 : 0x3) | 0x33c | (rights & 3) << 6 |
				   (ad & WALK_ACCESSED) << 10 |
				   (rights & WALK_EXEC ? 0 : (uint64_t)1 << 54), 0 };
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
	{ { 0xfffffffffffffffe }, 2, { .kind = WALK_EMPTY } },

	{ { 0x80201003 }, 1, TABLE(0x80201000) },
	{ { 0x0000fffffffff003 }, 3, TABLE(0x0000fffffffff000) },
	{ { 0x8000000080201003 }, 1, BAD }, /* NSTable does not exist in stage 2 */

	{ { 0x004000008020177f }, 0, { WALK_LEAF, { 0x80201000 }, R, A } },
	{ { 0x8020177f }, 0, { WALK_LEAF, { 0x80201000 }, R | X, A } },
	{ { 0x802017ff }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },
	{ { 0x802017bf }, 0, { WALK_LEAF, { 0x80201000 }, W | X, A | D } },
	{ { 0x802013ff }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, D } },
	{ { 0x00400000802014c7 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | DEV, A | D } },
	{ { 0x07800000802017ff }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } }, /* software's bits */
	{ { 0x802017fd }, 0, BAD },         /* a block at the last level */
	{ { 0x802017d3 }, 0, BAD },         /* MemAttr 0100 */

	{ { 0x802007fd }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },
	{ { 0x802017fd }, 1, BAD },
	{ { 0x800007fd }, 2, { WALK_LEAF, { 0x80000000 }, R | W | X, A | D } },
	{ { 0x802007fd }, 2, BAD },
	{ { 0x800007fd }, 3, BAD },         /* a block above Arm's level 1 */
};
KNOWN_COUNT;
