/*
 * Access to entries that other CPUs, and the hardware walker, use at the same time.
 *
 * All of mmu/ reads and writes linked tables through these three (lint enforces it).  They add one thing to the
 * format's hooks: PT_ACCESS_POINT, where the simulated machine lets somebody else go first.  It is nothing in a real
 * kernel.
 *
 * Ordering: pt_write_cas() and pt_write_xchg() are releases: what was written before - a child table's content - is
 * visible to whoever sees the entry.  The other side is pt_read(), and the hardware walker, by data dependence.
 */
#ifndef MMU_PT_PT_ACCESS_H
#define MMU_PT_PT_ACCESS_H

#include "mmu/pt/pte_contract.h"
#include "mmu/pt/pt_point.h"

static inline pte_t pt_read(const pte_t *slot)
{
	PT_ACCESS_POINT(slot, "read");
	return pte_load(slot);
}

static inline bool pt_write_cas(pte_t *slot, pte_t *expected, pte_t pte)
{
	PT_ACCESS_POINT(slot, "cas");
	return pte_cas(slot, expected, pte);
}

static inline pte_t pt_write_xchg(pte_t *slot, pte_t pte)
{
	PT_ACCESS_POINT(slot, "xchg");
	return pte_xchg(slot, pte);
}

static inline pte_t *pt_table(const struct pt *pt, hpa_t table)
{
	return (pte_t *)(uintptr_t)(table.raw + pt->window);
}

static inline pte_t *pt_slot(const struct pt *pt, pte_t *table, ia_t at, int level)
{
	return table + ((at.raw >> pt_level_shift(level)) & (pt_entry_count(pt, level) - 1));
}

#endif
