/*
 * riscv: entries of RISC-V's second stage ("G-stage").
 *
 * Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System", whose entries Sv48, Sv57 and the x4 modes
 * share, and "Guest Physical Address Translation", which says what differs.
 *
 *    63 62  61 60   54 53                               10 9   8 7 6 5 4 3 2 1 0
 *    [N][PBMT][  0   ][  physical page number: hpa >> 12  ][RSW ][D|A|G|U|X|W|R|V]
 *
 *   V         valid; if it is 0, hardware ignores all other bits
 *   R W X     rights.  All 0: the entry leads to a table.  W without R is reserved
 *   U         for user mode.  The G-stage checks every access as if user mode had made it
 *   G         ignored here, to be left 0
 *   A D       accessed, dirty; must be 0 in an entry that leads to a table, as must U
 *   RSW       for software: bit 8 is PT_LOGGED, bit 9 PT_DEVICE
 *   PBMT, N   belong to Svpbmt and Svnapot; 0
 *
 * I1 Every valid leaf has U: without it the guest faults for ever.
 * I2 What hardware reserves is 0, and W never stands without R.
 * I3 With V = 0, bits 2:1 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload from bit 10 up.
 *
 * PT_DEVICE: without Svpbmt an entry has no say in caching, the physical address alone decides ([RV-PRIV] "Physical
 * Memory Attributes"): a device's registers are not cached however they are mapped.  The bit is kept, for software,
 * so that the rights of a leaf can be read back.
 */
#ifndef RISCV_PTE_H
#define RISCV_PTE_H

#define PTE_V         ((uint64_t)1 << 0)
#define PTE_R         ((uint64_t)1 << 1)
#define PTE_W         ((uint64_t)1 << 2)
#define PTE_X         ((uint64_t)1 << 3)
#define PTE_U         ((uint64_t)1 << 4)
#define PTE_A         ((uint64_t)1 << 6)
#define PTE_D         ((uint64_t)1 << 7)
#define PTE_IS_LOGGED ((uint64_t)1 << 8)
#define PTE_IS_DEVICE ((uint64_t)1 << 9)

/* What every leaf has (I1). */
/* LAB(0) begin leaf_always */
#define PTE_LEAF_ALWAYS (PTE_V | PTE_U | PTE_A)
/* LAB(0) end */

#define PTE_PPN_SHIFT 10
#define PTE_PPN       ((((uint64_t)1 << (PT_OA_BITS - PT_PAGE_SHIFT)) - 1) << PTE_PPN_SHIFT)

/* I3 */
#define PTE_NOTHING    ((uint64_t)7) /* V and the two bits that tell the kind */
#define PTE_FROZEN_RAW ((uint64_t)1 << 1)
#define PTE_MMIO_RAW   ((uint64_t)2 << 1)
#define PTE_MMIO_SHIFT 10

/* ---- Classify ------------------------------------------------------------------------------------------- */

PT_HOOK pte_t pte_make_empty(void)
{
	return (pte_t){ 0 };
}

PT_HOOK pte_t pte_make_frozen(void)
{
	return (pte_t){ PTE_FROZEN_RAW };
}

/*
 * A valid entry is a leaf if it has any right.  One without rights leads to a table, but not at level 0, where there is
 * nothing to lead to: hardware faults on it.  Hardware: [RV-PRIV] "Virtual Address Translation Process", steps 3 and 4.
 */
/* LAB(1) begin pte_kind */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_V))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && !(pte.raw & (PTE_R | PTE_W | PTE_X)) ? PTE_TABLE : PTE_LEAF;
}
/* LAB(1) end */

/* ---- Tables --------------------------------------------------------------------------------------------- */

/* V and nothing else: D, A and U are reserved here.  Hardware: [RV-PRIV] "Addressing and Memory Protection" of Sv32. */
/* LAB(1) begin pte_make_table */
PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw >> PT_PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V };
}
/* LAB(1) end */

/* LAB(1) begin pte_table_hpa */
PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa((pte.raw & PTE_PPN) >> PTE_PPN_SHIFT << PT_PAGE_SHIFT);
}
/* LAB(1) end */

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/*
 * Execute-only exists; what is, or will be, writable must be readable (I2).  There is no PT_USER: U is not the
 * guest's to choose (I1).  Hardware: [RV-PRIV] "Addressing and Memory Protection" of Sv32, encoding of R/W/X.
 */
