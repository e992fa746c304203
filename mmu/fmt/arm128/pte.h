/*
 * arm128: descriptors of Arm's second stage, 128 bits wide.
 *
 * Hardware: [ARM-ARM] "VMSAv9-128 descriptor formats".
 *
 *    127  119 118   115 114 111 110 109 108  101 100  91 90   64
 *    [  0    ][PIIndex ][  0   ][ SKL  ][  0    ][ soft ][  0   ]       the upper half
 *
 *    63   56 55                        12 11  10  9  8   7    6 5     2 1  0
 *    [  0   ][    address: hpa >> 12     ][0][AF][ SH ][Dirty][0][MemAttr][0][V]
 *
 *   V        valid; if it is 0, hardware ignores all other bits
 *   SKL      levels that the walk skips.  A leaf skips to the end of the walk, so its SKL is its level; a table of
 *            ours skips none.  What would be neither, or both, is invalid
 *   MemAttr  1111 normal memory, write-back; 0001 Device-nGnRE
 *   SH       11: inner shareable
 *   AF       accessed, set by hardware
 *   Dirty    written; set by hardware where a write is allowed
 *   PIIndex  which of 16 sets of rights in S2PIR_EL2 the page has.  Flatland puts set i there in place i: the index is
 *            the set
 *   soft     for software: bit 91 is PT_LOGGED
 *
 * I1 An entry is read and written as one: hardware reads 16 bytes at once, and each half alone lies.
 * I2 Device memory is never executable.
 * I3 With V = 0, bits 2:1 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload in the upper
 *    half.
 */
#ifndef ARM128_PTE_H
#define ARM128_PTE_H

typedef unsigned __int128 arm128_t;

#define PTE_V         ((arm128_t)1 << 0)
#define PTE_MEMATTR   ((arm128_t)15 << 2)
#define PTE_NORMAL    ((arm128_t)15 << 2)
#define PTE_DEVICE    ((arm128_t)1 << 2)
#define PTE_D         ((arm128_t)1 << 7)
#define PTE_SH_INNER  ((arm128_t)3 << 8)
#define PTE_AF        ((arm128_t)1 << 10)
#define PTE_IS_LOGGED ((arm128_t)1 << 91)

#define PTE_SKL_SHIFT     109
#define PTE_PIINDEX_SHIFT 115
#define PTE_ADDRESS       ((((uint64_t)1 << PT_OA_BITS) - 1) & ~(((uint64_t)1 << PT_PAGE_SHIFT) - 1))

/* I3 */
#define PTE_NOTHING    ((arm128_t)7)
#define PTE_FROZEN_RAW ((arm128_t)1 << 1)
#define PTE_MMIO_RAW   ((arm128_t)2 << 1)
#define PTE_MMIO_SHIFT 64

/* ---- Rights --------------------------------------------------------------------------------------------- */

/*
 * The set for each mixture of rights, by PT_READ + PT_WRITE + PT_EXEC; 0, no access, where there is none.
 * Hardware: [ARM-ARM] "S2PIR_EL2, Stage 2 Permission Indirection Register (EL2)": 4 WO, 8 RO, 11 RO and execute, 12 RW,
 * 15 RW and execute.
 */
static inline unsigned arm128_set(pt_prot_t prot)
{
	static const unsigned char sets[] = { 0, 8, 4, 12, 0, 11, 0, 15 };

	return sets[prot & PT_RWX];
}

/* The inverse; what Flatland does not use has no rights. */
static inline pt_prot_t arm128_rights(unsigned set)
{
	for (pt_prot_t prot = PT_RWX; prot > 0; prot--)
		if (arm128_set(prot) == set)
			return prot;
	return 0;
}

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
 * Tables skip no level.  A leaf of level 0 has none to skip either.
 * Hardware: [ARM-ARM] "Translation table descriptor formats", by the sum of level and SKL.
 */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_V))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && (pte.raw >> PTE_SKL_SHIFT & 3) == 0 ? PTE_TABLE : PTE_LEAF;
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw | PTE_V };
}

PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa((uint64_t)pte.raw & PTE_ADDRESS);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/* Execute without read has no set; a device is not executed (I2). */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !arm128_set(prot) || (prot & ~(PT_RWX | PT_DEVICE | PT_LOGGED)))
		return false;
	if ((prot & PT_DEVICE) && (prot & PT_EXEC))
		return false;
	return !(prot & PT_WRITE) || !(prot & PT_LOGGED);
}

PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	arm128_t raw = page.raw | PTE_V | PTE_AF | (prot & PT_DEVICE ? PTE_DEVICE : PTE_NORMAL | PTE_SH_INNER);

	raw |= (arm128_t)level << PTE_SKL_SHIFT;
	raw |= (arm128_t)arm128_set(prot) << PTE_PIINDEX_SHIFT;
	if (prot & PT_WRITE)
		raw |= PTE_D;
	if (prot & PT_LOGGED)
		raw |= PTE_IS_LOGGED;
	return (pte_t){ raw };
}

PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return pte_table_hpa(pte);
}

PT_HOOK pt_prot_t pte_prot(pte_t pte, int level)
{
	pt_prot_t prot = arm128_rights(pte.raw >> PTE_PIINDEX_SHIFT & 15);

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
	return (pte.raw & PTE_AF ? PT_ACCESSED : 0) | (pte.raw & PTE_D ? PT_DIRTY : 0);
}

PT_HOOK pte_t pte_set_ad(pte_t pte, unsigned ad)
{
	arm128_t raw = pte.raw & ~(PTE_AF | PTE_D);

	return (pte_t){ raw | (ad & PT_ACCESSED ? PTE_AF : 0) | (ad & PT_DIRTY ? PTE_D : 0) };
}

/* Hardware: [ARM-ARM] "Hardware management of the Access flag", "The dirty state". */
PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	unsigned ad = pte_ad(pte);

	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	return !(ad & PT_ACCESSED) || ((pte_prot(pte, level) & PT_WRITE) && !(ad & PT_DIRTY));
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

/* Hardware: [ARM-ARM] "VMSAv9-128 Invalid descriptor format". */
PT_HOOK pte_t pte_make_mmio(uint64_t payload)
{
	return (pte_t){ (arm128_t)payload << PTE_MMIO_SHIFT | PTE_MMIO_RAW };
}

PT_HOOK bool pte_mmio_payload(pte_t pte, uint64_t *payload)
{
	*payload = pte.raw >> PTE_MMIO_SHIFT;
	return (pte.raw & PTE_NOTHING) == PTE_MMIO_RAW;
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

/*
 * Three ways: by the host's own 128-bit compare-and-swap; under a lock, on hosts that have none; and, for the test that
 * must notice it, in two halves.
 */
#if defined(ARM128_TORN)
#include "mmu/fmt/arm128/torn.h"
#elif defined(ARM128_LOCKED)
#include "mmu/fmt/arm128/locked.h"
#else
#include "mmu/fmt/arm128/native.h"
#endif

#endif
