/*
 * Sets of bits in a word.  The compiler's built-ins would call a library that the kernel does not link.
 */
#ifndef KERNEL_LIB_BITS_H
#define KERNEL_LIB_BITS_H

#include "abi/types.h"

static inline u32 bit_count(u64 set)
{
	u32 count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

/* The number of the lowest bit; set is not 0.  Skips halves without any. */
static inline u32 bit_lowest(u64 set)
{
	u32 n = 0;

	for (u32 step = 32; step; step /= 2) {
		if (set << (64 - step))
			continue;
		set >>= step;
		n += step;
	}
	return n;
}

#endif
