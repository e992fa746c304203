/*
 * Sets of bits in a word.  The compiler's built-ins would call a library that the kernel does not link.
 */
#ifndef KERNEL_LIB_BITS_H
#define KERNEL_LIB_BITS_H

#include "abi/types.h"

static inline u32 bit_count(u32 set)
{
	u32 count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

/* The number of the lowest bit; set is not 0. */
static inline u32 bit_lowest(u32 set)
{
	u32 n = 0;

	while (!(set >> n & 1))
		n++;
	return n;
}

#endif
