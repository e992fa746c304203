/*
 * Entries of Intel's extended page tables, by hand: address in bits 51:12, D A PS IPAT, type in 5:3, X W R.
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
	return (struct walk_word){ page.raw | 0x30 | rights | ad << 8 | (level ? 0x80 : 0), 0 };
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define UC WALK_DEVICE
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }
#define TABLE(address, rights, ad) { WALK_TABLE, { address }, (rights) | WALK_USER | WALK_DEVICE, (ad) | D }

const struct known known[] = {
	{ { 0xfffffffffffffff8 }, 2, { .kind = WALK_EMPTY } },

	{ { 0x80201007 }, 1, TABLE(0x80201000, R | W | X, 0) },
	{ { 0x80201105 }, 3, TABLE(0x80201000, R | X, A) },
	{ { 0x000ffffffffff001 }, 4, TABLE(0x000ffffffffff000, R, 0) },
	{ { 0x8020100f }, 1, BAD }, /* a type in a table */
	{ { 0x80201047 }, 1, BAD },
	{ { 0x80201087 }, 3, BAD }, /* bit 7 above level 2 */
	{ { 0x80201006 }, 1, BAD }, /* W without R */

	{ { 0x80201131 }, 0, { WALK_LEAF, { 0x80201000 }, R, A } },
	{ { 0x80201333 }, 0, { WALK_LEAF, { 0x80201000 }, R | W, A | D } },
	{ { 0x80201134 }, 0, { WALK_LEAF, { 0x80201000 }, X, A } },
	{ { 0x80201037 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, 0 } },
	{ { 0x80201377 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },      /* with IPAT */
	{ { 0x80201303 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | UC, A | D } },
	{ { 0x80201032 }, 0, BAD }, /* W without R */
	{ { 0x80201036 }, 0, BAD },
	{ { 0x80201017 }, 0, BAD }, /* types 2, 3, 7 */
	{ { 0x8020101f }, 0, BAD },
	{ { 0x8020103f }, 0, BAD },

	{ { 0x802003b7 }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },
	{ { 0x802013b7 }, 1, BAD },
	{ { 0x800003b7 }, 2, { WALK_LEAF, { 0x80000000 }, R | W | X, A | D } },
	{ { 0x802003b7 }, 2, BAD },
};
KNOWN_COUNT;
