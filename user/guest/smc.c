/*
 * smc: code that is written and run, and written again at the same place.
 */
#include "guest.h"

#define ROUNDS 1000

void guest_main(void)
{
	u8 *page = (u8 *)page_take();
	u64 random = 1;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 r = next_random(&random);
		u8 *at = page + r % 8 * 64;
		u32 value = r >> 20 & 1023;

		write_function(at, value);
		u32 got = ((u32 (*)(void))at)();

		CHECK(got == value, "smc: round %u: the code says %u, not %u", i, got, value);
	}
	print("smc: %u rounds\n", ROUNDS);
}
