/*
 * Entries to try a format with: addresses, rights, raw values.  Included by laws.c and hardware.c.
 */
#ifndef SUITES_MMU_SAMPLES_H
#define SUITES_MMU_SAMPLES_H

#include "grading/suites/mmu/blame.h"

#define RANDOM_VALUES 20000 /* raw values, for kinds */
#define RANDOM_PAGES  24    /* addresses a level */
#define PROT_COUNT    64
#define FIRST_PAGES   3     /* an easy one, the lowest, the highest */
#define TWO_TO(n)     ((uint64_t)1 << (n))

typedef __typeof__(((pte_t *)0)->raw) raw_t;

/* ---- Samples -------------------------------------------------------------------------------------------- */

static inline uint64_t page_mask(int level)
{
	return (TWO_TO(PT_OA_BITS) - 1) & ~(pt_span(level) - 1);
}

/*
 * The i-th address of a page of the level; false when there are no more.  One that reads well, lowest, highest, all
 * single bits, all but one bit, scrambled constants, random ones.
 */
static inline bool sample_page(int i, int level, uint64_t seed, hpa_t *page)
{
	static const uint64_t scrambled[] = {
		0x5a3c96e1d2b487f0, 0xa5c3691e2d4b780f, 0x0123456789abcdef, 0xfedcba9876543210
	};
	const int constants = sizeof(scrambled) / sizeof(scrambled[0]);
	int first = pt_level_shift(level), bits = PT_OA_BITS - first;
	int ones = 3, holes = ones + bits, rest = holes + bits;
	uint64_t raw, state = seed ^ (uint64_t)i << 32;

	if (i == 0)
		raw = 0xc0a03000;
	else if (i < ones)
		raw = i == 1 ? 0 : ~(uint64_t)0;
	else if (i < holes)
		raw = TWO_TO(first + i - ones);
	else if (i < rest)
		raw = ~TWO_TO(first + i - holes);
	else if (i < rest + constants)
		raw = scrambled[i - rest];
	else if (i < rest + constants + RANDOM_PAGES)
		raw = check_random(&state);
	else
		return false;
	*page = hpa(raw & page_mask(level));
	return true;
}

#define for_each_page(i, level, seed, page)  for (int i = 0; sample_page(i, level, seed, &(page)); i++)
#define for_each_leaf_level(level)           for (int level = 0; level <= PT_LEAF_LEVEL_MAX; level++)
#define for_each_level(level)                for (int level = 0; level < PT_LEVELS_MAX; level++)
#define for_each_prot(prot)                  for (pt_prot_t prot = 0; prot < PROT_COUNT; prot++)

/* Call check(page, level, prot) for everything that a leaf can be. */
static inline void for_each_leaf(uint64_t seed, void (*check)(hpa_t page, int level, pt_prot_t prot))
{
	hpa_t page;

	for_each_leaf_level(level) {
		for_each_page(i, level, seed, page) {
			for_each_prot(prot) {
				if (!pte_leaf_ok(level, prot))
					continue;
				now_leaf(page, level, prot);
				check(page, level, prot);
			}
		}
	}
}

/* A raw value: wild ones, sparse and dense ones, small ones, and near misses of what the format makes. */
static inline pte_t sample_raw(uint64_t *state)
{
	uint64_t words[2], pick = check_random(state);
	pte_t pte, made[] = { pte_make_empty(), pte_make_frozen(), pte_make_mmio(0), pte_make_table(hpa(0)),
			      pte_make_leaf(hpa(0), 0, PT_RWX) };

	for (int i = 0; i < 2; i++) {
		words[i] = check_random(state);
		if (pick & 1)
			words[i] &= check_random(state) & check_random(state);
		if (pick & 2)
			words[i] |= check_random(state) | check_random(state);
		if ((pick & 12) == 12)
			words[i] = pick >> 32 & 0xfff;
	}
	__builtin_memcpy(&pte, words, sizeof(pte));
	if ((pick & 0x30) == 0x30) {
		unsigned bit = pick >> 8 & (sizeof(pte) * 8 - 1);

		__builtin_memcpy(words, &made[(pick >> 16) % 5], sizeof(pte));
		words[bit / 64] ^= TWO_TO(bit % 64);
		__builtin_memcpy(&pte, words, sizeof(pte));
	}
	return pte;
}

#endif
