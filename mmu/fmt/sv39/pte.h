/*
 * sv39: entries of RISC-V's first stage.
 *
 * Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System".  fmt/riscv/pte.h has the picture: the second
 * stage uses the same entries.  Here U has its meaning, and is PT_USER.
 *
 * I1 What hardware reserves is 0, and W never stands without R.
 * I2 G is 0: no translation is shared by all address spaces.
 * I3 With V = 0, bits 2:1 say which kind of nothing it is: 0 empty, 1 frozen, 2 MMIO with its payload from bit 10 up.
 */
#ifndef SV39_PTE_H
#define SV39_PTE_H

#define PTE_V         ((uint64_t)1 << 0)
#define PTE_R         ((uint64_t)1 << 1)
#define PTE_W         ((uint64_t)1 << 2)
#define PTE_X         ((uint64_t)1 << 3)
#define PTE_U         ((uint64_t)1 << 4)
#define PTE_A         ((uint64_t)1 << 6)
#define PTE_D         ((uint64_t)1 << 7)
#define PTE_IS_LOGGED ((uint64_t)1 << 8)
#define PTE_IS_DEVICE ((uint64_t)1 << 9)

#define PTE_PPN_SHIFT 10
#define PTE_PPN       ((((uint64_t)1 << (PT_OA_BITS - PT_PAGE_SHIFT)) - 1) << PTE_PPN_SHIFT)

/* I3 */
#define PTE_NOTHING    ((uint64_t)7)
#define PTE_FROZEN_RAW ((uint64_t)1 << 1)
#define PTE_MMIO_RAW   ((uint64_t)2 << 1)
#define PTE_MMIO_SHIFT 10

/* Each right is one bit. */
static const struct {
	pt_prot_t prot;
	uint64_t bits;
} sv39_rights[] = {
	{ PT_READ, PTE_R }, { PT_WRITE, PTE_W }, { PT_EXEC, PTE_X },
	{ PT_USER, PTE_U }, { PT_DEVICE, PTE_IS_DEVICE }, { PT_LOGGED, PTE_IS_LOGGED },
};
#define SV39_RIGHT_COUNT (sizeof(sv39_rights) / sizeof(sv39_rights[0]))

/* ---- Classify ------------------------------------------------------------------------------------------- */

PT_HOOK pte_t pte_make_empty(void)
{
	return (pte_t){ 0 };
}

PT_HOOK pte_t pte_make_frozen(void)
{
	return (pte_t){ PTE_FROZEN_RAW };
}

/* Hardware: [RV-PRIV] "Virtual Address Translation Process". */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	if (!(pte.raw & PTE_V))
		return (pte.raw & PTE_NOTHING) == PTE_FROZEN_RAW ? PTE_FROZEN : PTE_EMPTY;
	return level > 0 && !(pte.raw & (PTE_R | PTE_W | PTE_X)) ? PTE_TABLE : PTE_LEAF;
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw >> PT_PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V };
}

PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa((pte.raw & PTE_PPN) >> PTE_PPN_SHIFT << PT_PAGE_SHIFT);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/* What is, or will be, writable must be readable (I1).  Hardware: [RV-PRIV] "Addressing and Memory Protection". */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	pt_prot_t writes = prot & (PT_WRITE | PT_LOGGED);
	pt_prot_t known = PT_RWX | PT_USER | PT_DEVICE | PT_LOGGED;

	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_RWX) || (prot & ~known))
		return false;
	return !writes || ((prot & PT_READ) && writes != (PT_WRITE | PT_LOGGED));
}

PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t raw = page.raw >> PT_PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V | PTE_A;

	for (unsigned i = 0; i < SV39_RIGHT_COUNT; i++)
		if (prot & sv39_rights[i].prot)
			raw |= sv39_rights[i].bits;
	return (pte_t){ raw | (prot & PT_WRITE ? PTE_D : 0) };
}

PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return pte_table_hpa(pte);
}

PT_HOOK pt_prot_t pte_prot(pte_t pte, int level)
{
	pt_prot_t prot = 0;

	for (unsigned i = 0; i < SV39_RIGHT_COUNT; i++)
		if (pte.raw & sv39_rights[i].bits)
			prot |= sv39_rights[i].prot;
	return prot;
}

/* The address is the highest field that changes: adding to it carries nowhere. */
PT_HOOK pte_t pte_leaf_next(pte_t pte, int level)
{
	return (pte_t){ pte.raw + (pt_span(level) >> (PT_PAGE_SHIFT - PTE_PPN_SHIFT)) };
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
	return !(pte.raw & PTE_A) || ((pte.raw & PTE_W) && !(pte.raw & PTE_D));
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
