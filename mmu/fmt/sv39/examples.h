/*
 * sv39: worked examples.  Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System".
 */
#ifndef SV39_EXAMPLES_H
#define SV39_EXAMPLES_H

/* All but RSW. */
#define PTE_EXAMPLE_LOW  (~(uint64_t)0x300)
#define PTE_EXAMPLE_HIGH ((uint64_t)0)

/* V is 0. */
static inline bool pte_hw_faults(pte_t pte)
{
	return !(pte.raw & 1);
}

#define SAD (PT_ACCESSED | PT_DIRTY)

static const struct pte_example pte_examples[] = {
	{ PTE_TABLE, 1, 0x0000000080201000, 0, 0, 0x0000000020080401, 0 },
	{ PTE_TABLE, 2, 0x00fffffffffff000, 0, 0, 0x003ffffffffffc01, 0 },

	/* From bit 7 down: D A G U X W R V. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ, PT_ACCESSED, 0x0000000020080443, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, SAD, 0x00000000200804c7, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_EXEC, PT_ACCESSED, 0x0000000020080449, 0 },
	{ PTE_LEAF, 0, 0x00fffffffffff000, PT_RWX, SAD, 0x003ffffffffffccf, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_USER, PT_ACCESSED, 0x0000000020080453, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_RWX | PT_USER, SAD, 0x00000000200804df, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_ACCESSED, 0x0000000020080447, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_DIRTY, 0x0000000020080487, 0 },
	{ PTE_LEAF, 1, 0x0000000080200000, PT_EXEC, PT_ACCESSED, 0x0000000020080049, 0 },
	{ PTE_LEAF, 1, 0x00a53c96e1e00000, PT_RWX, SAD, 0x00294f25b87800cf, 0 },
	{ PTE_LEAF, 2, 0x00a53c9680000000, PT_RWX, SAD, 0x00294f25a00000cf, 0 },

	/* Write without read is reserved. */
	{ PTE_EMPTY, 0, 0, PT_WRITE, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_WRITE | PT_EXEC | PT_USER, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_EXEC | PT_LOGGED, 0, 0, 0 },
};

#undef SAD

#endif
