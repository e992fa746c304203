/*
 * riscv: the names of an entry's bits, and what hardware misses.  pte.h has the picture; mmu/pt/pt_bits.h says what the
 * columns mean.
 */
#ifndef RISCV_BITS_H
#define RISCV_BITS_H

static const struct pt_bit riscv_bits[] = {
	PT_NUMBER("ppn", 10, 44),
	PT_LETTERS("DA", 6),
	PT_BIT("G", 5),
	PT_BIT("U", 4),
	PT_BIT("X", 3),
	PT_BIT("W", 2),
	PT_BIT("R", 1),
	PT_BIT("V", 0),
	PT_SOFTWARE("logged", 8),
	PT_SOFTWARE("device", 9),
};

static inline const struct pt_bit *pte_bits(pte_t pte, size_t *count)
{
	*count = sizeof(riscv_bits) / sizeof(riscv_bits[0]);
	return riscv_bits;
}

/* Hardware: [RV-PRIV] "Guest Physical Address Translation", on U; "Addressing and Memory Protection" of Sv32, on R. */
static inline const char *pte_lacks(pte_t pte, int level)
{
	bool is_valid = pte.raw & 1, can_read = pte.raw & 2, can_write = pte.raw & 4, can_execute = pte.raw & 8;

	if (!is_valid || !(can_read || can_write || can_execute))
		return NULL;
	if (!(pte.raw & 0x10))
		return "lacks U: hardware checks every access of the second stage as user's";
	return can_write && !can_read ? "lacks R: W without R is reserved" : NULL;
}

#endif
