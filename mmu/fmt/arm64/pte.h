/*
 * arm64: descriptors of Arm's second stage.
 *
 * Hardware: [ARM-ARM] "Translation table descriptor formats": "VMSAv8-64 Table descriptor format", "VMSAv8-64 Block
 * descriptor and Page descriptor formats".
 *
 *    63  59 58   56 55 54 53 52 50 49 48 47                  12 11  10  9 8  7    6  5     2  1  0
 *    [ 0   ][ soft ][0][ XN ][ 0  ][ 0  ][ address: hpa >> 12  ][0][AF][ SH ][S2AP ][MemAttr][T][V]
 *
 *   V        valid; if it is 0, hardware ignores all other bits
 *   T        above level 0: 1 a table, 0 a block (a leaf).  At level 0 a page has 1, and 0 is reserved
 *   MemAttr  1111 normal memory, write-back; 0001 Device-nGnRE
 *   S2AP     bit 6 lets read, bit 7 lets write; each may stand alone
 *   SH       11: inner shareable, so that all CPUs see the same.  Device memory does not look at it
 *   AF       accessed; if it is 0, an access faults
 *   XN       10: no execution.  Bit 53 alone (FEAT_XNX) would tell the guest's kernel from its programs
 *   soft     for software.  A table has none of all this but V, T and its address
 *
 * Accessed and dirty are kept by software (geometry.h).  A page that may be written but is clean has S2AP[1] = 0: the
 * first write faults, and whoever handles the fault sees PT_WRITE without PT_DIRTY, and sets it.  So the rights of a
 * page cannot be told from S2AP, and stand in software bits beside it:
 *
 * I1 S2AP[1] = 1 if and only if bit 56 (PT_WRITE) and bit 58 (dirty) are.
 * I2 Device memory is never executable: fetching from it may read ahead, and reading a device is an action.
 * I3 With V = 0, bits 2:1 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload from bit 12 up.
 */
#ifndef ARM64_PTE_H
#define ARM64_PTE_H

#define PTE_V           ((uint64_t)1 << 0)
#define PTE_T           ((uint64_t)1 << 1)
#define PTE_MEMATTR     ((uint64_t)15 << 2)
#define PTE_NORMAL      ((uint64_t)15 << 2)
#define PTE_DEVICE      ((uint64_t)1 << 2)
#define PTE_S2AP_R      ((uint64_t)1 << 6)
#define PTE_S2AP_W      ((uint64_t)1 << 7)
#define PTE_SH_INNER    ((uint64_t)3 << 8)
#define PTE_AF          ((uint64_t)1 << 10)
#define PTE_XN          ((uint64_t)1 << 54)
#define PTE_IS_WRITABLE ((uint64_t)1 << 56)
#define PTE_IS_LOGGED   ((uint64_t)1 << 57)
#define PTE_IS_DIRTY    ((uint64_t)1 << 58)

#define PTE_ADDRESS     ((((uint64_t)1 << PT_OA_BITS) - 1) & ~(((uint64_t)1 << PT_PAGE_SHIFT) - 1))

/* I3 */
#define PTE_NOTHING    ((uint64_t)7)
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

/* T says "table" everywhere but at level 0.  Hardware: [ARM-ARM] "Translation table descriptor formats". */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_V))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && (pte.raw & PTE_T) ? PTE_TABLE : PTE_LEAF;
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

/* Tables of the second stage have no rights. */
PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw | PTE_V | PTE_T };
}

PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa(pte.raw & PTE_ADDRESS);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/*
 * Every mixture of rights exists, but for a device that is executed (I2).
 * Hardware: [ARM-ARM] "Stage 2 data accesses using Direct permissions", "Stage 2 instruction execution using Direct
 * permissions".
 */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_RWX) || (prot & ~(PT_RWX | PT_DEVICE | PT_LOGGED)))
		return false;
	if ((prot & PT_DEVICE) && (prot & PT_EXEC))
		return false;
	return !(prot & PT_WRITE) || !(prot & PT_LOGGED);
}

/* Hardware: [ARM-ARM] "Stage 2 memory type and Cacheability attributes when FWB is disabled". */
PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t raw = page.raw | PTE_V | PTE_AF | (prot & PT_DEVICE ? PTE_DEVICE : PTE_NORMAL | PTE_SH_INNER);

	if (level == 0)
		raw |= PTE_T;
	if (prot & PT_READ)
		raw |= PTE_S2AP_R;
	if (prot & PT_WRITE)
		raw |= PTE_S2AP_W | PTE_IS_WRITABLE | PTE_IS_DIRTY;
	if (!(prot & PT_EXEC))
		raw |= PTE_XN;
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

	if (pte.raw & PTE_S2AP_R)
		prot |= PT_READ;
	if (pte.raw & PTE_IS_WRITABLE)
		prot |= PT_WRITE;
	if (!(pte.raw & PTE_XN))
		prot |= PT_EXEC;
	if (pte.raw & PTE_IS_LOGGED)
		prot |= PT_LOGGED;
	if ((pte.raw & PTE_MEMATTR) == PTE_DEVICE)
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
	return (pte.raw & PTE_AF ? PT_ACCESSED : 0) | (pte.raw & PTE_IS_DIRTY ? PT_DIRTY : 0);
}

/* I1: what becomes dirty is let through, what becomes clean is caught at the next write. */
PT_HOOK pte_t pte_set_ad(pte_t pte, unsigned ad)
{
	uint64_t raw = pte.raw & ~(PTE_AF | PTE_IS_DIRTY | PTE_S2AP_W);

	if (ad & PT_ACCESSED)
		raw |= PTE_AF;
	if (ad & PT_DIRTY)
		raw |= PTE_IS_DIRTY | (raw & PTE_IS_WRITABLE ? PTE_S2AP_W : 0);
	return (pte_t){ raw };
}

/* Never: it faults instead. */
PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	return false;
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

/* Hardware: [ARM-ARM] "VMSAv8-64 Invalid descriptor format". */
PT_HOOK pte_t pte_make_mmio(uint64_t payload)
{
	return (pte_t){ payload << PTE_MMIO_SHIFT | PTE_MMIO_RAW };
}

PT_HOOK bool pte_mmio_payload(pte_t pte, uint64_t *payload)
{
	*payload = pte.raw >> PTE_MMIO_SHIFT;
	return (pte.raw & PTE_NOTHING) == PTE_MMIO_RAW;
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

#include "mmu/pt/pte64.h"

#endif
