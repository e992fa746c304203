/*
 * Address spaces: mapping, touching, unmapping, rights.
 */
#include "space.h"
#include "hog.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "mm/region.h"

static u64 pages_free(void)
{
	struct buddy_stats s;

	buddy_stats(&s);
	return s.page_free;
}

static s64 try_map(struct aspace *as, u64 addr, u64 size, u32 prot, u32 flags)
{
	struct map_request q = { .addr = hva(addr), .size = size, .prot = prot, .flags = flags };

	return aspace_map(as, &q);
}

#define ANON (MAP_PRIVATE | MAP_ANON)

/* ---- Mapping ------------------------------------------------------------------------------------------- */

static void memory_is_zero_and_comes_with_its_touch(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 4, RW, 0);

	EXPECT_EQ(as->page_count, 0);
	EXPECT_EQ(space_level(as, at), -1);
	EXPECT_EQ(space_get(as, page_at(at, 1)), 0);
	EXPECT_EQ(as->page_count, 1);
	EXPECT_EQ(space_level(as, page_at(at, 0)), -1);
	EXPECT_EQ(space_level(as, page_at(at, 1)), 0);
	EXPECT_EQ(page_count(space_page(as, page_at(at, 1))), 1);
	space_put(as, page_at(at, 3), 33);
	EXPECT_EQ(space_get(as, page_at(at, 3)), 33);
	EXPECT_EQ(as->page_count, 2);
	aspace_check(as);
}

static void mappings_do_not_overlap(void)
{
	struct aspace *as = space_create();
	hva_t at[8];

	for (u64 i = 0; i < ARRAY_SIZE(at); i++) {
		at[i] = space_map(as, i + 1, RW, 0);
		EXPECT_TRUE(IS_ALIGNED(at[i].raw, PAGE_SIZE));
		EXPECT_LE(at[i].raw + (i + 1) * PAGE_SIZE, MMAP_END);
		space_fill(as, at[i], i + 1, i * 100);
	}
	for (u64 i = 0; i < ARRAY_SIZE(at); i++)
		space_expect(as, at[i], i + 1, i * 100);
}

static void gap_is_used_again(void)
{
	struct aspace *as = space_create();
	hva_t a = space_map(as, 4, RW, 0), b = space_map(as, 4, PROT_READ, 0);

	ASSERT_EQ(b.raw + 4 * PAGE_SIZE, a.raw);
	EXPECT_EQ(aspace_unmap(as, pages_of(a, 0, 4)), 0);
	EXPECT_EQ(space_map(as, 4, RW, 0).raw, a.raw);
	EXPECT_EQ(aspace_unmap(as, pages_of(a, 1, 3)), 0);
	EXPECT_EQ(space_map(as, 2, RW, 0).raw, a.raw + PAGE_SIZE);
	EXPECT_LT(space_map(as, 1, RW, 0).raw, b.raw);
}

static void fixed_mapping_is_where_it_was_asked_for(void)
{
	struct aspace *as = space_create();
	u32 fixed = ANON | MAP_FIXED;

	EXPECT_EQ(try_map(as, AREA, 2 * PAGE_SIZE, RW, fixed), AREA);
	EXPECT_EQ(try_map(as, AREA + 2 * PAGE_SIZE, 1, RW, fixed), AREA + 2 * PAGE_SIZE);
	EXPECT_EQ(try_map(as, AREA - PAGE_SIZE, PAGE_SIZE, RW, fixed), AREA - PAGE_SIZE);
	EXPECT_EQ(try_map(as, AREA + PAGE_SIZE, PAGE_SIZE, RW, fixed), -EEXIST);
	EXPECT_EQ(try_map(as, AREA - 2 * PAGE_SIZE, 2 * PAGE_SIZE, RW, fixed), -EEXIST);
	EXPECT_EQ(try_map(as, AREA - 5 * PAGE_SIZE, 20 * PAGE_SIZE, RW, fixed), -EEXIST);
	space_fill(as, hva(AREA - PAGE_SIZE), 4, 1);
	space_expect(as, hva(AREA - PAGE_SIZE), 4, 1);
	EXPECT_EQ(space_try_read(as, hva(AREA + 3 * PAGE_SIZE)), -EFAULT);
}

