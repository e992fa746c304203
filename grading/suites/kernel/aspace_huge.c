/*
 * 2 MiB user pages: when they fit, and what happens when a part of one changes.
 */
#include "space.h"
#include "hog.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"

#define HUGE_PAGES (HUGE_SIZE / PAGE_SIZE)

/* A mapping of one 2 MiB page, touched: page i holds i. */
static hva_t map_one(struct aspace *as)
{
	hva_t at = space_map_at(as, hva(AREA), HUGE_PAGES, RW, MAP_HUGE);

	space_fill(as, at, HUGE_PAGES, 0);
	EXPECT_EQ(space_level(as, at), 1);
	EXPECT_EQ(as->page_count, HUGE_PAGES);
	return at;
}

/* ---- When it fits -------------------------------------------------------------------------------------- */

static void first_touch_takes_a_whole_block(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 2 * HUGE_PAGES, RW, MAP_HUGE);

	EXPECT_TRUE(IS_ALIGNED(at.raw, HUGE_SIZE));
	space_put(as, page_at(at, 700), 5);
	EXPECT_EQ(space_level(as, page_at(at, 0)), -1);
	EXPECT_EQ(space_level(as, page_at(at, 512)), 1);
	EXPECT_EQ(space_level(as, page_at(at, 1023)), 1);
	EXPECT_EQ(as->page_count, HUGE_PAGES);
	EXPECT_TRUE(IS_ALIGNED(space_page(as, page_at(at, 512)).raw, HUGE_SIZE));
	EXPECT_EQ(space_get(as, page_at(at, 700)), 5);
	EXPECT_EQ(space_get(as, page_at(at, 701)), 0);
	aspace_check(as);
}

static void only_whole_blocks_inside_the_region_are_huge(void)
{
	struct aspace *as = space_create();
	hva_t at = hva(AREA + HUGE_SIZE - 3 * PAGE_SIZE);
	u64 last = 3 + HUGE_PAGES + 1;

	space_map_at(as, at, last + 1, RW, MAP_HUGE);
	space_put(as, page_at(at, 0), 1);
	space_put(as, page_at(at, 3), 2);
	space_put(as, page_at(at, last), 3);
	EXPECT_EQ(space_level(as, page_at(at, 0)), 0);
	EXPECT_EQ(space_level(as, page_at(at, 3)), 1);
	EXPECT_EQ(space_level(as, page_at(at, last)), 0);
	EXPECT_EQ(as->page_count, HUGE_PAGES + 2);
	aspace_check(as);
}

static void without_large_blocks_pages_are_small(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, HUGE_PAGES, RW, MAP_HUGE);

	hog_take(ORDER_HUGE);
	space_put(as, page_at(at, 7), 7);
	EXPECT_EQ(space_level(as, page_at(at, 7)), 0);
	EXPECT_EQ(as->page_count, 1);
	hog_release();
	space_put(as, page_at(at, 8), 8);
	EXPECT_EQ(space_level(as, page_at(at, 8)), 0, "a table is in the way of a large leaf");
	EXPECT_EQ(space_get(as, page_at(at, 7)), 7);
	aspace_check(as);
}

static void large_leaf_fits_again_when_all_small_ones_are_gone(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, HUGE_PAGES, RW, MAP_HUGE);

	hog_take(ORDER_HUGE);
	space_put(as, page_at(at, 7), 7);
	hog_release();
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 0, HUGE_PAGES)), 0);
	space_put(as, page_at(at, 7), 7);
	EXPECT_EQ(space_level(as, page_at(at, 7)), 1);
	aspace_check(as);
}

/* ---- Parts --------------------------------------------------------------------------------------------- */

enum part { PART_FIRST, PART_MIDDLE, PART_LAST, PART_ALL };
static const struct ktest_param parts[] = {
	{ "first", PART_FIRST }, { "middle", PART_MIDDLE }, { "last", PART_LAST }, { "all", PART_ALL },
};

static struct hva_range part_of(hva_t at, enum part part)
{
	switch (part) {
	case PART_FIRST: return pages_of(at, 0, 1);
	case PART_MIDDLE: return pages_of(at, 200, 300);
	case PART_LAST: return pages_of(at, HUGE_PAGES - 2, HUGE_PAGES);
	default: return pages_of(at, 0, HUGE_PAGES);
	}
}

static bool is_inside(struct hva_range range, hva_t va)
{
	return va.raw >= range.start.raw && va.raw < range.end.raw;
}

static u64 page_count_of(struct hva_range range)
{
	return (range.end.raw - range.start.raw) / PAGE_SIZE;
}

