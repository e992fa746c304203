/*
 * ept: worked examples.  Hardware: [SDM3] "EPT Translation Mechanism".
 */
#ifndef EPT_EXAMPLES_H
#define EPT_EXAMPLES_H

/* All but bit 11 and bits 56:52, which hardware ignores. */
#define PTE_EXAMPLE_LOW  ((uint64_t)0xfe0ffffffffff7ff)
#define PTE_EXAMPLE_HIGH ((uint64_t)0)

/* R, W and X are 0. */
static inline bool pte_hw_faults(pte_t pte)
{
	return !(pte.raw & 7);
}

#define EAD (PT_ACCESSED | PT_DIRTY)

static const struct pte_example pte_examples[] = {
	/* R, W, X, A. */
	{ PTE_TABLE, 1, 0x0000000080201000, 0, 0, 0x0000000080201107, 0 },
	{ PTE_TABLE, 4, 0x000ffffffffff000, 0, 0, 0x000ffffffffff107, 0 },

	/* From bit 9 down: D A PS IPAT, three bits of type (110: write-back), X W R. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ, PT_ACCESSED, 0x0000000080201131, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, EAD, 0x0000000080201333, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_EXEC, PT_ACCESSED, 0x0000000080201135, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_EXEC, PT_ACCESSED, 0x0000000080201134, 0 },
	{ PTE_LEAF, 0, 0x000ffffffffff000, PT_RWX, EAD, 0x000ffffffffff337, 0 },

	/* UC is type 0; PT_LOGGED means nothing to hardware. */
	{ PTE_LEAF, 0, 0x00000000feb00000, PT_READ | PT_WRITE | PT_DEVICE, EAD, 0x00000000feb00303, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_LOGGED, PT_ACCESSED, 0x0000000080201131, 0 },

	/* A and D one by one. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, 0, 0x0000000080201033, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_ACCESSED, 0x0000000080201133, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_DIRTY, 0x0000000080201233, 0 },

	/* Larger leaves have PS. */
	{ PTE_LEAF, 1, 0x000a53c96e000000, PT_RWX, EAD, 0x000a53c96e0003b7, 0 },
	{ PTE_LEAF, 2, 0x000a53c940000000, PT_READ | PT_EXEC, PT_ACCESSED, 0x000a53c9400001b5, 0 },

	/* Write without read is a misconfiguration, now or when it is no longer logged. */
	{ PTE_EMPTY, 0, 0, PT_WRITE, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_WRITE | PT_EXEC, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_EXEC | PT_LOGGED, 0, 0, 0 },
	{ PTE_EMPTY, 3, 0, PT_READ, 0, 0, 0 },
};

#undef EAD

#endif
