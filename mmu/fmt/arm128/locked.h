/*
 * arm128: accesses under a lock, for hosts without a 128-bit compare-and-swap.
 *
 * Readers take it too: without it they would see one half before a write and the other half after it.  No hardware
 * walker takes it, so this is for simulated machines alone.
 *
 * Locking: arm128_locks, a table of words; an entry's lock is chosen by its address.  Held for two loads and two
 * stores, nothing is called meanwhile, and nobody holds two.
 */
#ifndef ARM128_LOCKED_H
#define ARM128_LOCKED_H

#define ARM128_LOCK_COUNT 64

/* One table for all that is linked together, whoever includes this. */
__attribute__((weak)) uint32_t arm128_locks[ARM128_LOCK_COUNT];

static inline uint32_t *arm128_lock(const pte_t *slot)
{
	uint32_t *lock = &arm128_locks[(uintptr_t)slot / sizeof(*slot) % ARM128_LOCK_COUNT];

	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
		;
	return lock;
}

static inline void arm128_unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

PT_HOOK pte_t pte_load(const pte_t *slot)
{
	uint32_t *lock = arm128_lock(slot);
	pte_t pte = *slot;

	arm128_unlock(lock);
	return pte;
}

PT_HOOK pte_t pte_xchg(pte_t *slot, pte_t pte)
{
	uint32_t *lock = arm128_lock(slot);
	pte_t old = *slot;

	*slot = pte;
	arm128_unlock(lock);
	return old;
}

PT_HOOK bool pte_cas(pte_t *slot, pte_t *expected, pte_t pte)
{
	uint32_t *lock = arm128_lock(slot);
	pte_t old = *slot;
	bool same = old.raw == expected->raw;

	if (same)
		*slot = pte;
	arm128_unlock(lock);
	*expected = old;
	return same;
}

#endif