/* What is outside the range has the same pages and bytes as before. */
static void expect_rest(struct aspace *as, hva_t at, struct hva_range range, hpa_t block)
{
	for (u64 i = 0; i < HUGE_PAGES; i++) {
		if (is_inside(range, page_at(at, i)))
			continue;
		EXPECT_EQ(space_page(as, page_at(at, i)).raw, block.raw + i * PAGE_SIZE);
		EXPECT_EQ(space_get(as, page_at(at, i)), i);
	}
	aspace_check(as);
}

static void unmapped_part_is_gone_alone(void)
{
	struct aspace *as = space_create();
	hva_t at = map_one(as);
	struct hva_range range = part_of(at, ktest_param());
	hpa_t block = space_page(as, at);

	EXPECT_EQ(aspace_unmap(as, range), 0);
	EXPECT_EQ(as->page_count, HUGE_PAGES - page_count_of(range));
	EXPECT_EQ(space_try_read(as, range.start), -EFAULT);
	EXPECT_EQ(page_count(hpa_add(block, range.start.raw - at.raw)), 0);
	expect_rest(as, at, range, block);
}

static void protected_part_keeps_its_pages(void)
{
	struct aspace *as = space_create();
	hva_t at = map_one(as);
	struct hva_range range = part_of(at, ktest_param());
	hpa_t block = space_page(as, at);

	EXPECT_EQ(aspace_protect(as, range, PROT_READ), 0);
	EXPECT_EQ(space_level(as, at), ktest_param() == PART_ALL ? 1 : 0);
	EXPECT_EQ(space_rights(as, range.start), PROT_READ);
	EXPECT_EQ(space_try_write(as, range.start), -EFAULT);
	EXPECT_EQ(space_page(as, range.start).raw, block.raw + (range.start.raw - at.raw));
	EXPECT_EQ(as->page_count, HUGE_PAGES);
	expect_rest(as, at, range, block);
	EXPECT_EQ(aspace_protect(as, range, RW), 0);
	space_expect(as, at, HUGE_PAGES, 0);
}

static void dropped_part_is_zero_alone(void)
{
	struct aspace *as = space_create();
	hva_t at = map_one(as);
	struct hva_range range = part_of(at, ktest_param());
	hpa_t block = space_page(as, at);

	EXPECT_EQ(aspace_dontneed(as, range), 0);
	EXPECT_EQ(as->page_count, HUGE_PAGES - page_count_of(range));
	for (hva_t va = range.start; va.raw < range.end.raw; va = page_at(va, 1))
		EXPECT_EQ(space_get(as, va), 0);
	EXPECT_EQ(as->page_count, HUGE_PAGES);
	expect_rest(as, at, range, block);
}

static void moved_part_keeps_its_bytes(void)
{
	struct aspace *as = space_create();
	hva_t at = map_one(as);
	struct hva_range range = part_of(at, ktest_param());
	hpa_t block = space_page(as, at);

	EXPECT_EQ(aspace_move(as, range), 0);
	EXPECT_EQ(space_level(as, at), ktest_param() == PART_ALL ? 1 : 0);
	EXPECT_NE(space_page(as, range.start).raw, block.raw + (range.start.raw - at.raw));
	space_expect(as, at, HUGE_PAGES, 0);
	expect_rest(as, at, range, block);
}

static void split_without_memory_changes_nothing(void)
{
	struct aspace *as = space_create();
	hva_t at = map_one(as);
	hpa_t block = space_page(as, at);

	/* Unmapping takes two regions and a table, the others less. */
	for (u64 n = 1; n <= 3; n++) {
		alloc_fail_nth(n, FAIL_ONCE);
		EXPECT_EQ(aspace_unmap(as, pages_of(at, 10, 20)), -ENOMEM, "allocation %lu", n);
		alloc_fail_nth(n, FAIL_ONCE);
		EXPECT_EQ(aspace_protect(as, pages_of(at, 10, 20), PROT_READ), -ENOMEM, "allocation %lu", n);
	}
	alloc_fail_nth(1, FAIL_ONCE);
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 10, 20)), -ENOMEM);
	alloc_fail_nth(1, FAIL_ONCE);
	EXPECT_EQ(aspace_move(as, pages_of(at, 10, 20)), -ENOMEM);
	alloc_fail_nth(0, FAIL_ONCE);
	EXPECT_EQ(space_level(as, at), 1);
	EXPECT_EQ(as->region_count, 1);
	expect_rest(as, at, pages_of(at, 0, 0), block);
}

