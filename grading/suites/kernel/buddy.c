/*
 * The buddy allocator.
 *
 * Which blocks are free follows from which pages are free: the largest aligned ones.  So when all is given back, the
 * number of free blocks of each order is what it was, and that is how joining is tested.
 */
#include "hog.h"
#include "grading/ktest/crew.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"

static struct buddy_stats stats_now(void)
{
	struct buddy_stats s;

	buddy_stats(&s);
	return s;
}

static void expect_same_blocks(const struct buddy_stats *before)
{
	struct buddy_stats now = stats_now();

	EXPECT_EQ(now.page_free, before->page_free);
	EXPECT_EQ(now.largest_free, before->largest_free);
	for (u32 order = 0; order <= ORDER_MAX; order++)
		EXPECT_EQ(now.free_blocks[order], before->free_blocks[order], "order %u", order);
	buddy_check();
}

/* Mark each page of a block with its address and a stamp, and look whether the marks are still there. */
static void stamp_block(hpa_t block, u32 order, u64 stamp)
{
	for (u64 i = 0; i < 1ull << order; i++)
		*(u64 *)hpa_to_ptr(hpa_add(block, i * PAGE_SIZE)) = (block.raw + i * PAGE_SIZE) ^ stamp;
}

static void expect_stamp(hpa_t block, u32 order, u64 stamp)
{
	for (u64 i = 0; i < 1ull << order; i++)
		EXPECT_EQ(*(u64 *)hpa_to_ptr(hpa_add(block, i * PAGE_SIZE)), (block.raw + i * PAGE_SIZE) ^ stamp);
}

/* ---- Orders -------------------------------------------------------------------------------------------- */

static bool each_order(u32 index, struct ktest_param *param)
{
	snprintf(param->name, sizeof(param->name), "order_%u", index);
	param->value = index;
	return index <= ORDER_MAX;
}

static void each_order_is_aligned_and_joins_again(void)
{
	u32 order = ktest_param();
	struct buddy_stats before = stats_now();
	hpa_t block, last;

	if (before.largest_free < PAGE_SIZE << order)
		SKIP("the largest free block has %lu MiB", before.largest_free >> 20);
	block = buddy_alloc(order);
	ASSERT_NE(block.raw, 0);
	EXPECT_TRUE(IS_ALIGNED(block.raw, PAGE_SIZE << order), "block 0x%lx", block.raw);
	EXPECT_EQ(stats_now().page_free, before.page_free - (1ull << order));
	last = hpa_add(block, (PAGE_SIZE << order) - PAGE_SIZE);
	stamp_block(block, 0, 1);
	stamp_block(last, 0, 2);
	EXPECT_EQ(page_of(last)->state, PAGE_ALLOCATED);
	buddy_check();
	buddy_free(block, order);
	expect_same_blocks(&before);
}

static void stats_name_the_largest_free_block(void)
{
	struct buddy_stats s = stats_now();
	u64 pages = 0;
	hpa_t block;
	u32 order = 0;

	for (u32 i = 0; i <= ORDER_MAX; i++)
		pages += s.free_blocks[i] << i;
	EXPECT_EQ(s.page_free, pages);
	EXPECT_LE(s.page_free, s.page_total);
	while (PAGE_SIZE << order < s.largest_free)
		order++;
	EXPECT_EQ(s.largest_free, PAGE_SIZE << order);
	block = buddy_alloc(order);
	EXPECT_NE(block.raw, 0);
	if (order < ORDER_MAX)
		EXPECT_EQ(buddy_alloc(order + 1).raw, 0);
	buddy_free(block, order);
}

/* ---- Joining ------------------------------------------------------------------------------------------- */

#define PAGES_MAX 512

static hpa_t pages[PAGES_MAX];

static void shuffle(u64 count)
{
	struct ktest_random r = ktest_random(0);

	for (u64 i = count; i > 1; i--) {
		u64 other = random_below(&r, i);
		hpa_t page = pages[i - 1];

		pages[i - 1] = pages[other];
		pages[other] = page;
	}
}

static void pages_freed_in_any_order_join(void)
{
	struct buddy_stats before = stats_now();

	for (u32 i = 0; i < PAGES_MAX; i++) {
		pages[i] = buddy_alloc(0);
		ASSERT_NE(pages[i].raw, 0);
	}
	shuffle(PAGES_MAX);
	for (u32 i = 0; i < PAGES_MAX; i++)
		buddy_free(pages[i], 0);
	expect_same_blocks(&before);
}

