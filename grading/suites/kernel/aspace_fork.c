/*
 * Fork and copy-on-write.
 */
#include "space.h"
#include "grading/ktest/crew.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

#define PAGES 6

static hva_t map_filled(struct aspace *as)
{
	hva_t at = space_map_at(as, hva(AREA), PAGES, RW, 0);

	space_fill(as, at, PAGES, 10);
	return at;
}

/* ---- Sharing ------------------------------------------------------------------------------------------- */

static void child_shares_pages_and_nobody_may_write_them(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_filled(parent);

	child = space_fork(parent);
	for (u64 i = 0; i < PAGES; i++) {
		hpa_t page = space_page(parent, page_at(at, i));

		EXPECT_EQ(space_page(child, page_at(at, i)).raw, page.raw);
		EXPECT_EQ(page_count(page), 2);
		EXPECT_EQ(space_rights(parent, page_at(at, i)), PROT_READ | UPT_COW);
		EXPECT_EQ(space_rights(child, page_at(at, i)), PROT_READ | UPT_COW);
	}
	EXPECT_EQ(child->page_count, PAGES);
	EXPECT_EQ(child->region_count, 1);
	space_expect(child, at, PAGES, 10);
	aspace_check(parent);
	aspace_check(child);
}

static void untouched_memory_stays_untouched(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = space_map(parent, 3, RW, 0);

	space_put(parent, page_at(at, 1), 1);
	child = space_fork(parent);
	EXPECT_EQ(child->page_count, 1);
	space_put(parent, page_at(at, 0), 5);
	EXPECT_EQ(space_get(child, page_at(at, 0)), 0);
}

enum who { PARENT, CHILD };
static const struct ktest_param writers[] = { { "parent", PARENT }, { "child", CHILD } };

static void writer_gets_a_copy_the_other_keeps_the_page(void)
{
	struct aspace *as[2] = { space_create() };
	enum who writer = ktest_param();
	hva_t at = map_filled(as[PARENT]);
	hpa_t old = space_page(as[PARENT], page_at(at, 2)), copy;

	as[CHILD] = space_fork(as[PARENT]);
	space_put(as[writer], page_at(at, 2), 99);
	copy = space_page(as[writer], page_at(at, 2));
	EXPECT_NE(copy.raw, old.raw);
	EXPECT_EQ(page_count(copy), 1);
	EXPECT_EQ(page_count(old), 1);
	EXPECT_EQ(space_rights(as[writer], page_at(at, 2)), RW);
	EXPECT_EQ(space_page(as[!writer], page_at(at, 2)).raw, old.raw);
	space_expect(as[!writer], at, PAGES, 10);
	EXPECT_EQ(page_count(space_page(as[writer], page_at(at, 3))), 2, "its neighbour is shared as before");
	aspace_check(as[PARENT]);
	aspace_check(as[CHILD]);
}

static void copy_has_all_bytes_of_the_page(void)
{
	static u8 bytes[PAGE_SIZE], found[PAGE_SIZE];
	struct ktest_random r = ktest_random(0);
	struct aspace *parent = space_create(), *child;
	hva_t at = space_map(parent, 1, RW, 0);

	for (u32 i = 0; i < PAGE_SIZE; i++)
		bytes[i] = random_next(&r);
	EXPECT_EQ(aspace_write(parent, at, bytes, PAGE_SIZE), 0);
	child = space_fork(parent);
	bytes[123] ^= 1;
	EXPECT_EQ(aspace_write(child, hva_add(at, 123), &bytes[123], 1), 0);
	EXPECT_EQ(aspace_read(child, found, at, PAGE_SIZE), 0);
	EXPECT_EQ(memcmp(found, bytes, PAGE_SIZE), 0);
	bytes[123] ^= 1;
	EXPECT_EQ(aspace_read(parent, found, at, PAGE_SIZE), 0);
	EXPECT_EQ(memcmp(found, bytes, PAGE_SIZE), 0);
}

static void last_owner_writes_in_place(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_filled(parent);
	hpa_t page = space_page(parent, at);

	child = space_fork(parent);
	space_destroy(child);
	EXPECT_EQ(page_count(page), 1);
	space_put(parent, at, 77);
	EXPECT_EQ(space_page(parent, at).raw, page.raw);
	EXPECT_EQ(space_rights(parent, at), RW);
	EXPECT_EQ(space_get(parent, at), 77);

	child = space_fork(parent);
	EXPECT_EQ(aspace_unmap(parent, pages_of(at, 0, PAGES)), 0);
	space_put(child, at, 78);
	EXPECT_EQ(space_page(child, at).raw, page.raw);
	EXPECT_EQ(space_get(child, at), 78);
}

