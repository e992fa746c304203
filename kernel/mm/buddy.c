/*
 * Physical memory: the buddy allocator, and the record of each page.
 *
 * RAM comes in zones (contiguous ranges); each zone has an array of struct page.  A free block of order n is known by
 * its first page: state PAGE_FREE_HEAD, order n, linked on free_list[n]; its other pages are PAGE_FREE_TAIL.  Two free
 * blocks of order n that differ in address bit (12 + n) alone are buddies and are joined at once:
 *
 *     order 1        order 0        after freeing the page B at 0x5000, with A at 0x4000 free already:
 *   [0x6000    ]   [A 0x4000]       A and B make order 1 at 0x4000, and that with 0x6000 order 2 at 0x4000.
 *
 * I1 No two buddies of one order are both free.
 * I2 page_free is the number of pages in states FREE_HEAD and FREE_TAIL.
 * I3 A page that is not PAGE_ALLOCATED has count 0.
 *
 * Locking: buddy_lock protects the lists and the states.  Counts are atomic.
 */
#include "mm/buddy.h"
#include "mm/alloc_fail.h"
#include "lock.h"
#include "arch/arch.h"

#define ZONES_MAX 16

struct zone {
	hpa_t start, end;
	struct page *pages; /* [0] is the page at start */
};

static struct spinlock buddy_lock = SPINLOCK_INIT("buddy", RANK_BUDDY);
static struct zone zones[ZONES_MAX];
static u32 zone_count;
static struct list free_list[ORDER_MAX + 1];
static u64 page_total, page_free;

/* ---- Records ------------------------------------------------------------------------------------------- */

void *hpa_to_ptr(hpa_t pa)
{
	ASSERT(pa.raw < DIRECT_SIZE, "hpa_to_ptr: 0x%lx is beyond the direct map", pa.raw);
	return (void *)(DIRECT_BASE + pa.raw);
}

hpa_t ptr_to_hpa(const void *p)
{
	ASSERT((u64)p - DIRECT_BASE < DIRECT_SIZE, "ptr_to_hpa: %p is not in the direct map", p);
	return hpa((u64)p - DIRECT_BASE);
}

static struct zone *zone_of(hpa_t pa)
{
	for (u32 i = 0; i < zone_count; i++)
		if (pa.raw >= zones[i].start.raw && pa.raw < zones[i].end.raw)
			return &zones[i];
	return NULL;
}

struct page *page_of(hpa_t pa)
{
	struct zone *z = zone_of(pa);

	return z ? &z->pages[(pa.raw - z->start.raw) >> PAGE_SHIFT] : NULL;
}

static struct page *ram_page(hpa_t pa)
{
	struct page *page = page_of(pa);

	ASSERT(page, "page 0x%lx is no RAM", pa.raw);
	return page;
}

static hpa_t page_address(const struct page *page)
{
	for (u32 i = 0; i < zone_count; i++) {
		struct zone *z = &zones[i];
		u64 count = (z->end.raw - z->start.raw) >> PAGE_SHIFT;

		if (page >= z->pages && page < z->pages + count)
			return hpa_add(z->start, (u64)(page - z->pages) << PAGE_SHIFT);
	}
	panic("page_address: %p is no page record", page);
}

/* ---- Blocks -------------------------------------------------------------------------------------------- */

static u64 order_size(u32 order)
{
	return PAGE_SIZE << order;
}

static void set_states(hpa_t block, u32 order, enum page_state first, enum page_state rest)
{
	struct page *page = ram_page(block);

	page->state = first;
	for (u64 i = 1; i < 1ull << order; i++)
		page[i].state = rest;
}

static void insert_free(hpa_t block, u32 order)
{
	struct page *page = ram_page(block);

	page->state = PAGE_FREE_HEAD;
	page->order = order;
	list_push_front(&free_list[order], &page->link);
}

/* The block's buddy if it is free, whole and in the same zone. */
static struct page *free_buddy(hpa_t block, u32 order)
{
	hpa_t other = hpa(block.raw ^ order_size(order));
	struct page *page = zone_of(other) == zone_of(block) ? page_of(other) : NULL;

	return page && page->state == PAGE_FREE_HEAD && page->order == order ? page : NULL;
}

/* Free a block whose pages are PAGE_FREE_TAIL already, joining it with its buddies. */
static void join_and_insert(hpa_t block, u32 order)
{
	struct page *buddy;

	while (order < ORDER_MAX && (buddy = free_buddy(block, order)) != NULL) {
		list_remove(&buddy->link);
		buddy->state = PAGE_FREE_TAIL;
		block = hpa(block.raw & ~order_size(order));
		order++;
	}
	insert_free(block, order);
}

