/*
 * What entries mean in the tables of x86-64 processors, which serve as nested tables too, with EFER.NXE.
 *
 * Hardware: [APM2] "Page-Translation-Table Entry Fields", "Page-Attribute Table Mechanism" (with the PAT of reset);
 * [SDM3] "4-Level Paging and 5-Level Paging".
 */
#ifndef SIM_WALK_X86_ENTRY_H
#define SIM_WALK_X86_ENTRY_H

#include "grading/sim/walk.h"

enum { X86_P = 0, X86_RW = 1, X86_US = 2, X86_PCD = 4, X86_A = 5, X86_D = 6, X86_PS = 7, X86_NX = 63 };

static inline bool x86_bit(uint64_t raw, int n)
{
	return raw >> n & 1;
}

/* Tables and leaves have the same rights; those of all levels are joined. */
static inline unsigned x86_rights(uint64_t raw)
{
	return WALK_READ | (x86_bit(raw, X86_RW) ? WALK_WRITE : 0) | (x86_bit(raw, X86_US) ? WALK_USER : 0) |
	       (x86_bit(raw, X86_NX) ? 0 : WALK_EXEC);
}

static inline void x86_decode_table(uint64_t raw, struct walk_entry *entry)
{
	entry->kind = WALK_TABLE;
	entry->out = hpa(walk_bits(raw, 51, 12) << 12);
	entry->rights = x86_rights(raw) | WALK_DEVICE;
	entry->ad = (x86_bit(raw, X86_A) ? WALK_ACCESSED : 0) | WALK_DIRTY;
}

/*
 * Below the page's address a leaf above level 0 has the PAT bit (12) and reserved bits.  Of the types that PAT, PCD and
 * PWT choose from, those with PCD are uncacheable.
 */
static inline void x86_decode_leaf(uint64_t raw, int level, struct walk_entry *entry)
{
	int shift = 12 + 9 * level;

	if (level > 0 && walk_bits(raw, shift - 1, 13))
		return;
	entry->kind = WALK_LEAF;
	entry->out = hpa(walk_bits(raw, 51, shift) << shift);
	entry->rights = x86_rights(raw) | (x86_bit(raw, X86_PCD) ? WALK_DEVICE : 0);
	entry->ad = (x86_bit(raw, X86_A) ? WALK_ACCESSED : 0) | (x86_bit(raw, X86_D) ? WALK_DIRTY : 0);
}

/* PS makes a leaf at levels 1 and 2; above, it is reserved. */
static inline void x86_decode(uint64_t raw, int level, struct walk_entry *entry)
{
	*entry = (struct walk_entry){ .kind = WALK_BAD };
	if (!x86_bit(raw, X86_P))
		entry->kind = WALK_EMPTY;
	else if (level == 0 || (level <= 2 && x86_bit(raw, X86_PS)))
		x86_decode_leaf(raw, level, entry);
	else if (!x86_bit(raw, X86_PS))
		x86_decode_table(raw, entry);
}

static inline uint64_t x86_set_ad(uint64_t raw, unsigned ad)
{
	return raw | (ad & WALK_ACCESSED ? 1 << X86_A : 0) | (ad & WALK_DIRTY ? 1 << X86_D : 0);
}

#endif
