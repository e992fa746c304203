/*
 * Entries to try a format with: addresses, rights, raw values; and what a broken law prints.
 *
 * Included by laws.c and hardware.c, each of which has its own `now`.
 */
#ifndef SUITES_MMU_SAMPLES_H
#define SUITES_MMU_SAMPLES_H

#include "mmu/pt/pte_contract.h"
#include "grading/suites/mmu/check.h"

#define RANDOM_VALUES 20000 /* raw values, for kinds */
#define RANDOM_PAGES  24    /* addresses a level */
#define PROT_COUNT    64
#define TWO_TO(n)     ((uint64_t)1 << (n))

/* ---- Reports -------------------------------------------------------------------------------------------- */

/* What the check that runs now is about. */
static struct {
	int level;
	uint64_t at;
	pt_prot_t prot;
	unsigned ad;
} now;

static inline void prot_to_text(pt_prot_t prot, char text[7])
{
	for (int i = 0; i < 6; i++)
		text[i] = prot >> i & 1 ? "rwxudl"[i] : '-';
	text[6] = 0;
}

/* "0x", and 16 digits or 32: entries have up to 128 bits, numbers that the kernel prints 64. */
static inline void entry_to_text(uint64_t high, uint64_t low, char text[35])
{
	int digits = sizeof(pte_t) * 2;

	*text++ = '0';
	*text++ = 'x';
	for (int i = digits - 1; i >= 0; i--)
		*text++ = "0123456789abcdef"[(i < 16 ? low >> 4 * i : high >> 4 * (i - 16)) & 15];
	*text = 0;
}

/* The words of an entry: bits 63:0 and 127:64. */
static inline uint64_t pte_word(pte_t pte, int index)
{
	uint64_t words[2] = { 0, 0 };

	__builtin_memcpy(words, &pte, sizeof(pte));
	return words[index];
}

static inline void broken(const char *file, int line, const char *law, const char *condition, pte_t pte)
{
	char prot[7], entry[35];

	prot_to_text(now.prot, prot);
	entry_to_text(pte_word(pte, 1), pte_word(pte, 0), entry);
	check_fail(file, line, "%s breaks %s: %s; level %d, hpa 0x%lx, prot %s, ad %u, entry %s", PT_FORMAT, law,
		   condition, now.level, (unsigned long)now.at, prot, now.ad, entry);
}

#define LAW(law, condition, pte)                                                                                       \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			broken(__FILE__, __LINE__, law, #condition, pte);                                              \
	} while (0)

/* ---- Samples -------------------------------------------------------------------------------------------- */

static inline uint64_t page_mask(int level)
{
	return (TWO_TO(PT_OA_BITS) - 1) & ~(pt_span(level) - 1);
}

/*
 * The i-th address of a page of the level; false when there are no more.  Lowest, highest, all single bits, all but one
 * bit, scrambled constants, random ones.
 */
static inline bool sample_page(int i, int level, uint64_t seed, hpa_t *page)
{
	static const uint64_t scrambled[] = {
		0x5a3c96e1d2b487f0, 0xa5c3691e2d4b780f, 0x0123456789abcdef, 0xfedcba9876543210
	};
	const int constants = sizeof(scrambled) / sizeof(scrambled[0]);
	int first = pt_level_shift(level), bits = PT_OA_BITS - first;
	uint64_t raw, state = seed ^ (uint64_t)i << 32;

	if (i < 2)
		raw = i ? ~(uint64_t)0 : 0;
	else if (i < 2 + bits)
		raw = TWO_TO(first + i - 2);
	else if (i < 2 + 2 * bits)
		raw = ~TWO_TO(first + i - 2 - bits);
	else if (i < 2 + 2 * bits + constants)
		raw = scrambled[i - 2 - 2 * bits];
	else if (i < 2 + 2 * bits + constants + RANDOM_PAGES)
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
				now.level = level;
				now.at = page.raw;
				now.prot = prot;
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
