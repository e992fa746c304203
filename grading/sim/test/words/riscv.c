/*
 * Entries of RISC-V's second stage, by hand: page number from bit 10; D A G U X W R V.
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
	return (struct walk_word){ page.raw >> 2 | 0x11 | rights << 1 | ad << 6, 0 };
}

#define R  WALK_READ
#define W  WALK_WRITE
#define X  WALK_EXEC
#define A  WALK_ACCESSED
#define D  WALK_DIRTY
#define BAD { .kind = WALK_BAD }
#define TABLE(address) { WALK_TABLE, { address }, WALK_ALL_RIGHTS, A | D }

const struct known known[] = {
	/* V = 0: all other bits are software's. */
	{ { 0 }, 0, { .kind = WALK_EMPTY } },
	{ { 0xfffffffffffffffe }, 2, { .kind = WALK_EMPTY } },

	{ { 0x20080401 }, 1, TABLE(0x80201000) },
	{ { 0x003ffffffffffc01 }, 4, TABLE(0x00fffffffffff000) },
	{ { 0x20080401 }, 0, BAD },      /* a table at the last level */
	{ { 0x20080411 }, 1, BAD },      /* U in a table */
	{ { 0x20080441 }, 1, BAD },      /* A in a table */
	{ { 0x20080481 }, 1, BAD },      /* D in a table */

	{ { 0x20080453 }, 0, { WALK_LEAF, { 0x80201000 }, R, A } },
	{ { 0x200804d7 }, 0, { WALK_LEAF, { 0x80201000 }, R | W, A | D } },
	{ { 0x2008045b }, 0, { WALK_LEAF, { 0x80201000 }, R | X, A } },
	{ { 0x20080459 }, 0, { WALK_LEAF, { 0x80201000 }, X, A } },
	{ { 0x200804df }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } },
	{ { 0x200807df }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, A | D } }, /* with RSW */
	{ { 0x2008041f }, 0, { WALK_LEAF, { 0x80201000 }, R | W | X, 0 } },
	{ { 0x200804cf }, 0, { WALK_LEAF, { 0x80201000 }, 0, A | D } },         /* without U */
	{ { 0x200804d5 }, 0, BAD },      /* W without R */
	{ { 0x200804dd }, 0, BAD },      /* W and X without R */

	{ { 0x200800df }, 1, { WALK_LEAF, { 0x80200000 }, R | W | X, A | D } },
	{ { 0x200804df }, 1, BAD },      /* not aligned to 2 MiB */
	{ { 0x200000df }, 2, { WALK_LEAF, { 0x80000000 }, R | W | X, A | D } },
	{ { 0x200800df }, 2, BAD },      /* not aligned to 1 GiB */
	{ { 0x00200000000000df }, 4, { WALK_LEAF, { 0x0080000000000000 }, R | W | X, A | D } },

	{ { 0x80000000200804df }, 0, BAD }, /* N, without Svnapot */
	{ { 0x20000000200804df }, 0, BAD }, /* PBMT, without Svpbmt */
	{ { 0x00400000200804df }, 0, BAD }, /* bit 54 */
};
KNOWN_COUNT;
