/*
 * toy: an invented machine, and the worked example of a format.
 *
 * Real formats resemble each other, so common code that is wrong about formats may work on all of them.  This one
 * differs wherever the contract allows it.  Read it beside pte_contract.h; then write yours.
 *
 * Hardware: [TOY], which is this page.
 *
 *   "Entries"    An entry has 64 bits.  Bits 1:0 say what it is:
 *
 *      63  56 55                   24 23                          2 1 0
 *      [  0  ][   table >> 12        ][            0               ][0 0]   table
 *      [  0   ][   page >> (12 + 9 level)   ][ 0 ][ S ][d][...][D][A][0 1]   leaf
 *      [                  ignored                                  ][1 -]   nothing
 *
 *      In a leaf, the page's number begins at bit 16 + 3 level: 16, 19, 22.  It counts pages of the leaf's own size.
 *      S   9:8  free for software
 *      d   7    a device: do not cache
 *      ... 6:4  rights, see below
 *      D   3    dirty
 *      A   2    accessed
 *      All other bits must be 0, and a table at level 0 is reserved: the access faults.
 *
 *   "Rights"     Read, write and execute are independent.  They turn with the level:
 *
 *                   bit 6  bit 5  bit 4
 *      level 0        X      W      R
 *      level 1        W      R      X
 *      level 2        R      X      W
 *
 *   "Walk"       Three levels.  The root has four pages, 2,048 entries, and decodes bits 40:30; then 29:21 and 20:12.
 *                An input address of more bits faults.
 *   "Updates"    An access sets A in the leaf, a write also D, each by an atomic operation.
 *   "Caching"    A CPU may remember tables, leaves, entries that were nothing, and that an access was refused, under
 *                the two-bit number of the guest, until it is told to forget.
 *
 * What software makes of it:
 *
 * I1 A page of zeroes is not an empty table: it leads to address 0.  Empty is 2.
 * I2 S bit 8 is PT_LOGGED; bit 9 is 0.
 * I3 Among the entries that are nothing to hardware, bits 1:0 = 3 is frozen.  2 is empty, and bit 2 then tells
 *    whether it is an MMIO entry, with its payload in bits 63:24.
 */
#ifndef TOY_PTE_H
#define TOY_PTE_H

#define TOY_TYPE       ((uint64_t)3)
#define TOY_TABLE      ((uint64_t)0)
#define TOY_LEAF       ((uint64_t)1)
#define TOY_EMPTY      ((uint64_t)2)
#define TOY_FROZEN     ((uint64_t)3)
#define TOY_A          ((uint64_t)1 << 2)
#define TOY_D          ((uint64_t)1 << 3)
#define TOY_DEVICE     ((uint64_t)1 << 7)
#define TOY_LOGGED     ((uint64_t)1 << 8)
#define TOY_IS_MMIO    ((uint64_t)1 << 2)

#define TOY_RIGHTS_SHIFT 4
#define TOY_TABLE_SHIFT  24
#define TOY_MMIO_SHIFT   24

/* Of an output address: what stands above it in an entry is no part of it. */
#define TOY_ADDRESS (((uint64_t)1 << PT_OA_BITS) - 1)

/* ---- Helpers: a format may have its own --------------------------------------------------------------------- */

/* Three bits, turned to the left.  0 <= steps <= 3. */
static inline unsigned toy_turn(unsigned rights, int steps)
{
	return (rights << steps | rights >> (3 - steps)) & 7;
}

/* Where the page number of a leaf begins; and the number of bits of an address that it leaves out. */
static inline int toy_page_shift(int level)
{
	return 16 + 3 * level;
}

/* ---- Classify ------------------------------------------------------------------------------------------- */

/*
 * One switch answers for every value, also for those that nobody makes: hardware reserves a table at level 0, and what
 * is reserved counts as a leaf (L1).  Hardware: [TOY] "Entries".
 */
PT_HOOK enum pte_kind pte_kind(pte_t pte, int level)
{
	switch (pte.raw & TOY_TYPE) {
	case TOY_TABLE: return level > 0 ? PTE_TABLE : PTE_LEAF;
	case TOY_LEAF: return PTE_LEAF;
	case TOY_FROZEN: return PTE_FROZEN;
	default: return PTE_EMPTY;
	}
}

PT_HOOK pte_t pte_make_empty(void)
{
	return (pte_t){ TOY_EMPTY };
}

