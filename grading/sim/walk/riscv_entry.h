/*
 * What entries mean that RISC-V's stages have in common, on a hart without Svnapot and Svpbmt.
 *
 * Hardware: [RV-PRIV] "Virtual Address Translation Process" (its steps are named below), "Addressing and Memory
 * Protection" of Sv32 and of Sv39.
 */
#ifndef SIM_WALK_RISCV_ENTRY_H
#define SIM_WALK_RISCV_ENTRY_H

#include "grading/sim/walk.h"

enum { RV_V, RV_R, RV_W, RV_X, RV_U, RV_G, RV_A, RV_D };

static inline bool rv_bit(uint64_t raw, int n)
{
	return raw >> n & 1;
}

/* Step 4: a pointer to the next level.  D, A and U are reserved there. */
static inline void rv_decode_table(uint64_t raw, int level, struct walk_entry *entry)
{
	if (level == 0 || rv_bit(raw, RV_D) || rv_bit(raw, RV_A) || rv_bit(raw, RV_U))
		return;
	entry->kind = WALK_TABLE;
	entry->out = hpa(walk_bits(raw, 53, 10) << 12);
	entry->rights = WALK_ALL_RIGHTS;
	entry->ad = WALK_ACCESSED | WALK_DIRTY;
}

/* Steps 5 to 7.  A leaf above level 0 whose page is not aligned to its size is misaligned and faults. */
static inline void rv_decode_leaf(uint64_t raw, int level, struct walk_entry *entry)
{
	if (level > 0 && walk_bits(raw, 9 + 9 * level, 10))
		return;
	entry->kind = WALK_LEAF;
	entry->out = hpa(walk_bits(raw, 53, 10) << 12);
	entry->rights = (rv_bit(raw, RV_R) ? WALK_READ : 0) | (rv_bit(raw, RV_W) ? WALK_WRITE : 0) |
			(rv_bit(raw, RV_X) ? WALK_EXEC : 0) | (rv_bit(raw, RV_U) ? WALK_USER : 0);
	entry->ad = (rv_bit(raw, RV_A) ? WALK_ACCESSED : 0) | (rv_bit(raw, RV_D) ? WALK_DIRTY : 0);
}

/* Step 3: V = 0, W without R, or a reserved bit; bits 63:54 belong to extensions that are not there. */
static inline void rv_decode(uint64_t raw, int level, struct walk_entry *entry)
{
	*entry = (struct walk_entry){ .kind = WALK_BAD };
	if (!rv_bit(raw, RV_V))
		entry->kind = WALK_EMPTY;
	else if ((rv_bit(raw, RV_W) && !rv_bit(raw, RV_R)) || walk_bits(raw, 63, 54))
		return;
	else if (rv_bit(raw, RV_R) || rv_bit(raw, RV_X))
		rv_decode_leaf(raw, level, entry);
	else
		rv_decode_table(raw, level, entry);
}

static inline uint64_t rv_set_ad(uint64_t raw, unsigned ad)
{
	return raw | (ad & WALK_ACCESSED ? 1 << RV_A : 0) | (ad & WALK_DIRTY ? 1 << RV_D : 0);
}

#endif
