/*
 * ept: the names of an entry's bits, and what hardware misses.  pte.h has the picture; mmu/pt/pt_bits.h says what the
 * columns mean.
 */
#ifndef EPT_BITS_H
#define EPT_BITS_H

static const struct pt_bit ept_bits[] = {
	PT_NUMBER("pfn", 12, 40),
	PT_NUMBER("type", 3, 3),
	PT_LETTERS("DA", 8),
	PT_BIT("PS", 7),
	PT_BIT("IPAT", 6),
	PT_BIT("X", 2),
	PT_BIT("W", 1),
	PT_BIT("R", 0),
	PT_SOFTWARE("logged", 52),
};

static inline const struct pt_bit *pte_bits(pte_t pte, size_t *count)
{
	*count = sizeof(ept_bits) / sizeof(ept_bits[0]);
	return ept_bits;
}

/* Hardware: [SDM3] "EPT Misconfigurations". */
static inline const char *pte_lacks(pte_t pte, int level)
{
	bool can_read = pte.raw & 1, can_write = pte.raw & 2;
	unsigned type = pte.raw >> 3 & 7;

	if (!(pte.raw & 7))
		return NULL;
	if (type == 2 || type == 3 || type == 7)
		return "lacks a type of memory that exists: 2, 3 and 7 are misconfigurations";
	return can_write && !can_read ? "lacks R: W without R is a misconfiguration" : NULL;
}

#endif
