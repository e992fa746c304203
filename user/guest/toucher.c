/*
 * toucher: writes all free memory, a word or so a page, in three orders; everything must still be there at the end.
 */
#include "guest.h"

#define STRIDE 509ul /* a prime: pages in an order that is not the addresses' */

static struct range all;

/* What belongs into a page in a round; at another place in it each time. */
static u64 value_of(u64 page, u64 round)
{
	return page * 0x9e3779b97f4a7c15 + round;
}

static volatile u64 *word_of(u64 page, u64 round)
{
	return (u64 *)page + (page / PAGE_SIZE + 7 * round) % 512;
}

__attribute__((noinline)) static void touch(u64 page, u64 round)
{
	*word_of(page, round) = value_of(page, round);
}

static void check(u64 page, u64 round)
{
	CHECK(*word_of(page, round) == value_of(page, round), "page 0x%lx of round %lu has 0x%lx", page, round,
	      *word_of(page, round));
}

void guest_main(void)
{
	u64 count;

	all = free_ram();
	count = (all.end - all.start) / PAGE_SIZE;
	for (u64 i = 0; i < count; i++)
		CHECK(*word_of(all.start + i * PAGE_SIZE, 0) == 0, "page %lu is not zero", i);
	for (u64 i = 0; i < count; i++)
		touch(all.start + i * PAGE_SIZE, 0);
	for (u64 i = count; i-- > 0;)
		touch(all.start + i * PAGE_SIZE, 1);
	for (u64 i = 0; i < count; i++)
		touch(all.start + i * STRIDE % count * PAGE_SIZE, 2);
	for (u64 i = 0; i < 3 * count; i++)
		if (i / count != 2 || count % STRIDE) /* otherwise they are not all in the third order */
			check(all.start + i % count * PAGE_SIZE, i / count);
	print("toucher: %lu pages keep what was written\n", count);
}