static hpa_t alloc_locked(u32 order)
{
	u32 have = order;
	struct page *page;
	hpa_t block;

	while (have <= ORDER_MAX && list_is_empty(&free_list[have]))
		have++;
	if (have > ORDER_MAX)
		return hpa(0);
	page = list_first(&free_list[have], struct page, link);
	list_remove(&page->link);
	block = page_address(page);
	while (have > order) {
		have--;
		insert_free(hpa_add(block, order_size(have)), have);
	}
	set_states(block, order, PAGE_ALLOCATED, PAGE_ALLOCATED);
	page_free -= 1ull << order;
	return block;
}

hpa_t buddy_alloc(u32 order)
{
	hpa_t block;

	ASSERT(order <= ORDER_MAX, "buddy_alloc: order %u", order);
	if (alloc_should_fail())
		return hpa(0);
	spin_lock(&buddy_lock);
	block = alloc_locked(order);
	spin_unlock(&buddy_lock);
	return block;
}

static void check_free(hpa_t block, u32 order)
{
	struct page *page = ram_page(block);

	ASSERT(IS_ALIGNED(block.raw, order_size(order)), "buddy_free: 0x%lx is not aligned for order %u", block.raw,
	       order);
	for (u64 i = 0; i < 1ull << order; i++)
		ASSERT(page[i].state == PAGE_ALLOCATED && page[i].count == 0,
		       "buddy_free: page 0x%lx has state %u and count %u", block.raw + i * PAGE_SIZE, page[i].state,
		       page[i].count);
}

void buddy_free(hpa_t block, u32 order)
{
	spin_lock(&buddy_lock);
	check_free(block, order);
	for (u64 i = 0; i < 1ull << order; i++)
		ram_page(block)[i].owner = 0;
	set_states(block, order, PAGE_FREE_TAIL, PAGE_FREE_TAIL);
	page_free += 1ull << order;
	join_and_insert(block, order);
	spin_unlock(&buddy_lock);
}

/* ---- Pages with counts --------------------------------------------------------------------------------- */

hpa_t page_alloc_block(u32 order)
{
	hpa_t block = buddy_alloc(order);

	if (block.raw == 0)
		return block;
	memset(hpa_to_ptr(block), 0, order_size(order));
	for (u64 i = 0; i < 1ull << order; i++)
		ram_page(block)[i] = (struct page){ .count = 1, .state = PAGE_ALLOCATED };
	return block;
}

hpa_t page_alloc(void)
{
	return page_alloc_block(0);
}

void page_get(hpa_t page)
{
	u32 before = __atomic_fetch_add(&ram_page(page)->count, 1, __ATOMIC_RELAXED);

	ASSERT(before > 0, "page_get: page 0x%lx is free", page.raw);
}

/* Ordering: release, so that all uses come before; acquire at zero, so that the next owner comes after. */
void page_put(hpa_t page)
{
	u32 before = __atomic_fetch_sub(&ram_page(page)->count, 1, __ATOMIC_ACQ_REL);

	ASSERT(before > 0, "page_put: page 0x%lx has no reference left", page.raw);
	if (before == 1)
		buddy_free(hpa(ALIGN_DOWN(page.raw, PAGE_SIZE)), 0);
}

/* RISC-V has no atomic access to a byte.  The other bytes of the word get no new bits, so they stay as they are. */
void page_mark(hpa_t page, u32 flags)
{
	struct page *p = page_of(page);

	_Static_assert(offsetof(struct page, flags) % sizeof(u32) == 0, "the lowest byte of a word");
	__atomic_fetch_or((u32 *)&p->flags, flags, __ATOMIC_RELAXED);
}

u32 page_count(hpa_t page)
{
	return __atomic_load_n(&ram_page(page)->count, __ATOMIC_ACQUIRE);
}

/* ---- Boot ---------------------------------------------------------------------------------------------- */

/* The first reserved range that overlaps [start, end); NULL if none does. */
static const struct hpa_range *find_reserved(const struct boot_info *info, u64 start, u64 end)
{
	const struct hpa_range *first = NULL;

	for (u32 i = 0; i < info->reserved_count; i++) {
		const struct hpa_range *r = &info->reserved[i];

		if (r->start.raw < end && r->end.raw > start && (!first || r->start.raw < first->start.raw))
			first = r;
	}
	return first;
}

/* A place for size bytes in the zone, clear of all reserved ranges. */
static hpa_t place_records(const struct boot_info *info, const struct zone *z, u64 size)
{
	u64 at = z->start.raw;
	const struct hpa_range *r;

	while ((r = find_reserved(info, at, at + size)) != NULL)
		at = ALIGN_UP(r->end.raw, PAGE_SIZE);
	return at + size <= z->end.raw ? hpa(at) : hpa(0);
}

static void free_range_at_boot(u64 start, u64 end)
{
	while (start < end) {
		u32 order = 0;

		while (order < ORDER_MAX && IS_ALIGNED(start, order_size(order + 1)) &&
		       start + order_size(order + 1) <= end)
			order++;
		set_states(hpa(start), order, PAGE_FREE_TAIL, PAGE_FREE_TAIL);
		join_and_insert(hpa(start), order);
		page_free += 1ull << order;
		start += order_size(order);
	}
}