/* Page by page, until nothing is left: the block is whole again (the case's leak check sees it). */
static void block_can_go_page_by_page(void)
{
	struct aspace *as = space_create();
	hva_t at = map_one(as);
	struct buddy_stats before, after;

	buddy_stats(&before);
	for (u64 i = 0; i < HUGE_PAGES; i++) {
		u64 page = i * 37 % HUGE_PAGES;

		EXPECT_EQ(aspace_unmap(as, pages_of(at, page, page + 1)), 0);
		EXPECT_EQ(as->page_count, HUGE_PAGES - 1 - i);
	}
	buddy_stats(&after);
	EXPECT_GE(after.page_free, before.page_free + HUGE_PAGES);
	buddy_check();
}

/* ---- Fork ---------------------------------------------------------------------------------------------- */

static void forked_block_is_shared_whole(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_one(parent);
	hpa_t block = space_page(parent, at);

	child = space_fork(parent);
	EXPECT_EQ(space_level(parent, at), 1);
	EXPECT_EQ(space_level(child, at), 1);
	EXPECT_EQ(space_page(child, at).raw, block.raw);
	for (u64 i = 0; i < HUGE_PAGES; i++)
		EXPECT_EQ(page_count(hpa_add(block, i * PAGE_SIZE)), 2);
	EXPECT_EQ(child->page_count, HUGE_PAGES);
	space_expect(child, at, HUGE_PAGES, 0);
	aspace_check(parent);
	aspace_check(child);
}

static void write_after_fork_copies_one_page(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_one(parent);
	hpa_t block = space_page(parent, at);

	child = space_fork(parent);
	space_put(parent, page_at(at, 100), 7777);
	EXPECT_EQ(space_level(parent, at), 0);
	EXPECT_EQ(space_level(child, at), 1, "the child's leaf is its own affair");
	EXPECT_NE(space_page(parent, page_at(at, 100)).raw, block.raw + 100 * PAGE_SIZE);
	EXPECT_EQ(page_count(hpa_add(block, 100 * PAGE_SIZE)), 1);
	EXPECT_EQ(page_count(hpa_add(block, 101 * PAGE_SIZE)), 2);
	EXPECT_EQ(space_get(parent, page_at(at, 100)), 7777);
	space_expect(child, at, HUGE_PAGES, 0);
	expect_rest(parent, at, pages_of(at, 100, 101), block);
	aspace_check(child);
}

static void last_owner_of_a_forked_block_writes_in_place(void)
{
	struct aspace *parent = space_create();
	hva_t at = map_one(parent);
	hpa_t block = space_page(parent, at);

	space_destroy(space_fork(parent));
	space_put(parent, page_at(at, 100), 100);
	EXPECT_EQ(space_page(parent, page_at(at, 100)).raw, block.raw + 100 * PAGE_SIZE);
	EXPECT_EQ(page_count(hpa_add(block, 100 * PAGE_SIZE)), 1);
	expect_rest(parent, at, pages_of(at, 0, 0), block);
}

static void cow_of_a_block_without_memory_is_an_error(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_one(parent);

	child = space_fork(parent);
	/* A table for the split, then the copy. */
	for (u64 n = 1; n <= 2; n++) {
		alloc_fail_nth(1, FAIL_ONCE);
		EXPECT_EQ(space_try_write(parent, at), -ENOMEM);
		alloc_fail_nth(0, FAIL_ONCE);
		space_expect(parent, at, HUGE_PAGES, 0);
		aspace_check(parent);
		if (n == 1)
			EXPECT_EQ(aspace_fault(parent, at, ACCESS_WRITE), 0);
	}
	space_put(parent, at, 9);
	space_expect(child, at, HUGE_PAGES, 0);
}

static const struct ktest_case cases[] = {
	CASE(first_touch_takes_a_whole_block),
	CASE(only_whole_blocks_inside_the_region_are_huge),
	CASE(without_large_blocks_pages_are_small),
	CASE(large_leaf_fits_again_when_all_small_ones_are_gone),
	CASE(unmapped_part_is_gone_alone, KTEST_PARAMS(parts)),
	CASE(protected_part_keeps_its_pages, KTEST_PARAMS(parts)),
	CASE(dropped_part_is_zero_alone, KTEST_PARAMS(parts)),
	CASE(moved_part_keeps_its_bytes, KTEST_PARAMS(parts)),
	CASE(split_without_memory_changes_nothing),
	CASE(block_can_go_page_by_page),
	CASE(forked_block_is_shared_whole),
	CASE(write_after_fork_copies_one_page),
	CASE(last_owner_of_a_forked_block_writes_in_place),
	CASE(cow_of_a_block_without_memory_is_an_error),
};
KTEST_SUITE(aspace_huge, cases);
