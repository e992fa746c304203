/*
 * Entries of x86-64's own tables, by hand: as in the nested tables, but U/S is the user's.
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
	return (struct walk_word){ page.raw | 0x01 | (rights & WALK_WRITE) | ad << 5 | (level ? 0x80 : 0) |
				   (rights & WALK_EXEC ? 0 : (uint64_t)1 << 63), 0 };
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define U  WALK_USER
#define UC WALK_DEVICE
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }
#define TABLE(address, rights, ad) { WALK_TABLE, { address }, (rights) | WALK_DEVICE, (ad) | D }

const struct known known[] = {
	{ { 0xfffffffffffffffe }, 2, { .kind = WALK_EMPTY } },
	{ { 0x80201007 }, 1, TABLE(0x80201000, R | W | X | U, 0) },
	{ { 0x80201023 }, 3, TABLE(0x80201000, R | W | X, A) },
	{ { 0x80201087 }, 3, BAD },
	{ { 0x80201021 }, 0, { WALK_LEAF, { 0x80201000 }, R | X, A } },
	{ { 0x80201067 }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X | U, A | D } },
	{ { 0x8000000080201063 }, 0, { WALK_LEAF, { 0x80201000 }, R | W, A | D } },
	{ { 0x800000008020107f }, 0, { WALK_LEAF, { 0x80201000 }, R | W | U | UC, A | D } },
	{ { 0x802000e3 }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },
	{ { 0x802020e3 }, 1, BAD },
	{ { 0x800000e3 }, 2, { WALK_LEAF, { 0x80000000 }, R | W | X, A | D } },
	{ { 0x802000e3 }, 2, BAD },
};
KNOWN_COUNT;
