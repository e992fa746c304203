/*
 * toy: worked examples.  Hardware: [TOY] "Entries", "Rights" (pte.h).
 */
#ifndef TOY_EXAMPLES_H
#define TOY_EXAMPLES_H

/* All but the two bits for software. */
#define PTE_EXAMPLE_LOW  (~(uint64_t)0x300)
#define PTE_EXAMPLE_HIGH ((uint64_t)0)

/* Bits 1:0 are 2 or 3. */
static inline bool pte_hw_faults(pte_t pte)
{
	return (pte.raw & 2) != 0;
}

static const struct pte_example pte_examples[] = {
	{ PTE_TABLE, 1, 0x12345678000, 0, 0, 0x0012345678000000, 0 },
	{ PTE_TABLE, 2, 0xffffffff000, 0, 0, 0x00ffffffff000000, 0 },

	/* A 4 KiB leaf: R, W, X are bits 4, 5, 6. */
	{ PTE_LEAF, 0, 0x12345678000, PT_READ, PT_ACCESSED, 0x0000123456780015, 0 },
	{ PTE_LEAF, 0, 0x12345678000, PT_WRITE, PT_ACCESSED | PT_DIRTY, 0x000012345678002d, 0 },
	{ PTE_LEAF, 0, 0x12345678000, PT_EXEC, PT_ACCESSED, 0x0000123456780045, 0 },
	{ PTE_LEAF, 0, 0xffffffff000, PT_RWX, PT_DIRTY, 0x0000ffffffff0079, 0 },
	{ PTE_LEAF, 0, 0x12345678000, PT_READ | PT_DEVICE, 0, 0x0000123456780091, 0 },

	/* 2 MiB: X, R, W are bits 4, 5, 6, and the number begins at bit 19.  0x12345600000 is page 0x91a2b. */
	{ PTE_LEAF, 1, 0x12345600000, PT_READ, PT_ACCESSED, 0x00000048d1580025, 0 },
	{ PTE_LEAF, 1, 0x12345600000, PT_WRITE, PT_ACCESSED, 0x00000048d1580045, 0 },
	{ PTE_LEAF, 1, 0x12345600000, PT_EXEC, PT_ACCESSED, 0x00000048d1580015, 0 },

	/* 1 GiB: W, X, R are bits 4, 5, 6, and the number begins at bit 22.  0x12340000000 is page 0x48d. */
	{ PTE_LEAF, 2, 0x12340000000, PT_READ, PT_ACCESSED, 0x0000000123400045, 0 },
	{ PTE_LEAF, 2, 0x12340000000, PT_WRITE, PT_ACCESSED, 0x0000000123400015, 0 },
	{ PTE_LEAF, 2, 0x12340000000, PT_EXEC, PT_ACCESSED, 0x0000000123400025, 0 },
	{ PTE_LEAF, 2, 0xfffc0000000, PT_RWX | PT_DEVICE, PT_ACCESSED | PT_DIRTY, 0x0000000fffc000fd, 0 },

	/* There is no user mode to allow or forbid. */
	{ PTE_EMPTY, 0, 0, PT_READ | PT_USER, 0, 0, 0 },
};

#endif
