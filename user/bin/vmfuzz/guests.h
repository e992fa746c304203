/*
 * Hostile guests for vmfuzz.
 */
#ifndef VMFUZZ_GUESTS_H
#define VMFUZZ_GUESTS_H

#include "abi/types.h"

/* Run /guest/wild with so many seeds: how many had to be killed. */
u64 guests_run(u64 seed, u64 count);

/* Does a harmless guest still run? */
bool guests_are_well(void);

#endif
