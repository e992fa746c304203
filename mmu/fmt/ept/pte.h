/*
 * ept: entries of Intel's extended page tables.
 *
 * Hardware: [SDM3] "EPT Translation Mechanism", with a table for each kind of entry.
 *
 *    63   62 57 56  52 51                             12 11 10 9 8 7  6    5 3  2 1 0
 *    [#VE][ 0  ][ ign. ][       address: hpa >> 12      ][ign][D|A|PS|IPAT][type][X|W|R]
 *
 *   R W X     rights.  All 0: the entry is not present, and hardware ignores all other bits
 *   type      of memory, of a leaf: 0 uncacheable (UC), 6 write-back (WB)
 *   IPAT      the guest's PAT has no say in the type; 0: it has
 *   PS        at level 1 and above: a leaf
 *   A D       accessed, in entries of all levels; dirty, in leaves
 *   ign.      for software: bit 52 is PT_LOGGED.  Bit 10, which mode-based execution uses, stays 0
 *   #VE, 62:57  belong to features that are off; 0
 *
 * I1 W never stands without R: that is a misconfiguration, and so is a reserved type or a bit set in a table's 7:3.
 * I2 Tables have all rights: hardware joins the rights of all levels, the leaf decides.
 * I3 With R, W and X all 0, bits 4:3 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload from
 *    bit 12 up.
 *
 * A misconfiguration ends in an exit of its own kind, which says nothing about the access: software must never cause
 * one. Hardware: [SDM3] "EPT Misconfigurations".
 */
#ifndef EPT_PTE_H
#define EPT_PTE_H

#define PTE_R         ((uint64_t)1 << 0)
#define PTE_W         ((uint64_t)1 << 1)
#define PTE_X         ((uint64_t)1 << 2)
#define PTE_RWX       (PTE_R | PTE_W | PTE_X)
#define PTE_TYPE      ((uint64_t)7 << 3)
#define PTE_TYPE_UC   ((uint64_t)0 << 3)
#define PTE_TYPE_WB   ((uint64_t)6 << 3)
#define PTE_PS        ((uint64_t)1 << 7)
#define PTE_A         ((uint64_t)1 << 8)
#define PTE_D         ((uint64_t)1 << 9)
#define PTE_IS_LOGGED ((uint64_t)1 << 52)

#define PTE_ADDRESS   ((((uint64_t)1 << PT_OA_BITS) - 1) & ~(((uint64_t)1 << PT_PAGE_SHIFT) - 1))

/* I3 */
#define PTE_NOTHING    ((uint64_t)0x1f) /* the rights and the two bits that tell the kind */
#define PTE_FROZEN_RAW ((uint64_t)1 << 3)
#define PTE_MMIO_RAW   ((uint64_t)2 << 3)
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

/* There is no present bit: an entry with any right is there.  Hardware: [SDM3] "EPT Translation Mechanism". */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_RWX))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && !(pte.raw & PTE_PS) ? PTE_TABLE : PTE_LEAF;
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

/* All rights (I2), and A, so that the walker need not write it. */
PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw | PTE_RWX | PTE_A };
}

PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa(pte.raw & PTE_ADDRESS);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/*
 * What is, or will be, writable must be readable (I1).  Execute-only exists where IA32_VMX_EPT_VPID_CAP says so, as it
 * does on every processor of the last ten years.  Hardware: [SDM3] "EPT Misconfigurations".
 */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	pt_prot_t writes = prot & (PT_WRITE | PT_LOGGED);

	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_RWX) || (prot & ~(PT_RWX | PT_DEVICE | PT_LOGGED)))
		return false;
	return !writes || ((prot & PT_READ) && writes != (PT_WRITE | PT_LOGGED));
}

/*
 * A leaf has the type of its memory: there is no MTRR in the way, unlike in the host's own tables, and a forgotten type
 * is UC - correct, and slow beyond belief.  Hardware: [SDM3] "EPT and Memory Typing".
 */
PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t raw = page.raw | PTE_A | (prot & PT_DEVICE ? PTE_TYPE_UC : PTE_TYPE_WB);

	if (level > 0)
		raw |= PTE_PS;
	if (prot & PT_READ)
		raw |= PTE_R;
	if (prot & PT_WRITE)
		raw |= PTE_W | PTE_D;
	if (prot & PT_EXEC)
		raw |= PTE_X;
	if (prot & PT_LOGGED)
		raw |= PTE_IS_LOGGED;
	return (pte_t){ raw };
}

PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return hpa(pte.raw & PTE_ADDRESS);
}

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
	if ((pte.raw & PTE_TYPE) == PTE_TYPE_UC)
		prot |= PT_DEVICE;
	return prot;
}

/* The address is the highest field that changes: adding to it carries nowhere. */
PT_HOOK pte_t pte_leaf_next(pte_t pte, int level)
{
	return (pte_t){ pte.raw + pt_span(level) };
}

/* ---- Accessed and dirty ------------------------------------------------------------------------------------- */

PT_HOOK unsigned pte_ad(pte_t pte)
{
	return (pte.raw & PTE_A ? PT_ACCESSED : 0) | (pte.raw & PTE_D ? PT_DIRTY : 0);
}

PT_HOOK pte_t pte_set_ad(pte_t pte, unsigned ad)
{
	uint64_t raw = pte.raw & ~(PTE_A | PTE_D);

	return (pte_t){ raw | (ad & PT_ACCESSED ? PTE_A : 0) | (ad & PT_DIRTY ? PTE_D : 0) };
}

/*
 * A can be set in any leaf, D where a write is allowed.  The walk of a guest's own tables counts as a write.
 * Hardware: [SDM3] "Accessed and Dirty Flags for EPT".
 */
PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	return !(pte.raw & PTE_A) || ((pte.raw & PTE_W) && !(pte.raw & PTE_D));
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

/*
 * Not present: an ordinary violation.  Why not a misconfiguration, which is the faster exit: it would need a value
 * that is one on every processor of the future, too.  Bit 63 stays 0, in case EPT violations are made exceptions one
 * day.
 */
PT_HOOK pte_t pte_make_mmio(uint64_t payload)
{
	return (pte_t){ payload << PTE_MMIO_SHIFT | PTE_MMIO_RAW };
}

PT_HOOK bool pte_mmio_payload(pte_t pte, uint64_t *payload)
{
	*payload = (pte.raw >> PTE_MMIO_SHIFT) & (((uint64_t)1 << PT_MMIO_BITS) - 1);
	return (pte.raw & PTE_NOTHING) == PTE_MMIO_RAW;
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

#include "mmu/pt/pte64.h"

#endif
