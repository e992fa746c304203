/*
 * What the guest wild draws: see wild.h.
 */
#include "../guest.h"
#include "../wild.h"

u64 wild_state;

u64 pick(u64 limit)
{
	return next_random(&wild_state) % limit;
}

u64 wild_address(void)
{
	static const u64 edges[] = {
		0, 0x100000, 0x10000000, 0x10001000, 0x0c000000, 0x3f8, 0xfee00000, 0xfee00300, 0xfec00000, 0x40000000,
		0x7ff00000, 0x80000000, 0xfffff000, 0xffffffff, 1ul << 32, 1ul << 38, 1ul << 39, 1ul << 40, 1ul << 41,
		1ul << 47, 1ul << 55, 1ul << 56, 1ul << 63, 0xffffffc000000000, 0xffff800000000000, -4096ul, ~0ul
	};

	switch (pick(6)) {
	case 0: return next_random(&wild_state);
	case 1: return 1ul << pick(64);
	case 2:
	case 3: return edges[pick(sizeof(edges) / sizeof(edges[0]))] + (pick(2) ? 0 : pick(8192) - 4096);
	case 4: return pick(4096);
	default: return arch_own_address();
	}
}
