/*
 * arm128: accesses by the host's 128-bit compare-and-swap.
 *
 * Compilers turn 16-byte __atomic operations into calls of a library, which may use a lock; hardware walkers do not
 * take it.  So the instruction is written out, once for each kind of host.
 *
 * cas128(slot, expected, value): writes value iff *slot is *expected; *expected becomes what was there.  Acquire and
 * release.  A slot is aligned to 16 bytes, and writable even to be read.
 */
#ifndef ARM128_NATIVE_H
#define ARM128_NATIVE_H

#if defined(__x86_64__)
#include "mmu/fmt/arm128/arch/x86/cas128.h"
#elif defined(__aarch64__)
#include "mmu/fmt/arm128/arch/arm64/cas128.h"
#else
#error "this host has no 128-bit compare-and-swap: build arm128 with -DARM128_LOCKED"
#endif

/* Offer to replace 0 by 0: whatever is there, nothing changes, and it is told. */
PT_HOOK pte_t pte_load(const pte_t *slot)
{
	pte_t pte = { 0 };

	cas128(&((pte_t *)slot)->raw, &pte.raw, 0);
	return pte;
}

PT_HOOK bool pte_cas(pte_t *slot, pte_t *expected, pte_t pte)
{
	return cas128(&slot->raw, &expected->raw, pte.raw);
}

PT_HOOK pte_t pte_xchg(pte_t *slot, pte_t pte)
{
	pte_t old = { 0 };

	while (!cas128(&slot->raw, &old.raw, pte.raw))
		;
	return old;
}

#endif
