/*
 * x86_4l: the names of an entry's bits.  mmu/pt/pt_bits.h says what the columns mean.
 */
#ifndef X86_4L_BITS_H
#define X86_4L_BITS_H

static const struct pt_bit x86_bits[] = {
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
	*count = sizeof(x86_bits) / sizeof(x86_bits[0]);
	return x86_bits;
}

/* Hardware: [APM2] "Page-Attribute Table Mechanism": index 3 is uncacheable. */
static inline const char *pte_lacks(pte_t pte, int level)
{
	unsigned type = pte.raw >> 3 & 3;

	return (pte.raw & 1) && (type == 1 || type == 2) ? "lacks PCD or PWT: a device has both" : NULL;
}

#endif