static void generations_share_until_they_write(void)
{
	struct aspace *as[5] = { space_create() };
	hva_t at = map_filled(as[0]);
	hpa_t page = space_page(as[0], at);

	for (u64 i = 1; i < ARRAY_SIZE(as); i++)
		as[i] = space_fork(as[i - 1]);
	EXPECT_EQ(page_count(page), 5);
	for (u64 i = 0; i < ARRAY_SIZE(as); i++) {
		EXPECT_EQ(page_count(page), 5 - i);
		space_put(as[i], at, 200 + i);
	}
	for (u64 i = 0; i < ARRAY_SIZE(as); i++)
		EXPECT_EQ(space_get(as[i], at), 200 + i);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(space_page(as[4], at).raw, page.raw);
}

/* ---- With other changes -------------------------------------------------------------------------------- */

/* However the rights go up and down, a shared page is not written in place. */
static void shared_page_becomes_writable_by_a_copy_only(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_filled(parent);
	struct hva_range all = pages_of(at, 0, PAGES);

	child = space_fork(parent);
	EXPECT_EQ(aspace_protect(parent, all, PROT_NONE), 0);
	EXPECT_EQ(aspace_protect(parent, all, RW), 0);
	EXPECT_EQ(space_rights(parent, at), PROT_READ | UPT_COW);
	space_fill(parent, at, PAGES, 500);
	space_expect(child, at, PAGES, 10);
	EXPECT_EQ(aspace_protect(child, all, PROT_READ), 0);
	EXPECT_EQ(space_try_write(child, at), -EFAULT);
	EXPECT_EQ(aspace_protect(child, all, RW), 0);
	space_fill(child, at, PAGES, 600);
	space_expect(parent, at, PAGES, 500);
	aspace_check(parent);
	aspace_check(child);
}

static void memory_without_rights_is_copied_too(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_filled(parent);
	struct hva_range all = pages_of(at, 0, PAGES);

	EXPECT_EQ(aspace_protect(parent, all, PROT_NONE), 0);
	child = space_fork(parent);
	EXPECT_EQ(page_count(space_page(parent, at)), 2);
	EXPECT_EQ(space_try_read(child, at), -EFAULT);
	EXPECT_EQ(aspace_protect(parent, all, RW), 0);
	EXPECT_EQ(aspace_protect(child, all, RW), 0);
	space_fill(parent, at, PAGES, 30);
	space_expect(child, at, PAGES, 10);
	aspace_check(parent);
	aspace_check(child);
}

static void dropped_and_moved_pages_leave_the_other_alone(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_filled(parent);
	hpa_t page = space_page(parent, page_at(at, 3));

	child = space_fork(parent);
	EXPECT_EQ(aspace_dontneed(parent, pages_of(at, 0, 2)), 0);
	EXPECT_EQ(aspace_move(parent, pages_of(at, 2, 4)), 0);
	EXPECT_EQ(aspace_unmap(parent, pages_of(at, 4, 5)), 0);
	space_expect(child, at, PAGES, 10);
	EXPECT_EQ(space_page(child, page_at(at, 3)).raw, page.raw);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(space_get(parent, at), 0);
	space_expect(parent, page_at(at, 2), 2, 12);
	space_put(parent, page_at(at, 3), 1);
	space_put(child, page_at(at, 3), 2);
	EXPECT_EQ(space_get(parent, page_at(at, 3)), 1);
	aspace_check(parent);
	aspace_check(child);
}

/* ---- Without memory ------------------------------------------------------------------------------------ */

/* Whichever allocation fails: no child, nothing lost, the parent as before. */
static void fork_that_fails_leaves_nothing_behind(void)
{
	struct aspace *parent = space_create(), *child = NULL;
	hva_t at = map_filled(parent), huge = space_map(parent, 512, RW, MAP_HUGE);
	struct buddy_stats before, after;
	u64 objects = kmalloc_count(), n;

	space_put(parent, huge, 1);
	space_map(parent, 1, PROT_READ, 0);
	objects = kmalloc_count();
	buddy_stats(&before);
	for (n = 1; !child; n++) {
		alloc_fail_nth(n, FAIL_ONCE);
		child = aspace_fork(parent);
		alloc_fail_nth(0, FAIL_ONCE);
		if (child)
			break;
		buddy_stats(&after);
		EXPECT_EQ(after.page_free, before.page_free, "allocation %lu", n);
		EXPECT_EQ(kmalloc_count(), objects, "allocation %lu", n);
		aspace_check(parent);
		space_expect(parent, at, PAGES, 10);
	}
	EXPECT_GT(n, 8u);
	space_adopt(child);
	space_expect(child, at, PAGES, 10);
}

