/*
 * npt: entries of AMD's nested page tables.
 *
 * Hardware: [APM2] "Page-Translation-Table Entry Fields", since a nested table has the format of the host's own
 * tables, and "Nested Paging", which says how the fields are read then.
 *
 *    63  62  59 58   52 51                               12  11 9  8  7  6 5  4   3   2   1   0
 *    [NX][ 0   ][ AVL  ][        address: hpa >> 12        ][AVL][G][PS][D|A|PCD|PWT|U/S|R/W|P]
 *
 *   P         present; if it is 0, hardware ignores all other bits
 *   R/W       writes too.  Reads cannot be denied to a leaf that is present
 *   U/S       for user mode.  The nested walk takes every access of the guest for a user's
 *   PWT PCD   with PAT (bit 7 of a page, bit 12 of a larger leaf) an index into the PAT of the host
 *   A D       accessed, dirty.  A is set in entries of all levels, D in leaves
 *   PS        at level 1 and above: a leaf.  At level 0 bit 7 is PAT
 *   G         without meaning here; 0
 *   AVL       for software: bit 9 is PT_LOGGED
 *   NX        no execution; reserved unless the host has EFER.NXE, which Flatland sets
 *
 * I1 Whatever is valid has U/S, and tables have all rights: hardware joins the rights of all levels, the leaf decides.
 * I2 What hardware reserves is 0: at level 1 and above that includes the address bits below the page's size.
 * I3 With P = 0, bits 2:1 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload from bit 12 up.
 *
 * PT_DEVICE is index 3 (PCD and PWT), which the PAT has as UC since reset; the rest is index 0, WB.
 * Hardware: [APM2] "Page-Attribute Table Mechanism", "Combining Memory Types, MTRRs".
 */
#ifndef NPT_PTE_H
#define NPT_PTE_H

#define PTE_P         ((uint64_t)1 << 0)
#define PTE_RW        ((uint64_t)1 << 1)
#define PTE_US        ((uint64_t)1 << 2)
#define PTE_PWT       ((uint64_t)1 << 3)
#define PTE_PCD       ((uint64_t)1 << 4)
#define PTE_A         ((uint64_t)1 << 5)
#define PTE_D         ((uint64_t)1 << 6)
#define PTE_PS        ((uint64_t)1 << 7)
#define PTE_IS_LOGGED ((uint64_t)1 << 9)
#define PTE_NX        ((uint64_t)1 << 63)

#define PTE_ADDRESS   ((((uint64_t)1 << PT_OA_BITS) - 1) & ~(((uint64_t)1 << PT_PAGE_SHIFT) - 1))

/* What every leaf has (I1). */
/* LAB(0) begin leaf_always */
#define PTE_LEAF_ALWAYS (PTE_P | PTE_US | PTE_A)
/* LAB(0) end */

/* I3 */
#define PTE_NOTHING    ((uint64_t)7) /* P and the two bits that tell the kind */
#define PTE_FROZEN_RAW ((uint64_t)1 << 1)
#define PTE_MMIO_RAW   ((uint64_t)2 << 1)
#define PTE_MMIO_SHIFT 12

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
 * Bit 7 tells tables from leaves, but not at level 0, where everything present is a leaf and the bit is PAT.  Above
 * level 2 a set PS is reserved.  Hardware: [APM2] "Field Definitions", "Page Size (PS)" and "Page-Attribute Table
 * (PAT)".
 */
/* LAB(1) begin pte_kind */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_P))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && !(pte.raw & PTE_PS) ? PTE_TABLE : PTE_LEAF;
}
/* LAB(1) end */

/* ---- Tables --------------------------------------------------------------------------------------------- */

/* All rights (I1), and A, so that the walker need not write it.  Hardware: [APM2] "Protection Across Paging Levels". */
/* LAB(1) begin pte_make_table */
PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw | PTE_P | PTE_RW | PTE_US | PTE_A };
}
/* LAB(1) end */

/* LAB(1) begin pte_table_hpa */
PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa(pte.raw & PTE_ADDRESS);
}
/* LAB(1) end */

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/*
 * Whatever is mapped can be read, so rights without PT_READ do not exist.  There is no PT_USER: U/S is not the
 * guest's to choose (I1).  Hardware: [APM2] "Read/Write (R/W)", "No Execute (NX)".
 */
/* LAB(1) begin pte_leaf_ok */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_READ) || (prot & ~(PT_RWX | PT_DEVICE | PT_LOGGED)))
		return false;
	return !(prot & PT_WRITE) || !(prot & PT_LOGGED);
}
/* LAB(1) end */

/*
 * A is set, and D if the page is writable, so that the walker has nothing to write back (L8).  NX says what is
 * forbidden, all other bits what is allowed.
 */
/* LAB(1) begin pte_make_leaf */
PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t raw = page.raw | PTE_LEAF_ALWAYS;

	if (level > 0)
		raw |= PTE_PS;
	if (prot & PT_WRITE)
		raw |= PTE_RW | PTE_D;
	if (!(prot & PT_EXEC))
		raw |= PTE_NX;
	if (prot & PT_LOGGED)
		raw |= PTE_IS_LOGGED;
	if (prot & PT_DEVICE)
		raw |= PTE_PCD | PTE_PWT;
	return (pte_t){ raw };
}
/* LAB(1) end */

/* In a larger leaf bit 12 is PAT, and no part of the address. */
/* LAB(1) begin pte_leaf_hpa */
PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return hpa(pt_align_down(pte.raw & PTE_ADDRESS, level));
}
/* LAB(1) end */

/* LAB(1) begin pte_prot */
PT_HOOK pt_prot_t pte_prot(pte_t pte, int level)
{
	pt_prot_t prot = PT_READ;

	if (pte.raw & PTE_RW)
		prot |= PT_WRITE;
	if (!(pte.raw & PTE_NX))
		prot |= PT_EXEC;
	if (pte.raw & PTE_IS_LOGGED)
		prot |= PT_LOGGED;
	if (pte.raw & PTE_PCD)
		prot |= PT_DEVICE;
	return prot;
}
/* LAB(1) end */

/* The address is the highest field that changes: adding to it carries nowhere. */
/* LAB(1) begin pte_leaf_next */
PT_HOOK pte_t pte_leaf_next(pte_t pte, int level)
{
	return (pte_t){ pte.raw + pt_span(level) };
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
 * A can be set in any leaf, D where a write is allowed.  Tables have had A since they were made.
 * Hardware: [APM2] "Accessed (A)", "Dirty (D)"; "Nested Table Walk".
 */
/* LAB(1) begin pte_hw_may_change */
PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	return !(pte.raw & PTE_A) || ((pte.raw & PTE_RW) && !(pte.raw & PTE_D));
}
/* LAB(1) end */

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

/* P = 0: hardware faults and looks at nothing else, so all other bits are free (I3). */
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