static void bad_requests_are_refused(void)
{
	static const struct {
		u64 addr, size;
		u32 prot, flags;
	} bad[] = {
		{ 0, 0, RW, ANON },
		{ 0, USER_END + 1, RW, ANON },
		{ 0, ~0ull, RW, ANON },
		{ 0, PAGE_SIZE, 8, ANON },
		{ 0, PAGE_SIZE, ~0u, ANON },
		{ 0, PAGE_SIZE, RW, MAP_ANON },
		{ 0, PAGE_SIZE, RW, MAP_ANON | MAP_SHARED | MAP_PRIVATE },
		{ 0, PAGE_SIZE, RW, ANON | 0x1000 },
		{ 0, PAGE_SIZE, RW, MAP_SHARED },
		{ 0, PAGE_SIZE, RW, ANON | MAP_FIXED },
		{ AREA + 1, PAGE_SIZE, RW, ANON | MAP_FIXED },
		{ USER_END - PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED },
		{ USER_END, PAGE_SIZE, RW, ANON | MAP_FIXED },
		{ 0ull - PAGE_SIZE, 2 * PAGE_SIZE, RW, ANON | MAP_FIXED },
		{ AREA, USER_END, RW, ANON | MAP_FIXED },
	};
	struct aspace *as = space_create();

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(try_map(as, bad[i].addr, bad[i].size, bad[i].prot, bad[i].flags), -EINVAL, "request %u", i);
	EXPECT_EQ(as->region_count, 0);
}

static void first_and_last_page_can_be_mapped(void)
{
	struct aspace *as = space_create();
	hva_t first = space_map_at(as, hva(PAGE_SIZE), 1, RW, 0);
	hva_t last = space_map_at(as, hva(USER_END - 2 * PAGE_SIZE), 1, RW, 0);

	space_put(as, first, 1);
	space_put(as, last, 2);
	EXPECT_EQ(space_get(as, first), 1);
	EXPECT_EQ(space_get(as, last), 2);
	EXPECT_EQ(space_try_read(as, hva(0)), -EFAULT);
	EXPECT_EQ(space_try_read(as, hva(USER_END - PAGE_SIZE)), -EFAULT);
	aspace_check(as);
}

static void full_address_space_is_an_error(void)
{
	struct aspace *as = space_create();
	u64 size = USER_END / 4;
	s64 at = 0;
	u32 count;

	for (count = 0; count < 5 && at >= 0; count++)
		at = try_map(as, 0, size, RW, ANON);
	EXPECT_EQ(at, -ENOMEM);
	EXPECT_EQ(count, 4u);
	EXPECT_GT(try_map(as, 0, PAGE_SIZE, RW, ANON), 0);
}

static void number_of_regions_is_limited(void)
{
	struct aspace *as = space_create();
	struct hva_range all = pages_of(hva(AREA), 0, 2 * REGIONS_MAX);
	u64 count;

	space_map_at(as, hva(AREA), 2 * REGIONS_MAX, RW, 0);
	for (count = 0; count <= REGIONS_MAX; count++)
		if (aspace_protect(as, pages_of(hva(AREA), 2 * count, 2 * count + 1), PROT_READ))
			break;
	EXPECT_LE(as->region_count, REGIONS_MAX);
	EXPECT_GE(as->region_count, REGIONS_MAX - 2);
	EXPECT_EQ(try_map(as, 0, PAGE_SIZE, PROT_EXEC, ANON), as->region_count < REGIONS_MAX ? 0 : -ENOMEM);
	EXPECT_EQ(aspace_unmap(as, pages_of(hva(AREA), 2 * count + 1, 2 * count + 2)), -ENOMEM);
	EXPECT_EQ(space_get(as, page_at(hva(AREA), 2 * count)), 0);
	EXPECT_EQ(aspace_protect(as, all, RW), 0);
	EXPECT_EQ(as->region_count, 1u);
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

static void access_needs_its_right(void)
{
	static const u32 prots[] = { PROT_NONE, PROT_READ, RW, PROT_READ | PROT_EXEC, RW | PROT_EXEC };
	struct aspace *as = space_create();

	for (u32 i = 0; i < ARRAY_SIZE(prots); i++) {
		hva_t at = space_map(as, 1, prots[i], 0);

		EXPECT_EQ(aspace_fault(as, at, ACCESS_READ), prots[i] & PROT_READ ? 0 : -EFAULT, "prot %u", prots[i]);
		EXPECT_EQ(aspace_fault(as, at, ACCESS_WRITE), prots[i] & PROT_WRITE ? 0 : -EFAULT, "prot %u", prots[i]);
		EXPECT_EQ(aspace_fault(as, at, ACCESS_EXEC), prots[i] & PROT_EXEC ? 0 : -EFAULT, "prot %u", prots[i]);
		EXPECT_EQ(space_rights(as, at), prots[i]);
	}
	aspace_check(as);
}

static void addresses_without_region_fault(void)
{
	static const u64 bad[] = { 0, 8, AREA - 1, AREA + 2 * PAGE_SIZE, USER_END - 1, USER_END, 1ull << 63, ~0ull };
	struct aspace *as = space_create();

	space_map_at(as, hva(AREA), 2, RW, 0);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(aspace_fault(as, hva(bad[i]), ACCESS_READ), -EFAULT, "address 0x%lx", bad[i]);
	EXPECT_EQ(as->page_count, 0);
}

static void fault_of_a_mapped_page_changes_nothing(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 1, RW, 0);
	hpa_t page;

	space_put(as, at, 5);
	page = space_page(as, at);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(aspace_fault(as, at, ACCESS_WRITE), 0);
	EXPECT_EQ(space_page(as, at).raw, page.raw);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(as->page_count, 1);
}

