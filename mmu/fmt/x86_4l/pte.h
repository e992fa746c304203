/*
 * x86_4l: entries of x86-64's own page tables.
 *
 * Hardware: [APM2] "Page-Translation-Table Entry Fields"; [SDM3] "4-Level Paging and 5-Level Paging".  fmt/npt/pte.h
 * has the picture: the nested tables use the same entries.  Here U/S has its meaning, and is PT_USER.
 *
 * I1 Tables have all rights, for user mode too: hardware joins the rights of all levels, the leaf decides.
 * I2 What hardware reserves is 0; G is 0: no translation is shared by all address spaces.
 * I3 With P = 0, bits 2:1 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload from bit 12 up.
 */
#ifndef X86_4L_PTE_H
#define X86_4L_PTE_H

#define PTE_P         ((uint64_t)1 << 0)
#define PTE_RW        ((uint64_t)1 << 1)
#define PTE_US        ((uint64_t)1 << 2)
#define PTE_UC        ((uint64_t)3 << 3) /* PWT and PCD: index 3 of the PAT, which is UC since reset */
#define PTE_A         ((uint64_t)1 << 5)
#define PTE_D         ((uint64_t)1 << 6)
#define PTE_PS        ((uint64_t)1 << 7)
#define PTE_IS_LOGGED ((uint64_t)1 << 9)
#define PTE_NX        ((uint64_t)1 << 63)

#define PTE_ADDRESS   ((((uint64_t)1 << PT_OA_BITS) - 1) & ~(((uint64_t)1 << PT_PAGE_SHIFT) - 1))

/* I3 */
#define PTE_NOTHING    ((uint64_t)7)
#define PTE_FROZEN_RAW ((uint64_t)1 << 1)
#define PTE_MMIO_RAW   ((uint64_t)2 << 1)
#define PTE_MMIO_SHIFT 12

/* The rights that a set bit grants. */
static const struct {
	pt_prot_t prot;
	uint64_t bits;
} x86_rights[] = {
	{ PT_WRITE, PTE_RW }, { PT_USER, PTE_US }, { PT_DEVICE, PTE_UC }, { PT_LOGGED, PTE_IS_LOGGED },
};
#define X86_RIGHT_COUNT (sizeof(x86_rights) / sizeof(x86_rights[0]))

/* ---- Classify ------------------------------------------------------------------------------------------- */

PT_HOOK pte_t pte_make_empty(void)
{
	return (pte_t){ 0 };
}

PT_HOOK pte_t pte_make_frozen(void)
{
	return (pte_t){ PTE_FROZEN_RAW };
}

/* Hardware: [APM2] "Field Definitions", "Page Size (PS)". */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_P))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && !(pte.raw & PTE_PS) ? PTE_TABLE : PTE_LEAF;
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw | PTE_P | PTE_RW | PTE_US | PTE_A };
}

PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa(pte.raw & PTE_ADDRESS);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/* Whatever is mapped can be read.  Hardware: [APM2] "Read/Write (R/W)", "User/Supervisor (U/S)", "No Execute (NX)". */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	pt_prot_t known = PT_RWX | PT_USER | PT_DEVICE | PT_LOGGED;

	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_READ) || (prot & ~known))
		return false;
	return !(prot & PT_WRITE) || !(prot & PT_LOGGED);
}

PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t raw = page.raw | PTE_P | PTE_A;

	for (unsigned i = 0; i < X86_RIGHT_COUNT; i++)
		if (prot & x86_rights[i].prot)
			raw |= x86_rights[i].bits;
	if (!(prot & PT_EXEC))
		raw |= PTE_NX;
	if (prot & PT_WRITE)
		raw |= PTE_D;
	return (pte_t){ raw | (level > 0 ? PTE_PS : 0) };
}

/* In a larger leaf bit 12 is PAT, and no part of the address. */
PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return hpa(pt_align_down(pte.raw & PTE_ADDRESS, level));
}

PT_HOOK pt_prot_t pte_prot(pte_t pte, int level)
{
	pt_prot_t prot = PT_READ | (pte.raw & PTE_NX ? 0 : PT_EXEC);

	for (unsigned i = 0; i < X86_RIGHT_COUNT; i++)
		if (pte.raw & x86_rights[i].bits)
			prot |= x86_rights[i].prot;
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

PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	return !(pte.raw & PTE_A) || ((pte.raw & PTE_RW) && !(pte.raw & PTE_D));
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

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
