/*
 * x86_4l: worked examples.  Hardware: [APM2] "Page-Translation-Table Entry Fields".
 */
#ifndef X86_4L_EXAMPLES_H
#define X86_4L_EXAMPLES_H

/* All but bits 11:9 and 62:52, which are free or of features that Flatland leaves off. */
#define PTE_EXAMPLE_LOW  ((uint64_t)0x800ffffffffff1ff)
#define PTE_EXAMPLE_HIGH ((uint64_t)0)

/* P is 0. */
static inline bool pte_hw_faults(pte_t pte)
{
	return !(pte.raw & 1);
}

#define XAD (PT_ACCESSED | PT_DIRTY)

static const struct pte_example pte_examples[] = {
	/* P, R/W, U/S, A. */
	{ PTE_TABLE, 1, 0x0000000080201000, 0, 0, 0x0000000080201027, 0 },
	{ PTE_TABLE, 3, 0x000ffffffffff000, 0, 0, 0x000ffffffffff027, 0 },

	/* From bit 7 down: PAT D A PCD PWT U/S R/W P; and NX. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ, PT_ACCESSED, 0x8000000080201021, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, XAD, 0x8000000080201063, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_EXEC, PT_ACCESSED, 0x0000000080201021, 0 },
	{ PTE_LEAF, 0, 0x000ffffffffff000, PT_RWX, XAD, 0x000ffffffffff063, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_USER, PT_ACCESSED, 0x8000000080201025, 0 },
	{ PTE_LEAF, 0, 0x00000000feb00000, PT_READ | PT_WRITE | PT_DEVICE, XAD, 0x80000000feb0007b, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_ACCESSED, 0x8000000080201023, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_DIRTY, 0x8000000080201043, 0 },

	/* Larger leaves have PS. */
	{ PTE_LEAF, 1, 0x000a53c96e000000, PT_RWX | PT_USER, XAD, 0x000a53c96e0000e7, 0 },
	{ PTE_LEAF, 2, 0x000a53c940000000, PT_READ | PT_EXEC, PT_ACCESSED, 0x000a53c9400000a1, 0 },

	/* What is present can be read; PS is reserved above level 2. */
	{ PTE_EMPTY, 0, 0, PT_WRITE, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_EXEC | PT_USER, 0, 0, 0 },
	{ PTE_EMPTY, 3, 0, PT_READ, 0, 0, 0 },
};

#undef XAD

#endif
