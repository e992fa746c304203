/*
 * What Arm's second stage has in common in both descriptor sizes, without FWB.
 *
 * Hardware: [ARM-ARM] "Stage 2 memory region type and cacheability attributes".
 */
#ifndef SIM_WALK_ARM_ENTRY_H
#define SIM_WALK_ARM_ENTRY_H

#include "grading/sim/walk.h"

#define ARM_ACCESSED 10 /* AF */

/* MemAttr[3:2] = 0: device memory.  Otherwise MemAttr[1:0] = 0 is reserved. */
static inline bool arm_memattr_exists(unsigned memattr)
{
	return memattr < 4 || (memattr & 3);
}

static inline unsigned arm_device(unsigned memattr)
{
	return memattr < 4 ? WALK_DEVICE : 0;
}

static inline void arm_table(uint64_t table, struct walk_entry *entry)
{
	entry->kind = WALK_TABLE;
	entry->out = hpa(table);
	entry->rights = WALK_ALL_RIGHTS;
	entry->ad = WALK_ACCESSED | WALK_DIRTY;
}

#endif
