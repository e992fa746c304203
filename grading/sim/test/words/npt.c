/*
 * Entries of AMD's nested tables, by hand: NX, address in bits 51:12, PS D A PCD PWT U/S R/W P.
 */
#include "grading/sim/test/words.h"

struct walk_word word_empty(void)
{
	return (struct walk_word){ 0, 0 };
}

struct walk_word word_table(hpa_t table)
{
	return (struct walk_word){ table.raw | 0x07, 0 };
}

struct walk_word word_leaf(hpa_t page, int level, unsigned rights, unsigned ad)
{
	return (struct walk_word){ page.raw | 0x05 | (rights & WALK_WRITE) | ad << 5 | (level ? 0x80 : 0) |
				   (rights & WALK_EXEC ? 0 : (uint64_t)1 << 63), 0 };
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define UC WALK_DEVICE
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }
#define TABLE(address, rights, ad) { WALK_TABLE, { address }, (rights) | WALK_DEVICE, (ad) | D }

const struct known known[] = {
	{ { 0 }, 0, { .kind = WALK_EMPTY } },
	{ { 0xfffffffffffffffe }, 2, { .kind = WALK_EMPTY } },

	{ { 0x80201007 }, 1, TABLE(0x80201000, R | W | X, 0) },
	{ { 0x80201027 }, 3, TABLE(0x80201000, R | W | X, A) },
	{ { 0x000ffffffffff007 }, 4, TABLE(0x000ffffffffff000, R | W | X, 0) },
	{ { 0x80201005 }, 1, TABLE(0x80201000, R | X, 0) },
	{ { 0x8000000080201007 }, 1, TABLE(0x80201000, R | W, 0) },
	{ { 0x80201003 }, 1, { WALK_TABLE, { 0x80201000 }, 0, D } }, /* without U/S */
	{ { 0x80201087 }, 3, BAD },                     /* PS above level 2 */

	{ { 0x80201025 }, 0, { WALK_LEAF, { 0x80201000 }, R | X, A } },
	{ { 0x80201067 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },
	{ { 0x8000000080201067 }, 0, { WALK_LEAF, { 0x80201000 }, R | W, A | D } },
	{ { 0x80201063 }, 0, { WALK_LEAF, { 0x80201000 }, 0, A | D } },            /* without U/S */
	{ { 0x80201007 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, 0 } },
	{ { 0x800000008020107f }, 0, { WALK_LEAF, { 0x80201000 }, R | W | UC, A | D } },
	{ { 0x7ff0000080201e67 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } }, /* AVL */

	{ { 0x802000e7 }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },
	{ { 0x802010e7 }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },    /* bit 12 is PAT */
	{ { 0x802020e7 }, 1, BAD },
	{ { 0x800000e7 }, 2, { WALK_LEAF, { 0x80000000 }, R | W | X, A | D } },
	{ { 0x802000e7 }, 2, BAD },
};
KNOWN_COUNT;
