/*
 * Entries of RISC-V's first stage, by hand: as in the second, but U is the user's.
 */
#include "grading/sim/test/words.h"

struct walk_word word_empty(void)
{
	return (struct walk_word){ 0, 0 };
}

struct walk_word word_table(hpa_t table)
{
	return (struct walk_word){ table.raw >> 2 | 0x01, 0 };
}

struct walk_word word_leaf(hpa_t page, int level, unsigned rights, unsigned ad)
{
	return (struct walk_word){ page.raw >> 2 | 0x01 | rights << 1 | ad << 6, 0 };
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define U  WALK_USER
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }

const struct known known[] = {
	{ { 0xfffffffffffffffe }, 2, { .kind = WALK_EMPTY } },
	{ { 0x20080401 }, 1, { WALK_TABLE, { 0x80201000 }, WALK_ALL_RIGHTS, A | D } },
	{ { 0x20080401 }, 0, BAD },
	{ { 0x20080411 }, 1, BAD },
	{ { 0x200804cf }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },
	{ { 0x200804df }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X | U, A | D } },
	{ { 0x20080453 }, 0, { WALK_LEAF, { 0x80201000 }, R | U, A } },
	{ { 0x20080449 }, 0, { WALK_LEAF, { 0x80201000 }, X, A } },
	{ { 0x200804c5 }, 0, BAD }, /* W without R */
	{ { 0x200800cf }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },
	{ { 0x200804cf }, 1, BAD },
	{ { 0x200000ef }, 2, { WALK_LEAF, { 0x80000000 }, R | W | X, A | D } }, /* with G */
	{ { 0x80000000200804cf }, 0, BAD },
};
KNOWN_COUNT;
