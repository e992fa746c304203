/*
 * Pages, and the functions that the compiler calls by itself.
 */
#include "../guest.h"

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile u8 *)to)[i] = byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile u8 *)to)[i] = ((const u8 *)from)[i];
	return to;
}

u64 *page_take(void)
{
	static u64 next;
	struct range all = free_ram();
	u64 page = __atomic_fetch_add(&next, PAGE_SIZE, __ATOMIC_RELAXED) + all.start;

	CHECK(page < all.end, "no page is left");
	return memset((void *)page, 0, PAGE_SIZE);
}
