/*
 * arm128: accesses that are WRONG, for the explorer, which must find out.
 *
 * An entry is written in two halves, and between them somebody else may look.  Each half would pass for an entry: the
 * new address with the old size and rights, which nobody has mapped.
 */
#ifndef ARM128_TORN_H
#define ARM128_TORN_H

#include "mmu/pt/pt_point.h"

static inline void arm128_store_halves(pte_t *slot, pte_t pte)
{
	uint64_t *half = (uint64_t *)slot;

	half[0] = (uint64_t)pte.raw;
	PT_ACCESS_POINT(slot, "torn");
	half[1] = (uint64_t)(pte.raw >> 64);
}

PT_HOOK pte_t pte_load(const pte_t *slot)
{
	return *slot;
}

PT_HOOK pte_t pte_xchg(pte_t *slot, pte_t pte)
{
	pte_t old = *slot;

	arm128_store_halves(slot, pte);
	return old;
}

PT_HOOK bool pte_cas(pte_t *slot, pte_t *expected, pte_t pte)
{
	pte_t old = *slot;
	bool same = old.raw == expected->raw;

	if (same)
		arm128_store_halves(slot, pte);
	*expected = old;
	return same;
}

#endif