/* After a fork that failed half-way pages are marked for a copy but have one owner: no copy is made. */
static void parent_of_a_failed_fork_writes_in_place(void)
{
	struct aspace *parent = space_create();
	hva_t at = map_filled(parent);
	hpa_t page = space_page(parent, at);

	for (u64 n = 1; n <= 8; n++) {
		struct aspace *child;

		alloc_fail_nth(n, FAIL_ONCE);
		child = aspace_fork(parent);
		alloc_fail_nth(0, FAIL_ONCE);
		if (child)
			space_adopt(child);
		if (child)
			space_destroy(child);
		space_fill(parent, at, PAGES, 10);
		EXPECT_EQ(space_page(parent, at).raw, page.raw);
	}
}

static void copy_without_memory_is_an_error_and_can_be_tried_again(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_filled(parent);

	child = space_fork(parent);
	alloc_fail_nth(1, FAIL_ALWAYS);
	EXPECT_EQ(space_try_write(parent, at), -ENOMEM);
	alloc_fail_nth(0, FAIL_ONCE);
	EXPECT_EQ(page_count(space_page(parent, at)), 2);
	space_expect(parent, at, PAGES, 10);
	space_fill(parent, at, PAGES, 20);
	space_expect(child, at, PAGES, 10);
	aspace_check(parent);
}

/* ---- At once ------------------------------------------------------------------------------------------- */

struct family {
	struct aspace *as[4];
	hva_t at;
};

static void fill_own(u32 member, void *arg)
{
	struct family *f = arg;

	space_fill(f->as[member], f->at, PAGES, 1000 * (member + 1));
	space_expect(f->as[member], f->at, PAGES, 1000 * (member + 1));
}

static void relatives_write_at_once(void)
{
	struct family f = { .as = { space_create() } };

	f.at = map_filled(f.as[0]);
	for (u32 i = 1; i < ARRAY_SIZE(f.as); i++)
		f.as[i] = space_fork(f.as[i - 1]);
	crew_run(ARRAY_SIZE(f.as), fill_own, &f);
	for (u32 i = 0; i < ARRAY_SIZE(f.as); i++) {
		space_expect(f.as[i], f.at, PAGES, 1000 * (i + 1));
		EXPECT_EQ(page_count(space_page(f.as[i], f.at)), 1);
		aspace_check(f.as[i]);
	}
}

struct one_page {
	struct aspace *as;
	struct meeting meeting;
	hva_t at;
};

static void write_own_word(u32 member, void *arg)
{
	struct one_page *o = arg;

	for (u64 i = 0; i < 8; i++) {
		hva_t word = hva_add(page_at(o->at, i % PAGES), (member * 16 + i) * sizeof(u64));

		space_put(o->as, word, member + 1);
		cpu_relax();
		EXPECT_EQ(space_get(o->as, word), member + 1);
	}
}

/* Threads of one process write the same shared pages: one copy is made of each, and no word is lost. */
static void threads_that_write_one_page_get_one_copy(void)
{
	struct one_page o = { .as = space_create() };
	struct aspace *child;

	o.at = map_filled(o.as);
	for (int round = 0; round < 5; round++) {
		child = space_fork(o.as);
		crew_run(4, write_own_word, &o);
		for (u64 i = 0; i < PAGES; i++)
			EXPECT_EQ(page_count(space_page(o.as, page_at(o.at, i))), 1);
		for (u64 member = 0; member < 4; member++)
			for (u64 i = 0; i < 8; i++)
				EXPECT_EQ(space_get(o.as, hva_add(page_at(o.at, i % PAGES), (member * 16 + i) * 8)),
					  member + 1);
		aspace_check(o.as);
		space_destroy(child);
	}
}

static const struct ktest_case cases[] = {
	CASE(child_shares_pages_and_nobody_may_write_them),
	CASE(untouched_memory_stays_untouched),
	CASE(writer_gets_a_copy_the_other_keeps_the_page, KTEST_PARAMS(writers)),
	CASE(copy_has_all_bytes_of_the_page),
	CASE(last_owner_writes_in_place),
	CASE(generations_share_until_they_write),
	CASE(shared_page_becomes_writable_by_a_copy_only),
	CASE(memory_without_rights_is_copied_too),
	CASE(dropped_and_moved_pages_leave_the_other_alone),
	CASE(fork_that_fails_leaves_nothing_behind),
	CASE(parent_of_a_failed_fork_writes_in_place),
	CASE(copy_without_memory_is_an_error_and_can_be_tried_again),
	CASE(relatives_write_at_once),
	CASE(threads_that_write_one_page_get_one_copy),
};
KTEST_SUITE(aspace_fork, cases);