static void fault_without_memory_is_an_error(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 1, RW, 0);
	u64 n = 0;
	int error;

	do {
		alloc_fail_nth(++n, FAIL_ALWAYS);
		error = aspace_fault(as, at, ACCESS_READ);
		alloc_fail_nth(0, FAIL_ONCE);
		EXPECT_TRUE(error == 0 || error == -ENOMEM, "error %d", error);
		aspace_check(as);
	} while (error);
	EXPECT_GE(n, 4u, "a page, and two tables on the way to it");
	EXPECT_EQ(space_get(as, at), 0);
}

static void populate_takes_all_pages_at_once(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 5, RW, MAP_POPULATE), read_only = space_map(as, 3, PROT_READ, MAP_POPULATE);

	EXPECT_EQ(as->page_count, 8);
	for (u64 i = 0; i < 5; i++)
		EXPECT_EQ(space_rights(as, page_at(at, i)), RW);
	EXPECT_EQ(space_rights(as, read_only), PROT_READ);
	space_map(as, 3, PROT_NONE, MAP_POPULATE);
	EXPECT_EQ(as->page_count, 8);
}

/* Whichever allocation fails, the mapping is there as a whole or not at all. */
static void populate_without_memory_maps_nothing(void)
{
	struct aspace *as = space_create();
	s64 at = -ENOMEM;

	for (u64 n = 1; at < 0 && n < 50; n++) {
		alloc_fail_nth(n, FAIL_ALWAYS);
		at = try_map(as, 0, 4 * PAGE_SIZE, RW, ANON | MAP_POPULATE);
		alloc_fail_nth(0, FAIL_ONCE);
		if (at > 0)
			break;
		EXPECT_EQ(at, -ENOMEM);
		EXPECT_EQ(as->region_count, 0);
		EXPECT_EQ(as->page_count, 0);
	}
	EXPECT_GT(at, 0);
	EXPECT_EQ(as->page_count, 4);
}

/* ---- Parts of a mapping -------------------------------------------------------------------------------- */

#define PAGES 6

enum part_op { OP_UNMAP, OP_PROTECT, OP_NONE, OP_DONTNEED, OP_MOVE };
static const struct ktest_param part_ops[] = {
	{ "unmap", OP_UNMAP }, { "protect", OP_PROTECT }, { "none", OP_NONE }, { "dontneed", OP_DONTNEED },
	{ "move", OP_MOVE },
};

static int do_part(struct aspace *as, enum part_op op, struct hva_range range)
{
	switch (op) {
	case OP_UNMAP: return aspace_unmap(as, range);
	case OP_PROTECT: return aspace_protect(as, range, PROT_READ);
	case OP_NONE: return aspace_protect(as, range, PROT_NONE);
	case OP_DONTNEED: return aspace_dontneed(as, range);
	case OP_MOVE: return aspace_move(as, range);
	}
	return -EINVAL;
}

static void expect_page(struct aspace *as, enum part_op op, hva_t va, u64 value)
{
	int readable = op == OP_UNMAP || op == OP_NONE ? -EFAULT : 0;
	int writable = readable || op == OP_PROTECT ? -EFAULT : 0;

	EXPECT_EQ(space_try_read(as, va), readable);
	if (!readable)
		EXPECT_EQ(space_get(as, va), op == OP_DONTNEED ? 0 : value);
	EXPECT_EQ(space_try_write(as, va), writable);
}

