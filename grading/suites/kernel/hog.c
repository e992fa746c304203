/*
 * Taking memory away: see hog.h.  The blocks are linked through their first pages' records, so nothing is allocated.
 */
#include "hog.h"
#include "mm/buddy.h"

static struct list blocks = LIST_INIT(blocks);

static void release_at_end(void *unused)
{
	hog_release();
}

/* The record's `owner` keeps block and order. */
static u64 take_order(u32 order)
{
	u64 pages = 0;
	hpa_t block;

	while ((block = buddy_alloc(order)).raw != 0) {
		struct page *page = page_of(block);

		page->owner = block.raw | order;
		list_push_front(&blocks, &page->link);
		pages += 1ull << order;
	}
	return pages;
}

u64 hog_take(u32 lowest_order)
{
	u64 pages = 0;

	ktest_defer(release_at_end, NULL);
	for (u32 order = ORDER_MAX + 1; order-- > lowest_order;)
		pages += take_order(order);
	return pages;
}

void hog_release(void)
{
	while (!list_is_empty(&blocks)) {
		struct page *page = list_first(&blocks, struct page, link);
		u32 order = page->owner & (PAGE_SIZE - 1);
		hpa_t block = hpa(page->owner - order);

		list_remove(&page->link);
		buddy_free(block, order);
	}
}