static void init_zone(const struct boot_info *info, struct zone *z, struct hpa_range records)
{
	u64 at = z->start.raw;

	while (at < z->end.raw) {
		const struct hpa_range *r = find_reserved(info, at, z->end.raw);
		u64 end = r ? MAX(at, ALIGN_DOWN(r->start.raw, PAGE_SIZE)) : z->end.raw;
		u64 next = r ? ALIGN_UP(r->end.raw, PAGE_SIZE) : z->end.raw;

		if (records.start.raw >= at && records.start.raw < end) {
			free_range_at_boot(at, records.start.raw);
			at = records.end.raw;
		}
		free_range_at_boot(at, end);
		at = next;
	}
}

/* Where RAM ends at the latest: the direct map's end, or what the machine has of addresses. */
static u64 ram_limit(const struct boot_info *info)
{
	u32 bits = info->address_bits;

	return bits == 0 || bits > 63 ? DIRECT_SIZE : MIN(1ull << bits, DIRECT_SIZE);
}

static void add_zone(const struct boot_info *info, struct hpa_range ram)
{
	struct zone *z = &zones[zone_count];
	u64 count, size;
	hpa_t records;

	z->start = hpa(ALIGN_UP(ram.start.raw, PAGE_SIZE));
	z->end = hpa(MIN(ALIGN_DOWN(ram.end.raw, PAGE_SIZE), ram_limit(info)));
	if (z->start.raw >= z->end.raw)
		return;
	count = (z->end.raw - z->start.raw) >> PAGE_SHIFT;
	size = ALIGN_UP(count * sizeof(struct page), PAGE_SIZE);
	records = place_records(info, z, size);
	if (records.raw == 0) {
		printk("memory: no room for the records of 0x%lx-0x%lx, not used\n", z->start.raw, z->end.raw);
		return;
	}
	z->pages = hpa_to_ptr(records);
	memset(z->pages, 0, size);
	for (u64 i = 0; i < count; i++)
		z->pages[i].state = PAGE_RESERVED;
	page_total += count;
	zone_count++;
	init_zone(info, z, (struct hpa_range){ records, hpa_add(records, size) });
}

void buddy_init(const struct boot_info *info)
{
	for (u32 order = 0; order <= ORDER_MAX; order++)
		list_init(&free_list[order]);
	for (u32 i = 0; i < info->ram_count; i++)
		add_zone(info, info->ram[i]);
	if (page_free == 0)
		panic("memory: none of %u ranges of RAM is usable", info->ram_count);
}

/* ---- Looking ------------------------------------------------------------------------------------------- */

/* It does not change after boot. */
u64 buddy_page_total(void)
{
	return page_total;
}

void buddy_stats(struct buddy_stats *stats)
{
	struct page *page;

	memset(stats, 0, sizeof(*stats));
	spin_lock(&buddy_lock);
	stats->page_total = page_total;
	stats->page_free = page_free;
	for (u32 order = 0; order <= ORDER_MAX; order++) {
		list_for_each(page, &free_list[order], link)
			stats->free_blocks[order]++;
		if (stats->free_blocks[order])
			stats->largest_free = order_size(order);
	}
	spin_unlock(&buddy_lock);
}

static u64 check_block(const struct page *page, u32 order)
{
	hpa_t block = page_address(page);

	if (page->state != PAGE_FREE_HEAD || page->order != order || !IS_ALIGNED(block.raw, order_size(order)))
		panic("buddy: 0x%lx on list %u has state %u, order %u", block.raw, order, page->state, page->order);
	if (order < ORDER_MAX && free_buddy(block, order))
		panic("buddy: 0x%lx and its buddy of order %u are both free", block.raw, order);
	for (u64 i = 1; i < 1ull << order; i++)
		if (page[i].state != PAGE_FREE_TAIL || page[i].count != 0)
			panic("buddy: page %lu of free block 0x%lx has state %u, count %u", i, block.raw, page[i].state,
			      page[i].count);
	return 1ull << order;
}

static u64 count_free_pages(void)
{
	u64 count = 0;

	for (u32 z = 0; z < zone_count; z++)
		for (u64 i = 0; i < (zones[z].end.raw - zones[z].start.raw) >> PAGE_SHIFT; i++)
			count += zones[z].pages[i].state == PAGE_FREE_HEAD || zones[z].pages[i].state == PAGE_FREE_TAIL;
	return count;
}

void buddy_check(void)
{
	struct page *page;
	u64 listed = 0, marked;

	spin_lock(&buddy_lock);
	for (u32 order = 0; order <= ORDER_MAX; order++)
		list_for_each(page, &free_list[order], link)
			listed += check_block(page, order);
	marked = count_free_pages();
	if (listed != page_free || marked != page_free)
		panic("buddy: %lu pages are free, %lu listed, %lu marked", page_free, listed, marked);
	spin_unlock(&buddy_lock);
}
