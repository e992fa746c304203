/*
 * arm64: worked examples.  Hardware: [ARM-ARM] "Translation table descriptor formats".
 */
#ifndef ARM64_EXAMPLES_H
#define ARM64_EXAMPLES_H

/* All but bits 58:55, which are for software. */
#define PTE_EXAMPLE_LOW  ((uint64_t)0xf87fffffffffffff)
#define PTE_EXAMPLE_HIGH ((uint64_t)0)

/* V is 0. */
static inline bool pte_hw_faults(pte_t pte)
{
	return !(pte.raw & 1);
}

#define AAD (PT_ACCESSED | PT_DIRTY)

static const struct pte_example pte_examples[] = {
	{ PTE_TABLE, 1, 0x0000000080201000, 0, 0, 0x0000000080201003, 0 },
	{ PTE_TABLE, 3, 0x0000fffffffff000, 0, 0, 0x0000fffffffff003, 0 },

	/* From bit 10 down: AF, SH (11), W R of S2AP, MemAttr (1111), T, V; and XN. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ, PT_ACCESSED, 0x004000008020177f, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_WRITE, AAD, 0x00400000802017bf, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, AAD, 0x00400000802017ff, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_EXEC, PT_ACCESSED, 0x000000008020177f, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_EXEC, PT_ACCESSED, 0x000000008020173f, 0 },
	{ PTE_LEAF, 0, 0x0000fffffffff000, PT_RWX, AAD, 0x0000fffffffff7ff, 0 },

	/* A device: MemAttr 0001.  What is logged cannot be written. */
	{ PTE_LEAF, 0, 0x0000000009000000, PT_READ | PT_WRITE | PT_DEVICE, AAD, 0x00400000090004c7, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_LOGGED, PT_ACCESSED, 0x004000008020177f, 0 },

	/* What is clean cannot be written; what was not accessed has AF = 0. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, 0, 0x004000008020137f, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_ACCESSED, 0x004000008020177f, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_DIRTY, 0x00400000802013ff, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_LOGGED, AAD, 0x004000008020177f, 0 },

	/* Blocks have T = 0. */
	{ PTE_LEAF, 1, 0x0000a53c96e00000, PT_RWX, AAD, 0x0000a53c96e007fd, 0 },
	{ PTE_LEAF, 2, 0x0000a53c80000000, PT_READ | PT_EXEC, PT_ACCESSED, 0x0000a53c8000077d, 0 },

	/* Devices are not executed, and there are no blocks of 512 GiB. */
	{ PTE_EMPTY, 0, 0, PT_READ | PT_EXEC | PT_DEVICE, 0, 0, 0 },
	{ PTE_EMPTY, 3, 0, PT_READ, 0, 0, 0 },
};

#undef AAD

#endif
