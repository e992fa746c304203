/*
 * Sv39 entries for the kernel's own tables (mm/upt.h has the contract).
 * Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System".
 *
 *   53        10 9 8 7 6 5 4 3 2 1 0
 *   [   PPN     ][RSW][D|A|G|U|X|W|R|V]
 *
 * RSW bit 8 is "copy on write", bit 9 "device".  A held leaf has V = 0 and keeps PPN; its R bit, which the hardware
 * ignores then, tells it from an empty entry.  A and D are always set: hardware may, but need not, set them itself
 * ([RV-PRIV] "Addressing and Memory Protection").
 */
#ifndef RISCV_UPTE_H
#define RISCV_UPTE_H

#define UPT_LEVELS 3

typedef struct { u64 raw; } upte_t;

enum {
	UPTE_V = 1 << 0, UPTE_R = 1 << 1, UPTE_W = 1 << 2, UPTE_X = 1 << 3, UPTE_U = 1 << 4, UPTE_G = 1 << 5,
	UPTE_A = 1 << 6, UPTE_D = 1 << 7, UPTE_SOFT_COW = 1 << 8, UPTE_SOFT_DEVICE = 1 << 9,
};

#define UPTE_PPN_SHIFT 10
#define UPTE_PPN_MASK  (((1ull << 44) - 1) << UPTE_PPN_SHIFT)

static inline upte_t upte_make(hpa_t pa, u64 bits)
{
	return (upte_t){ pa.raw >> PAGE_SHIFT << UPTE_PPN_SHIFT | bits };
}

static inline upte_t upte_make_table(hpa_t table)
{
	return upte_make(table, UPTE_V);
}

/* Writable without readable is reserved, so PROT_WRITE implies R. */
static inline upte_t upte_make_leaf(hpa_t page, int level, u32 rights)
{
	u64 bits = UPTE_U | UPTE_A | UPTE_D;

	(void)level;
	if (rights & UPT_COW)
		bits |= UPTE_SOFT_COW;
	if (rights & UPT_DEVICE)
		bits |= UPTE_SOFT_DEVICE;
	if (!(rights & (PROT_READ | PROT_WRITE | PROT_EXEC)))
		return upte_make(page, bits | UPTE_R);
	if (rights & PROT_WRITE)
		bits |= UPTE_W | UPTE_R;
	if (rights & PROT_READ)
		bits |= UPTE_R;
	if (rights & PROT_EXEC)
		bits |= UPTE_X;
	return upte_make(page, bits | UPTE_V);
}

static inline enum upt_kind upte_kind(upte_t e, int level)
{
	if (e.raw == 0)
		return UPT_EMPTY;
	if (level > 0 && (e.raw & UPTE_V) && !(e.raw & (UPTE_R | UPTE_W | UPTE_X)))
		return UPT_TABLE;
	return UPT_LEAF;
}

static inline hpa_t upte_hpa(upte_t e)
{
	return hpa((e.raw & UPTE_PPN_MASK) >> UPTE_PPN_SHIFT << PAGE_SHIFT);
}

static inline u32 upte_rights(upte_t e)
{
	u32 rights = 0;

	if (e.raw & UPTE_SOFT_COW)
		rights |= UPT_COW;
	if (e.raw & UPTE_SOFT_DEVICE)
		rights |= UPT_DEVICE;
	if (!(e.raw & UPTE_V))
		return rights;
	if (e.raw & UPTE_R)
		rights |= PROT_READ;
	if (e.raw & UPTE_W)
		rights |= PROT_WRITE;
	if (e.raw & UPTE_X)
		rights |= PROT_EXEC;
	return rights;
}

#endif
