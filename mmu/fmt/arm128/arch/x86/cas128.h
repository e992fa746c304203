/*
 * 128-bit compare-and-swap on x86-64.  native.h has the contract.
 *
 * Hardware: [SDM2] "CMPXCHG8B/CMPXCHG16B: Compare and Exchange Bytes": compares with RDX:RAX, writes RCX:RBX, answers
 * in ZF; what was there is in RDX:RAX then.  Locked, it is a full barrier.  Every x86-64 host since 2006 has it.
 */
#ifndef ARM128_CAS128_H
#define ARM128_CAS128_H

static inline bool cas128(unsigned __int128 *slot, unsigned __int128 *expected, unsigned __int128 value)
{
	uint64_t low = (uint64_t)*expected, high = (uint64_t)(*expected >> 64);
	bool done;

	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(done), "+m"(*slot), "+a"(low), "+d"(high)
			 : "b"((uint64_t)value), "c"((uint64_t)(value >> 64))
			 : "memory");
	*expected = (unsigned __int128)high << 64 | low;
	return done;
}

#endif