/* Every part of a mapping of a few pages, across a boundary of 2 MiB; all other pages stay as they are. */
static void part_of_a_mapping_changes_alone(void)
{
	enum part_op op = ktest_param();
	hva_t at = hva(AREA + HUGE_SIZE - 3 * PAGE_SIZE);

	for (u64 first = 0; first < PAGES; first++)
		for (u64 end = first + 1; end <= PAGES; end++) {
			struct aspace *as = space_create();

			space_map_at(as, at, PAGES, RW, 0);
			space_fill(as, at, PAGES, 100);
			EXPECT_EQ(do_part(as, op, pages_of(at, first, end)), 0);
			aspace_check(as);
			for (u64 i = 0; i < PAGES; i++)
				if (i >= first && i < end)
					expect_page(as, op, page_at(at, i), 100 + i);
				else
					space_expect(as, page_at(at, i), 1, 100 + i);
			aspace_check(as);
			space_destroy(as);
		}
}

static void bad_ranges_are_refused(void)
{
	static const struct {
		u64 start, end;
	} bad[] = {
		{ AREA, AREA },
		{ AREA + PAGE_SIZE, AREA },
		{ AREA + 1, AREA + PAGE_SIZE },
		{ AREA, AREA + PAGE_SIZE + 1 },
		{ 0, PAGE_SIZE },
		{ AREA, USER_END },
		{ AREA, ~0ull << PAGE_SHIFT },
		{ USER_END, USER_END + PAGE_SIZE },
	};
	struct aspace *as = space_create();

	space_map_at(as, hva(AREA), 2, RW, 0);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		for (u32 op = OP_UNMAP; op <= OP_MOVE; op++) {
			struct hva_range range = { hva(bad[i].start), hva(bad[i].end) };

			EXPECT_EQ(do_part(as, op, range), -EINVAL, "range %u, operation %u", i, op);
		}
	EXPECT_EQ(aspace_protect(as, pages_of(hva(AREA), 0, 1), 8), -EINVAL);
	space_fill(as, hva(AREA), 2, 0);
}

static void range_with_a_hole_is_refused_whole(void)
{
	struct aspace *as = space_create();
	struct hva_range range = pages_of(hva(AREA), 0, 5);

	space_map_at(as, hva(AREA), 2, RW, 0);
	space_map_at(as, page_at(hva(AREA), 3), 2, RW, 0);
	space_fill(as, hva(AREA), 2, 7);
	EXPECT_EQ(aspace_protect(as, range, PROT_READ), -ENOMEM);
	EXPECT_EQ(aspace_dontneed(as, range), -ENOMEM);
	EXPECT_EQ(aspace_move(as, range), -ENOMEM);
	EXPECT_EQ(aspace_protect(as, pages_of(hva(AREA), 0, 3), PROT_READ), -ENOMEM);
	space_expect(as, hva(AREA), 2, 7);
	space_fill(as, hva(AREA), 2, 8);
	EXPECT_EQ(aspace_unmap(as, range), 0, "only unmapping is for holes too");
	EXPECT_EQ(as->region_count, 0);
	EXPECT_EQ(aspace_unmap(as, range), 0);
}

static void regions_split_and_join(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 9, RW, 0);

	EXPECT_EQ(as->region_count, 1);
	EXPECT_EQ(aspace_protect(as, pages_of(at, 3, 6), PROT_READ), 0);
	EXPECT_EQ(as->region_count, 3);
	EXPECT_EQ(aspace_protect(as, pages_of(at, 4, 5), RW), 0);
	EXPECT_EQ(as->region_count, 5);
	EXPECT_EQ(aspace_protect(as, pages_of(at, 0, 9), RW), 0);
	EXPECT_EQ(as->region_count, 1);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 4, 5)), 0);
	EXPECT_EQ(as->region_count, 2);
	space_map_at(as, page_at(at, 4), 1, RW, 0);
	EXPECT_EQ(as->region_count, 1);
	space_map_at(as, page_at(at, 9), 1, RW, MAP_HUGE);
	EXPECT_EQ(as->region_count, 2, "regions that differ stay apart");
}

static void unmapping_gives_pages_and_tables_back(void)
{
	struct aspace *as = space_create();
	hva_t at = hva(AREA);
	u64 before;

	space_map_at(as, at, 1, RW, 0);
	space_put(as, at, 1);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 1)), 0);
	before = pages_free();
	for (int i = 0; i < 20; i++) {
		space_map_at(as, at, 3 * 512, RW, 0);
		space_fill(as, page_at(at, 500), 600, 0);
		EXPECT_LT(pages_free(), before - 600);
		EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 3 * 512)), 0);
		EXPECT_EQ(pages_free(), before);
	}
}

