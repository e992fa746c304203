/*
 * The guest's memory: see ram.h.
 */
#include "ram.h"
#include "sys.h"

#define HUGE_SIZE (2ul << 20)

struct ram ram[RAM_MAX];
u32 ram_count;

int ram_add(u64 guest, u64 size)
{
	u64 flags = MAP_ANON | MAP_PRIVATE | (size % HUGE_SIZE == 0 ? MAP_HUGE : 0);
	u8 *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (error_of(memory))
		return error_of(memory);
	ram[ram_count++] = (struct ram){ .guest = guest, .size = size, .memory = memory };
	return 0;
}

void *ram_at(u64 guest, u64 size)
{
	for (u32 i = 0; i < ram_count; i++)
		if (guest >= ram[i].guest && guest - ram[i].guest <= ram[i].size &&
		    size <= ram[i].size - (guest - ram[i].guest))
			return ram[i].memory + (guest - ram[i].guest);
	return NULL;
}
