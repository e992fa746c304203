/*
 * arm64: the names of a descriptor's bits, and what hardware misses.  pte.h has the picture; mmu/pt/pt_bits.h says what
 * the columns mean.
 */
#ifndef ARM64_BITS_H
#define ARM64_BITS_H

static const struct pt_bit arm64_bits[] = {
	PT_NUMBER("pfn", 12, 36),
	PT_NUMBER("MemAttr", 2, 4),
	PT_NUMBER("SH", 8, 2),
	PT_BIT("XN", 54),
	PT_BIT("AF", 10),
	PT_LETTERS("WR", 6), /* S2AP */
	PT_BIT("T", 1),
	PT_BIT("V", 0),
	PT_SOFTWARE("writable", 56),
	PT_SOFTWARE("logged", 57),
	PT_SOFTWARE("dirty", 58),
};

static inline const struct pt_bit *pte_bits(pte_t pte, size_t *count)
{
	*count = sizeof(arm64_bits) / sizeof(arm64_bits[0]);
	return arm64_bits;
}

/* AF is not missing where it is clear: software looks at the fault.  Hardware: [ARM-ARM] "Translation table descriptor
 * formats". */
static inline const char *pte_lacks(pte_t pte, int level)
{
	bool is_valid = pte.raw & 1, is_page = pte.raw & 2;
	bool can_write = pte.raw >> 7 & 1, is_writable = pte.raw >> 56 & 1, is_dirty = pte.raw >> 58 & 1;

	if (!is_valid)
		return NULL;
	if (is_writable && is_dirty && !can_write)
		return "lacks W of S2AP: it may be written, and is dirty";
	return level == 0 && !is_page ? "lacks T: at level 0 a descriptor without it is reserved" : NULL;
}

#endif
