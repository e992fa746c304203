/*
 * Long-mode entries for the kernel's own tables (mm/upt.h has the contract, paging.h the bits).
 *
 * Rights that the hardware has no bit for are kept in software bits, so that upte_rights() answers exactly what
 * upte_make_leaf() was given: a present page can always be read, and without NX always be executed.
 *
 * A held leaf has P = 0; its software bit LEAF tells it from an empty entry.
 */
#ifndef X86_UPTE_H
#define X86_UPTE_H

#include "paging.h"

#define UPT_LEVELS 4

typedef struct { u64 raw; } upte_t;

#define UPTE_LEAF   (1ull << 9)
#define UPTE_COW    (1ull << 10)
#define UPTE_DEVICE (1ull << 11)
#define UPTE_READ   (1ull << 52)
#define UPTE_EXEC   (1ull << 53)

static inline upte_t upte_make_table(hpa_t table)
{
	return (upte_t){ table.raw | PTE_P | PTE_W | PTE_U };
}

static inline upte_t upte_make_leaf(hpa_t page, int level, u32 rights)
{
	u64 bits = UPTE_LEAF | PTE_U;

	if (rights & (PROT_READ | PROT_WRITE | PROT_EXEC))
		bits |= PTE_P;
	if (level > 0)
		bits |= PTE_PS;
	if (rights & PROT_READ)
		bits |= UPTE_READ;
	if (rights & PROT_WRITE)
		bits |= PTE_W;
	bits |= rights & PROT_EXEC ? UPTE_EXEC : pte_nx;
	if (rights & UPT_COW)
		bits |= UPTE_COW;
	if (rights & UPT_DEVICE)
		bits |= UPTE_DEVICE | PTE_PCD | PTE_PWT;
	return (upte_t){ page.raw | bits };
}

static inline enum upt_kind upte_kind(upte_t e, int level)
{
	(void)level; /* the software bit says it all */
	if (e.raw & UPTE_LEAF)
		return UPT_LEAF;
	return e.raw & PTE_P ? UPT_TABLE : UPT_EMPTY;
}

static inline hpa_t upte_hpa(upte_t e)
{
	return hpa(e.raw & PTE_ADDRESS);
}

static inline u32 upte_rights(upte_t e)
{
	u32 rights = 0;

	if (e.raw & UPTE_READ)
		rights |= PROT_READ;
	if (e.raw & PTE_W)
		rights |= PROT_WRITE;
	if (e.raw & UPTE_EXEC)
		rights |= PROT_EXEC;
	if (e.raw & UPTE_COW)
		rights |= UPT_COW;
	if (e.raw & UPTE_DEVICE)
		rights |= UPT_DEVICE;
	return rights;
}

#endif
