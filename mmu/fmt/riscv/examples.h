/*
 * riscv: worked examples.
 * Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System", "Guest Physical Address Translation".
 */
#ifndef RISCV_EXAMPLES_H
#define RISCV_EXAMPLES_H

/* All but RSW. */
#define PTE_EXAMPLE_LOW  (~(uint64_t)0x300)
#define PTE_EXAMPLE_HIGH ((uint64_t)0)

/* V is 0. */
static inline bool pte_hw_faults(pte_t pte)
{
	return !(pte.raw & 1);
}

#define RAD (PT_ACCESSED | PT_DIRTY)

static const struct pte_example pte_examples[] = {
	/* V alone.  0x80201000 is page 0x80201; shifted by 10 that is 0x20080400. */
	{ PTE_TABLE, 1, 0x0000000080201000, 0, 0, 0x0000000020080401, 0 },
	{ PTE_TABLE, 4, 0x00fffffffffff000, 0, 0, 0x003ffffffffffc01, 0 },

	/* From bit 7 down: D A G U X W R V. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ, PT_ACCESSED, 0x0000000020080453, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, RAD, 0x00000000200804d7, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_EXEC, PT_ACCESSED, 0x000000002008045b, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_EXEC, PT_ACCESSED, 0x0000000020080459, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_RWX, RAD, 0x00000000200804df, 0 },
	{ PTE_LEAF, 0, 0x00fffffffffff000, PT_RWX, RAD, 0x003ffffffffffcdf, 0 },

	/* Neither PT_LOGGED nor PT_DEVICE means anything to hardware. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_LOGGED, PT_ACCESSED, 0x0000000020080453, 0 },
	{ PTE_LEAF, 0, 0x0000000010000000, PT_READ | PT_WRITE | PT_DEVICE, RAD, 0x00000000040000d7, 0 },

	/* A and D one by one. */
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, 0, 0x0000000020080417, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_ACCESSED, 0x0000000020080457, 0 },
	{ PTE_LEAF, 0, 0x0000000080201000, PT_READ | PT_WRITE, PT_DIRTY, 0x0000000020080497, 0 },

	/* Larger leaves look the same: execute-only ones are leaves too, and no tables. */
	{ PTE_LEAF, 1, 0x0000000080200000, PT_EXEC, PT_ACCESSED, 0x0000000020080059, 0 },
	{ PTE_LEAF, 1, 0x00a53c96e1e00000, PT_RWX, RAD, 0x00294f25b87800df, 0 },
	{ PTE_LEAF, 2, 0x00a53c9680000000, PT_RWX, RAD, 0x00294f25a00000df, 0 },
	{ PTE_LEAF, 3, 0x00a53c8000000000, PT_READ, PT_ACCESSED, 0x00294f2000000053, 0 },
	{ PTE_LEAF, 4, 0x00a5000000000000, PT_READ, PT_ACCESSED, 0x0029400000000053, 0 },

	/* Write without read is reserved, now or when it is no longer logged; U is always set, and no choice. */
	{ PTE_EMPTY, 0, 0, PT_WRITE, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_WRITE | PT_EXEC, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_EXEC | PT_LOGGED, 0, 0, 0 },
	{ PTE_EMPTY, 0, 0, PT_READ | PT_USER, 0, 0, 0 },
};

#undef RAD

#endif
