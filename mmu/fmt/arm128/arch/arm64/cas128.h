/*
 * 128-bit compare-and-swap on arm64.  native.h has the contract.
 *
 * Hardware: [ARM-ARM] "CASP, CASPA, CASPAL, CASPL", with FEAT_LSE; "LDAXP" and "STLXP" without.  CASP wants each pair
 * in an even register and the next.  A pair that LDAXP has read is known to be whole only when STLXP has succeeded,
 * so what is not replaced is written back.
 */
#ifndef ARM128_CAS128_H
#define ARM128_CAS128_H

static inline bool cas128(unsigned __int128 *slot, unsigned __int128 *expected, unsigned __int128 value)
{
	register uint64_t low __asm__("x0") = (uint64_t)*expected;
	register uint64_t high __asm__("x1") = (uint64_t)(*expected >> 64);
	register uint64_t new_low __asm__("x2") = (uint64_t)value;
	register uint64_t new_high __asm__("x3") = (uint64_t)(value >> 64);
	unsigned __int128 wanted = *expected;

#ifdef __ARM_FEATURE_ATOMICS
	__asm__ volatile("caspal %0, %1, %3, %4, %2"
			 : "+r"(low), "+r"(high), "+Q"(*slot)
			 : "r"(new_low), "r"(new_high)
			 : "memory");
#else
	uint64_t was_low, was_high;
	uint32_t failed;

	__asm__ volatile("1:	ldaxp	%0, %1, %3\n"
			 "	cmp	%0, %4\n"
			 "	ccmp	%1, %5, #0, eq\n"
			 "	b.ne	2f\n"
			 "	stlxp	%w2, %6, %7, %3\n"
			 "	cbnz	%w2, 1b\n"
			 "	b	3f\n"
			 "2:	stlxp	%w2, %0, %1, %3\n"
			 "	cbnz	%w2, 1b\n"
			 "3:"
			 : "=&r"(was_low), "=&r"(was_high), "=&r"(failed), "+Q"(*slot)
			 : "r"(low), "r"(high), "r"(new_low), "r"(new_high)
			 : "memory", "cc");
	low = was_low;
	high = was_high;
#endif
	*expected = (unsigned __int128)high << 64 | low;
	return *expected == wanted;
}

#endif