/* A right that was taken and given again: the bytes are the same throughout. */
static void rights_come_and_go(void)
{
	static const u32 prots[] = { PROT_NONE, PROT_READ, PROT_NONE, RW, PROT_READ | PROT_EXEC, RW };
	struct aspace *as = space_create();
	hva_t at = space_map(as, 2, RW, 0);
	hpa_t page;

	space_fill(as, at, 2, 50);
	page = space_page(as, at);
	for (u32 i = 0; i < ARRAY_SIZE(prots); i++) {
		EXPECT_EQ(aspace_protect(as, pages_of(at, 0, 2), prots[i]), 0);
		EXPECT_EQ(space_rights(as, at), prots[i], "step %u", i);
		EXPECT_EQ(space_page(as, at).raw, page.raw, "step %u", i);
		EXPECT_EQ(space_try_read(as, at), prots[i] & PROT_READ ? 0 : -EFAULT, "step %u", i);
		aspace_check(as);
	}
	space_expect(as, at, 2, 50);
}

static void moved_pages_are_others_with_the_same_bytes(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 4, RW, 0);
	hpa_t before[4];

	space_fill(as, at, 3, 60);
	for (u64 i = 0; i < 4; i++)
		before[i] = space_page(as, page_at(at, i));
	EXPECT_EQ(aspace_move(as, pages_of(at, 0, 4)), 0);
	for (u64 i = 0; i < 3; i++) {
		EXPECT_NE(space_page(as, page_at(at, i)).raw, before[i].raw);
		EXPECT_EQ(page_count(space_page(as, page_at(at, i))), 1);
		EXPECT_EQ(space_rights(as, page_at(at, i)), RW);
	}
	EXPECT_EQ(space_level(as, page_at(at, 3)), -1, "what was not touched needs no page");
	space_expect(as, at, 3, 60);
	EXPECT_EQ(as->page_count, 3);
}

static void move_without_memory_keeps_the_bytes(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 4, RW, 0);

	space_fill(as, at, 4, 70);
	for (u64 n = 1; n <= 4; n++) {
		alloc_fail_nth(n, FAIL_ALWAYS);
		EXPECT_EQ(aspace_move(as, pages_of(at, 0, 4)), -ENOMEM);
		alloc_fail_nth(0, FAIL_ONCE);
		aspace_check(as);
		space_expect(as, at, 4, 70);
	}
}

/* A split needs memory for regions; without it, nothing has happened. */
static void change_without_memory_changes_nothing(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 4, RW, 0);

	space_fill(as, at, 4, 80);
	for (u64 n = 1; n <= 2; n++) {
		alloc_fail_nth(n, FAIL_ONCE);
		EXPECT_EQ(aspace_unmap(as, pages_of(at, 1, 2)), -ENOMEM, "allocation %lu", n);
		alloc_fail_nth(n, FAIL_ONCE);
		EXPECT_EQ(aspace_protect(as, pages_of(at, 1, 2), PROT_READ), -ENOMEM, "allocation %lu", n);
		alloc_fail_nth(0, FAIL_ONCE);
		EXPECT_EQ(as->region_count, 1);
		space_expect(as, at, 4, 80);
		space_fill(as, at, 4, 80);
	}
}

static void creation_without_memory_is_null(void)
{
	struct aspace *as = NULL;
	u64 n;

	for (n = 1; !as; n++) {
		alloc_fail_nth(n, FAIL_ONCE);
		as = aspace_create();
		alloc_fail_nth(0, FAIL_ONCE);
	}
	EXPECT_GE(n, 4u);
	space_adopt(as);
}

static const struct ktest_case cases[] = {
	CASE(memory_is_zero_and_comes_with_its_touch),
	CASE(mappings_do_not_overlap),
	CASE(gap_is_used_again),
	CASE(fixed_mapping_is_where_it_was_asked_for),
	CASE(bad_requests_are_refused),
	CASE(first_and_last_page_can_be_mapped),
	CASE(full_address_space_is_an_error),
	CASE(number_of_regions_is_limited),
	CASE(access_needs_its_right),
	CASE(addresses_without_region_fault),
	CASE(fault_of_a_mapped_page_changes_nothing),
	CASE(fault_without_memory_is_an_error),
	CASE(populate_takes_all_pages_at_once),
	CASE(populate_without_memory_maps_nothing),
	CASE(part_of_a_mapping_changes_alone, KTEST_PARAMS(part_ops)),
	CASE(bad_ranges_are_refused),
	CASE(range_with_a_hole_is_refused_whole),
	CASE(regions_split_and_join),
	CASE(unmapping_gives_pages_and_tables_back),
	CASE(rights_come_and_go),
	CASE(moved_pages_are_others_with_the_same_bytes),
	CASE(move_without_memory_keeps_the_bytes),
	CASE(change_without_memory_changes_nothing),
	CASE(creation_without_memory_is_null),
};
KTEST_SUITE(aspace, cases);