/* Nothing to hardware, as empty is: an access faults, and the fault handler finds that somebody is at work (I3). */
PT_HOOK pte_t pte_make_frozen(void)
{
	return (pte_t){ TOY_FROZEN };
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

/* Tables have no rights of their own here.  Elsewhere they do, and then all are granted: the leaf decides. */
PT_HOOK pte_t pte_make_table(hpa_t table)
{
	return (pte_t){ table.raw >> PT_PAGE_SHIFT << TOY_TABLE_SHIFT | TOY_TABLE };
}

PT_HOOK hpa_t pte_table_hpa(pte_t pte)
{
	return hpa((pte.raw >> TOY_TABLE_SHIFT << PT_PAGE_SHIFT) & TOY_ADDRESS);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/*
 * Any mixture of rights exists.  PT_USER does not: in stage 2 there is nobody to tell apart.
 */
PT_HOOK bool pte_leaf_ok(int level, pt_prot_t prot)
{
	if (level < 0 || level > PT_LEAF_LEVEL_MAX || !(prot & PT_RWX) || (prot & ~(PT_RWX | PT_DEVICE | PT_LOGGED)))
		return false;
	return !(prot & PT_WRITE) || !(prot & PT_LOGGED);
}

/*
 * Accessed, and dirty if it is writable (L8), so that hardware has nothing to update: an update is a second memory
 * access, and on machines without it a fault.
 */
PT_HOOK pte_t pte_make_leaf(hpa_t page, int level, pt_prot_t prot)
{
	uint64_t raw = TOY_LEAF | TOY_A;

	raw |= page.raw >> pt_level_shift(level) << toy_page_shift(level);
	raw |= (uint64_t)toy_turn(prot & PT_RWX, level) << TOY_RIGHTS_SHIFT;
	if (prot & PT_WRITE)
		raw |= TOY_D;
	if (prot & PT_DEVICE)
		raw |= TOY_DEVICE;
	if (prot & PT_LOGGED)
		raw |= TOY_LOGGED;
	return (pte_t){ raw };
}

PT_HOOK hpa_t pte_leaf_hpa(pte_t pte, int level)
{
	return hpa((pte.raw >> toy_page_shift(level) << pt_level_shift(level)) & TOY_ADDRESS);
}

/* The inverse of what make_leaf did: turn on to the full circle. */
PT_HOOK pt_prot_t pte_prot(pte_t pte, int level)
{
	pt_prot_t prot = toy_turn(pte.raw >> TOY_RIGHTS_SHIFT & 7, 3 - level);

	if (pte.raw & TOY_DEVICE)
		prot |= PT_DEVICE;
	if (pte.raw & TOY_LOGGED)
		prot |= PT_LOGGED;
	return prot;
}

/* The address is the highest field that changes: adding to it carries nowhere. */
PT_HOOK pte_t pte_leaf_next(pte_t pte, int level)
{
	return (pte_t){ pte.raw + ((uint64_t)1 << toy_page_shift(level)) };
}

/* ---- Accessed and dirty ------------------------------------------------------------------------------------- */

/* The same bits at every level, so no level is needed.  Hardware: [TOY] "Updates". */
PT_HOOK unsigned pte_ad(pte_t pte)
{
	return (pte.raw & TOY_A ? PT_ACCESSED : 0) | (pte.raw & TOY_D ? PT_DIRTY : 0);
}

PT_HOOK pte_t pte_set_ad(pte_t pte, unsigned ad)
{
	uint64_t raw = pte.raw & ~(TOY_A | TOY_D);

	return (pte_t){ raw | (ad & PT_ACCESSED ? TOY_A : 0) | (ad & PT_DIRTY ? TOY_D : 0) };
}

/*
 * A can be set in any leaf without it, D only where a write is allowed: a logged page stays clean, and so does one
 * that was never writable.
 */
PT_HOOK bool pte_hw_may_change(pte_t pte, int level)
{
	unsigned ad = pte_ad(pte);

	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	return !(ad & PT_ACCESSED) || ((pte_prot(pte, level) & PT_WRITE) && !(ad & PT_DIRTY));
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

/* Nothing to hardware; a mark and the payload stand where it does not look (I3). */
PT_HOOK pte_t pte_make_mmio(uint64_t payload)
{
	return (pte_t){ payload << TOY_MMIO_SHIFT | TOY_IS_MMIO | TOY_EMPTY };
}

PT_HOOK bool pte_mmio_payload(pte_t pte, uint64_t *payload)
{
	*payload = pte.raw >> TOY_MMIO_SHIFT;
	return (pte.raw & (TOY_TYPE | TOY_IS_MMIO)) == (TOY_EMPTY | TOY_IS_MMIO);
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

#include "mmu/pt/pte64.h"

#endif
