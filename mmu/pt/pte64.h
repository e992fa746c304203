/*
 * For formats with 64-bit entries: the accesses, which every 64-bit machine has as instructions.
 */
#ifndef MMU_PT_PTE64_H
#define MMU_PT_PTE64_H

PT_HOOK pte_t pte_load(const pte_t *slot)
{
	return (pte_t){ __atomic_load_n(&slot->raw, __ATOMIC_ACQUIRE) };
}

PT_HOOK pte_t pte_xchg(pte_t *slot, pte_t pte)
{
	return (pte_t){ __atomic_exchange_n(&slot->raw, pte.raw, __ATOMIC_ACQ_REL) };
}

/* By way of a local: what *expected points to need not be in memory. */
PT_HOOK bool pte_cas(pte_t *slot, pte_t *expected, pte_t pte)
{
	uint64_t found = expected->raw;
	bool done = __atomic_compare_exchange_n(&slot->raw, &found, pte.raw, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);

	expected->raw = found;
	return done;
}

#endif