/* What a 2 MiB user page goes through when it is split and its parts are unmapped. */
static void huge_block_put_page_by_page_joins(void)
{
	struct buddy_stats before = stats_now();
	hpa_t block = page_alloc_block(ORDER_HUGE);

	ASSERT_NE(block.raw, 0);
	for (u64 i = 0; i < PAGES_MAX; i++)
		pages[i] = hpa_add(block, i * PAGE_SIZE);
	shuffle(PAGES_MAX);
	for (u64 i = 0; i < PAGES_MAX; i++) {
		page_put(pages[i]);
		EXPECT_EQ(stats_now().page_free, before.page_free - PAGES_MAX + i + 1);
	}
	expect_same_blocks(&before);
}

/* One page that stays keeps its whole block apart. */
static void one_page_in_use_keeps_its_block_apart(void)
{
	struct buddy_stats before = stats_now();
	hpa_t block = page_alloc_block(ORDER_HUGE);
	u64 blocks;

	ASSERT_NE(block.raw, 0);
	blocks = stats_now().free_blocks[ORDER_HUGE];
	for (u64 i = 1; i < PAGES_MAX; i++)
		page_put(hpa_add(block, i * PAGE_SIZE));
	EXPECT_EQ(stats_now().free_blocks[ORDER_HUGE], blocks);
	for (u32 order = 0; order < ORDER_HUGE; order++)
		EXPECT_GE(stats_now().free_blocks[order], 1u, "order %u", order);
	buddy_check();
	page_put(block);
	expect_same_blocks(&before);
}

/* ---- No memory ----------------------------------------------------------------------------------------- */

static void exhaustion_is_an_answer_for_every_order(void)
{
	struct buddy_stats before = stats_now();

	EXPECT_EQ(hog_take(0), before.page_free);
	EXPECT_EQ(stats_now().page_free, 0);
	EXPECT_EQ(stats_now().largest_free, 0);
	for (u32 order = 0; order <= ORDER_MAX; order++)
		EXPECT_EQ(buddy_alloc(order).raw, 0, "order %u", order);
	EXPECT_EQ(page_alloc().raw, 0);
	EXPECT_EQ(page_alloc_block(ORDER_HUGE).raw, 0);
	hog_release();
	expect_same_blocks(&before);
}

static void last_page_is_found_and_joins(void)
{
	struct buddy_stats before = stats_now();
	struct list taken = LIST_INIT(taken);
	struct page *page, *next;
	u64 count = 0;
	hpa_t pa;

	while ((pa = buddy_alloc(0)).raw != 0) {
		page = page_of(pa);
		page->owner = pa.raw;
		list_push_back(&taken, &page->link);
		count++;
	}
	EXPECT_EQ(count, before.page_free);
	list_for_each_safe(page, next, &taken, link) {
		list_remove(&page->link);
		buddy_free(hpa(page->owner), 0);
	}
	expect_same_blocks(&before);
}

static void without_large_blocks_small_ones_are_there(void)
{
	hpa_t page;

	hog_take(1);
	EXPECT_EQ(buddy_alloc(1).raw, 0);
	page = buddy_alloc(0);
	if (page.raw)
		buddy_free(page, 0);
	hog_release();
	EXPECT_NE(stats_now().largest_free, 0);
}

/* ---- Failing on purpose -------------------------------------------------------------------------------- */

static u32 failed_of(u32 count)
{
	u32 failed = 0;

	for (u32 i = 0; i < count; i++) {
		hpa_t page = buddy_alloc(0);

		failed |= page.raw ? 0 : 1u << i;
		if (page.raw)
			buddy_free(page, 0);
	}
	return failed;
}

static void nth_allocation_fails_once(void)
{
	alloc_fail_nth(3, FAIL_ONCE);
	EXPECT_EQ(failed_of(6), 1u << 2);
	EXPECT_EQ(alloc_fail_nth(1, FAIL_ONCE), 6, "allocations were counted");
	EXPECT_EQ(failed_of(2), 1u << 0);
	alloc_fail_nth(0, FAIL_ONCE);
	EXPECT_EQ(failed_of(2), 0);
}

static void nth_allocation_and_all_after_it_fail(void)
{
	alloc_fail_nth(3, FAIL_ALWAYS);
	EXPECT_EQ(failed_of(6), 0x3cu);
	EXPECT_EQ(page_alloc().raw, 0);
	EXPECT_EQ(page_alloc_block(1).raw, 0);
	alloc_fail_nth(0, FAIL_ALWAYS);
	EXPECT_EQ(failed_of(3), 0);
}

struct other {
	u32 go, failed;
};

static void alloc_in_another_thread(void *arg)
{
	struct other *o = arg;

	wait_for_word(&o->go, 1);
	o->failed = failed_of(2);
}