/* LAB(1) begin pte_leaf_ok */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	pt_prot_t writes = prot & (PT_WRITE | PT_LOGGED);

	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_RWX) || (prot & ~(PT_RWX | PT_DEVICE | PT_LOGGED)))
		return false;
	return !writes || ((prot & PT_READ) && writes != (PT_WRITE | PT_LOGGED));
}
/* LAB(1) end */

/*
 * The same layout at every level.  A is set, and D if the page is writable: a hart with Svade faults on a clear bit,
 * all others write it back at a price (L8).  D of a page that is not writable stays clear: it would be harvested as a
 * write that nobody made.
 */
/* LAB(1) begin pte_make_leaf */
PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t rights = (prot & PT_READ ? PTE_R : 0) | (prot & PT_WRITE ? PTE_W | PTE_D : 0) |
			  (prot & PT_EXEC ? PTE_X : 0) | (prot & PT_LOGGED ? PTE_IS_LOGGED : 0) |
			  (prot & PT_DEVICE ? PTE_IS_DEVICE : 0) | PTE_LEAF_ALWAYS;

	return (pte_t){ page.raw >> (PT_PAGE_SHIFT - PTE_PPN_SHIFT) | rights };
}
/* LAB(1) end */

/* LAB(1) begin pte_leaf_hpa */
PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return hpa((pte.raw & PTE_PPN) >> PTE_PPN_SHIFT << PT_PAGE_SHIFT);
}
/* LAB(1) end */

/* LAB(1) begin pte_prot */
PT_HOOK pt_prot_t pte_prot(pte_t pte, int level)
{
	pt_prot_t prot = 0;

	if (pte.raw & PTE_R)
		prot |= PT_READ;
	if (pte.raw & PTE_W)
		prot |= PT_WRITE;
	if (pte.raw & PTE_X)
		prot |= PT_EXEC;
	if (pte.raw & PTE_IS_LOGGED)
		prot |= PT_LOGGED;
	if (pte.raw & PTE_IS_DEVICE)
		prot |= PT_DEVICE;
	return prot;
}
/* LAB(1) end */

/* The address is the highest field that changes: adding to it carries nowhere. */
/* LAB(1) begin pte_leaf_next */
PT_HOOK pte_t pte_leaf_next(pte_t pte, int level)
{
	return (pte_t){ pte.raw + (pt_span(level) >> (PT_PAGE_SHIFT - PTE_PPN_SHIFT)) };
}
/* LAB(1) end */

/* ---- Accessed and dirty ------------------------------------------------------------------------------------- */

/* LAB(1) begin pte_ad */
PT_HOOK unsigned pte_ad(pte_t pte)
{
	return (pte.raw & PTE_A ? PT_ACCESSED : 0) | (pte.raw & PTE_D ? PT_DIRTY : 0);
}
/* LAB(1) end */

/* LAB(1) begin pte_set_ad */
PT_HOOK pte_t pte_set_ad(pte_t pte, unsigned ad)
{
	uint64_t raw = pte.raw & ~(PTE_A | PTE_D);

	return (pte_t){ raw | (ad & PT_ACCESSED ? PTE_A : 0) | (ad & PT_DIRTY ? PTE_D : 0) };
}
/* LAB(1) end */

/*
 * A can be set in any leaf, D where a write is allowed.  A logged page is not writable, so its D cannot come by itself.
 * Hardware: [RV-PRIV] "Addressing and Memory Protection" of Sv32, the schemes to manage A and D.
 */
/* LAB(1) begin pte_hw_may_change */
PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	return !(pte.raw & PTE_A) || ((pte.raw & PTE_W) && !(pte.raw & PTE_D));
}
/* LAB(1) end */

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

/* V = 0: hardware faults and looks at nothing else, so all other bits are free (I3). */
/* LAB(1) begin pte_make_mmio */
PT_HOOK pte_t pte_make_mmio(uint64_t payload)
{
	return (pte_t){ payload << PTE_MMIO_SHIFT | PTE_MMIO_RAW };
}
/* LAB(1) end */

/* LAB(1) begin pte_mmio_payload */
PT_HOOK bool pte_mmio_payload(pte_t pte, uint64_t *payload)
{
	*payload = pte.raw >> PTE_MMIO_SHIFT;
	return (pte.raw & PTE_NOTHING) == PTE_MMIO_RAW;
}
/* LAB(1) end */

/* ---- Accesses ------------------------------------------------------------------------------------------- */

#include "mmu/pt/pte64.h"

#endif
