/*
 * arm128: the names of a descriptor's bits, and what hardware misses.  pte.h has the picture; mmu/pt/pt_bits.h says
 * what the columns mean.
 */
#ifndef ARM128_BITS_H
#define ARM128_BITS_H

static const struct pt_bit arm128_bits[] = {
	PT_NUMBER("pfn", 12, 44),
	PT_NUMBER("PIIndex", 115, 4),
	PT_NUMBER("SKL", 109, 2),
	PT_NUMBER("MemAttr", 2, 4),
	PT_NUMBER("SH", 8, 2),
	PT_BIT("AF", 10),
	PT_BIT("D", 7),
	PT_BIT("V", 0),
	PT_SOFTWARE("logged", 91),
};

static inline const struct pt_bit *pte_bits(pte_t pte, size_t *count)
{
	*count = sizeof(arm128_bits) / sizeof(arm128_bits[0]);
	return arm128_bits;
}

/* Hardware: [ARM-ARM] "Translation table descriptor formats", by the sum of level and SKL. */
static inline const char *pte_lacks(pte_t pte, int level)
{
	int skips = pte.raw >> 109 & 3;

	return (pte.raw & 1) && skips && skips != level ? "lacks the SKL of a leaf at this level" : NULL;
}

#endif
