/*
 * Worked examples of a format: entries taken apart by hand, from the specification.
 *
 * The laws compare hooks with each other; two hooks that are wrong in the same way keep them.  So each format's
 * examples.h, which is given data, says of some entries what hardware must find there.  Bits that belong to software
 * are left out: a format may use them as it likes.
 *
 * examples.h defines
 *   pte_examples[]               below
 *   PTE_EXAMPLE_LOW, _HIGH       the bits of tables and leaves that hardware looks at: 63:0 and 127:64
 *   pte_hw_faults(pte)           does hardware fault on the entry whatever else is in it?
 */
#ifndef MMU_PT_PTE_EXAMPLE_H
#define MMU_PT_PTE_EXAMPLE_H

#include "mmu/pt/pte_contract.h"

struct pte_example {
	enum pte_kind kind; /* PTE_TABLE or PTE_LEAF; PTE_EMPTY: there is no leaf with this level and prot */
	int level;
	uint64_t at;        /* physical address of the table or page */
	pt_prot_t prot;     /* of a leaf, and */
	unsigned ad;        /* what it has seen */
	uint64_t low, high; /* what the entry must be for hardware */
};

#include "examples.h"

#endif