static void failures_are_the_threads_own(void)
{
	static struct helper h;
	struct other o = { .failed = ~0u };

	helper_start(&h, alloc_in_another_thread, &o);
	alloc_fail_nth(1, FAIL_ALWAYS);
	__atomic_store_n(&o.go, 1, __ATOMIC_RELEASE);
	helper_join(&h);
	EXPECT_EQ(o.failed, 0);
	EXPECT_EQ(failed_of(1), 1);
}

/* ---- Random steps -------------------------------------------------------------------------------------- */

#define BLOCKS_MAX 128
#define STEPS      4000

struct held {
	hpa_t block;
	u32 order;
	u64 stamp;
};

/* Small orders are frequent, large ones occur. */
static u32 random_order(struct ktest_random *r)
{
	return random_below(r, 8) ? random_below(r, 4) : random_below(r, ORDER_HUGE + 2);
}

static void give_back(struct held *h, u64 *held_pages)
{
	expect_stamp(h->block, h->order, h->stamp);
	buddy_free(h->block, h->order);
	*held_pages -= 1ull << h->order;
	h->block = hpa(0);
}

static void take(struct held *h, struct ktest_random *r, u64 *held_pages)
{
	h->order = random_order(r);
	h->block = buddy_alloc(h->order);
	if (h->block.raw == 0)
		return;
	h->stamp = random_next(r);
	stamp_block(h->block, h->order, h->stamp);
	*held_pages += 1ull << h->order;
}

static void random_steps_agree_with_a_model(void)
{
	static struct held held[BLOCKS_MAX];
	struct buddy_stats before = stats_now();
	struct ktest_random r = ktest_random(0);
	u64 held_pages = 0;

	memset(held, 0, sizeof(held));
	for (u32 step = 0; step < STEPS && !ktest_has_failed(); step++) {
		struct held *h = &held[random_below(&r, BLOCKS_MAX)];

		if (h->block.raw)
			give_back(h, &held_pages);
		else
			take(h, &r, &held_pages);
		EXPECT_EQ(stats_now().page_free, before.page_free - held_pages, "step %u", step);
		if (step % 500 == 0)
			buddy_check();
	}
	for (u32 i = 0; i < BLOCKS_MAX; i++)
		if (held[i].block.raw)
			give_back(&held[i], &held_pages);
	expect_same_blocks(&before);
}

static void hammer(u32 member, void *unused)
{
	struct held held[8] = { 0 };
	struct ktest_random r = ktest_random(member);
	u64 held_pages = 0;

	for (u32 step = 0; step < 1000; step++) {
		struct held *h = &held[random_below(&r, ARRAY_SIZE(held))];

		if (h->block.raw)
			give_back(h, &held_pages);
		else
			take(h, &r, &held_pages);
		if (random_below(&r, 16) == 0)
			cpu_relax();
	}
	for (u32 i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i].block.raw)
			give_back(&held[i], &held_pages);
}

static void cpus_allocate_at_once(void)
{
	struct buddy_stats before = stats_now();

	crew_run(4, hammer, NULL);
	/* The crew's stacks have come and gone too. */
	expect_same_blocks(&before);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------ */

static void double_free_panics(void)
{
	hpa_t block = buddy_alloc(2);

	buddy_free(block, 2);
	buddy_free(block, 2);
}

static void free_with_a_larger_order_panics(void)
{
	hpa_t block = buddy_alloc(3);

	buddy_free(hpa_add(block, PAGE_SIZE << 2), 2);
	buddy_free(block, 3);
}

static void free_of_an_unaligned_block_panics(void)
{
	buddy_free(hpa_add(buddy_alloc(2), PAGE_SIZE), 1);
}

static void free_of_a_counted_page_panics(void)
{
	buddy_free(page_alloc(), 0);
}

static const struct ktest_case cases[] = {
	CASE(each_order_is_aligned_and_joins_again, .generate = each_order),
	CASE(stats_name_the_largest_free_block),
	CASE(pages_freed_in_any_order_join),
	CASE(huge_block_put_page_by_page_joins),
	CASE(one_page_in_use_keeps_its_block_apart),
	CASE(exhaustion_is_an_answer_for_every_order),
	CASE(last_page_is_found_and_joins, .budget = 5000 * MILLION),
	CASE(without_large_blocks_small_ones_are_there),
	CASE(nth_allocation_fails_once),
	CASE(nth_allocation_and_all_after_it_fail),
	CASE(failures_are_the_threads_own),
	CASE(random_steps_agree_with_a_model),
	CASE(cpus_allocate_at_once),
	DEATH(double_free_panics, "has state"),
	DEATH(free_with_a_larger_order_panics, "buddy_free: page"),
	DEATH(free_of_an_unaligned_block_panics, "is not aligned for order 1"),
	DEATH(free_of_a_counted_page_panics, "and count 1"),
};
KTEST_SUITE(buddy, cases);
