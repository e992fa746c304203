/*
 * npt: the names of an entry's bits, and what hardware misses.  pte.h has the picture; mmu/pt/pt_bits.h says what the
 * columns mean.
 */
#ifndef NPT_BITS_H
#define NPT_BITS_H

static const struct pt_bit npt_bits[] = {
	PT_NUMBER("pfn", 12, 40),
	PT_BIT("NX", 63),
	PT_BIT("G", 8),
	PT_BIT_AT(PT_ABOVE_LEVEL_0, "PS", 7),
	PT_BIT_AT(PT_LEVEL(0), "PAT", 7),
	PT_LETTERS("DA", 5),
	PT_BIT("PCD", 4),
	PT_BIT("PWT", 3),
	PT_BIT("U/S", 2),
	PT_BIT("R/W", 1),
	PT_BIT("P", 0),
	PT_SOFTWARE("logged", 9),
};

static inline const struct pt_bit *pte_bits(pte_t pte, size_t *count)
{
	*count = sizeof(npt_bits) / sizeof(npt_bits[0]);
	return npt_bits;
}

/* Tables too: hardware joins the rights of all levels.  Hardware: [APM2] "Nested Paging". */
static inline const char *pte_lacks(pte_t pte, int level)
{
	bool is_present = pte.raw & 1, is_users = pte.raw & 4;

	return is_present && !is_users ? "lacks U/S: hardware checks every access of the second stage as user's" : NULL;
}

#endif
