/*
 * toy: the names of an entry's bits.  pte.h has the manual; mmu/pt/pt_bits.h says what the columns mean.
 */
#ifndef TOY_BITS_H
#define TOY_BITS_H

static const struct pt_bit toy_table_bits[] = {
	PT_NUMBER("table", 24, 32),
	PT_NUMBER("type", 0, 2),
};

/* What differs between levels has a line for each. */
static const struct pt_bit toy_leaf_bits[] = {
	PT_NUMBER_AT(PT_LEVEL(0), "page", 16, 40),
	PT_NUMBER_AT(PT_LEVEL(1), "page", 19, 37),
	PT_NUMBER_AT(PT_LEVEL(2), "page", 22, 34),
	PT_NUMBER("type", 0, 2),
	PT_LETTERS("DA", 2),
	PT_LETTERS_AT(PT_LEVEL(0), "XWR", 4),
	PT_LETTERS_AT(PT_LEVEL(1), "WRX", 4),
	PT_LETTERS_AT(PT_LEVEL(2), "RXW", 4),
	PT_BIT("d", 7),
	PT_SOFTWARE("logged", 8),
};

static inline const struct pt_bit *pte_bits(pte_t pte, size_t *count)
{
	bool is_table = (pte.raw & 3) == 0;

	*count = is_table ? sizeof(toy_table_bits) / sizeof(toy_table_bits[0])
			  : sizeof(toy_leaf_bits) / sizeof(toy_leaf_bits[0]);
	return is_table ? toy_table_bits : toy_leaf_bits;
}

/* A table at level 0 is reserved, and counts as a leaf.  Hardware: [TOY] "Entries". */
static inline const char *pte_lacks(pte_t pte, int level)
{
	return level == 0 && (pte.raw & 3) == 0 ? "lacks type 1: there are no tables at level 0" : NULL;
}

#endif
