/*
 * arm128: accesses that are WRONG, for the explorer, which must find out.
 *
 * An entry is written in two halves, and between them somebody else may look.  Each half would pass for an entry: the
 * new address with the old size and rights, which nobody has mapped.
 */
#ifndef ARM128_TORN_H
#define ARM128_TORN_H

#include "mmu/pt/pt_point.h"

typedef uint64_t __attribute__((may_alias)) arm128_half_t;

PT_HOOK pte_t pte_load(const pte_t *slot)
{
	const arm128_half_t *half = (const arm128_half_t *)slot;
	uint64_t low = __atomic_load_n(&half[0], __ATOMIC_ACQUIRE);

	return (pte_t){ (unsigned __int128)__atomic_load_n(&half[1], __ATOMIC_ACQUIRE) << 64 | low };
}

PT_HOOK pte_t pte_xchg(pte_t *slot, pte_t pte)
{
	arm128_half_t *half = (arm128_half_t *)slot;
	pte_t old = pte_load(slot);

	__atomic_store_n(&half[0], (uint64_t)pte.raw, __ATOMIC_RELEASE);
	PT_ACCESS_POINT(slot, "torn");
	__atomic_store_n(&half[1], (uint64_t)(pte.raw >> 64), __ATOMIC_RELEASE);
	return old;
}

PT_HOOK bool pte_cas(pte_t *slot, pte_t *expected, pte_t pte)
{
	pte_t old = pte_load(slot);
	bool same = old.raw == expected->raw;

	if (same)
		pte_xchg(slot, pte);
	*expected = old;
	return same;
}

#endif
