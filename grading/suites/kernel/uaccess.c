/*
 * The kernel's own access to user memory.
 */
#include "space.h"
#include "grading/ktest/crew.h"
#include "mm/alloc_fail.h"
#include "mm/uaccess.h"
#include "proc.h"

#define SIZE (3 * PAGE_SIZE)

/* ---- By address space ---------------------------------------------------------------------------------- */

static u8 bytes[SIZE], found[SIZE + 8];

static void bytes_cross_pages_whatever_the_alignment(void)
{
	struct ktest_random r = ktest_random(0);
	struct aspace *as = space_create();
	hva_t at = space_map(as, 3, RW, 0);

	for (u32 i = 0; i < SIZE; i++)
		bytes[i] = random_next(&r);
	EXPECT_EQ(aspace_write(as, at, bytes, SIZE), 0);
	for (u32 round = 0; round < 300 && !ktest_has_failed(); round++) {
		u64 start = random_below(&r, SIZE), size = random_below(&r, SIZE - start + 1);

		memset(found, 0, size);
		EXPECT_EQ(aspace_read(as, found, hva_add(at, start), size), 0);
		EXPECT_EQ(memcmp(found, bytes + start, size), 0, "%lu bytes at %lu", size, start);
		for (u64 i = 0; i < size; i++)
			bytes[start + i]++;
		EXPECT_EQ(aspace_write(as, hva_add(at, start), bytes + start, size), 0);
	}
	EXPECT_EQ(aspace_read(as, found, at, SIZE), 0);
	EXPECT_EQ(memcmp(found, bytes, SIZE), 0);
}

static void bad_addresses_are_errors(void)
{
	static const struct {
		u64 start, size;
	} bad[] = {
		{ 0, 1 },
		{ AREA - 1, 2 },
		{ AREA + SIZE - 1, 2 },
		{ AREA, SIZE + 1 },
		{ AREA, ~0ull },
		{ USER_END - 1, 2 },
		{ USER_END, 1 },
		{ ~0ull, 1 },
		{ ~0ull - PAGE_SIZE, 2 * PAGE_SIZE },
		{ DIRECT_BASE, 8 },
		{ KBASE, 8 },
	};
	struct aspace *as = space_create();

	space_map_at(as, hva(AREA), 3, RW, 0);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(aspace_read(as, found, hva(bad[i].start), bad[i].size), -EFAULT, "address %u", i);
	EXPECT_EQ(aspace_read(as, found, hva(AREA), 0), 0);
	EXPECT_EQ(aspace_read(as, found, hva(0), 0), 0);
}

static void rights_are_the_users(void)
{
	struct aspace *as = space_create();
	hva_t none = space_map(as, 1, PROT_NONE, 0), read_only = space_map(as, 1, PROT_READ, 0);

	EXPECT_EQ(space_try_read(as, none), -EFAULT);
	EXPECT_EQ(space_try_write(as, none), -EFAULT);
	EXPECT_EQ(space_try_read(as, read_only), 0);
	EXPECT_EQ(space_try_write(as, read_only), -EFAULT);
	EXPECT_EQ(space_get(as, read_only), 0);
}

static void access_without_memory_is_an_error(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map(as, 2, RW, 0);

	space_put(as, at, 1);
	alloc_fail_nth(1, FAIL_ALWAYS);
	EXPECT_EQ(aspace_read(as, found, at, 2 * PAGE_SIZE), -ENOMEM);
	alloc_fail_nth(0, FAIL_ONCE);
	EXPECT_EQ(aspace_read(as, found, at, 2 * PAGE_SIZE), 0);
}

struct word {
	struct aspace *as;
	hva_t at;
};

static void write_words(u32 member, void *arg)
{
	struct word *w = arg;
	u32 mine = (member + 1) * 0x01010101, seen;

	for (int i = 0; i < 500; i++) {
		EXPECT_EQ(aspace_write(w->as, w->at, &mine, sizeof(mine)), 0);
		EXPECT_EQ(aspace_read(w->as, &seen, w->at, sizeof(seen)), 0);
		EXPECT_EQ(seen % 0x01010101, 0u, "four equal bytes");
	}
}

static void aligned_word_is_copied_in_one_access(void)
{
	struct word w = { .as = space_create() };

	w.at = hva_add(space_map(w.as, 1, RW, 0), 40);
	crew_run(4, write_words, &w);
}

/* ---- Of the current process ---------------------------------------------------------------------------- */

/* The kernel's process has no address space; it gets one for a while. */
static void forget_aspace(void *unused)
{
	kernel_proc.aspace = NULL;
}

static struct aspace *borrow_aspace(void)
{
	struct aspace *as = space_create();

	kernel_proc.aspace = as;
	ktest_defer(forget_aspace, NULL);
	return as;
}

static void copies_reach_the_current_process(void)
{
	struct aspace *as = borrow_aspace();
	hva_t at = space_map(as, 2, RW, 0);
	u64 value = 0;

	space_put(as, hva_add(at, PAGE_SIZE - 4), 0x1122334455667788);
	EXPECT_EQ(copy_in(&value, hva_add(at, PAGE_SIZE - 4), sizeof(value)), 0);
	EXPECT_EQ(value, 0x1122334455667788);
	value = 9;
	EXPECT_EQ(copy_out(at, &value, sizeof(value)), 0);
	EXPECT_EQ(space_get(as, at), 9);
	EXPECT_EQ(copy_out(page_at(at, 2), &value, 1), -EFAULT);
}

static void strings_end_at_their_zero(void)
{
	struct aspace *as = borrow_aspace();
	hva_t at = space_map_at(as, hva(AREA), 2, RW, 0), end = page_at(at, 2);
	char text[16];

	EXPECT_EQ(aspace_write(as, hva_add(at, PAGE_SIZE - 3), "hello", 6), 0);
	EXPECT_EQ(copy_in_string(text, hva_add(at, PAGE_SIZE - 3), sizeof(text)), 5);
	EXPECT_STREQ(text, "hello");
	EXPECT_EQ(copy_in_string(text, hva_add(at, PAGE_SIZE - 3), 6), 5);
	EXPECT_EQ(copy_in_string(text, hva_add(at, PAGE_SIZE - 3), 5), -ENAMETOOLONG);
	EXPECT_EQ(copy_in_string(text, hva_add(at, PAGE_SIZE + 2), 4), 0, "the zero alone");
	EXPECT_EQ(aspace_write(as, hva(end.raw - 2), "xy", 2), 0);
	EXPECT_EQ(copy_in_string(text, hva(end.raw - 2), sizeof(text)), -EFAULT);
	EXPECT_EQ(copy_in_string(text, hva(end.raw - 2), 2), -ENAMETOOLONG);
	EXPECT_EQ(aspace_write(as, hva(end.raw - 2), "x", 2), 0);
	EXPECT_EQ(copy_in_string(text, hva(end.raw - 2), sizeof(text)), 1, "a string may end where memory ends");
	EXPECT_EQ(copy_in_string(text, hva(~0ull - 1), sizeof(text)), -EFAULT);
}

static const struct ktest_case cases[] = {
	CASE(bytes_cross_pages_whatever_the_alignment),
	CASE(bad_addresses_are_errors),
	CASE(rights_are_the_users),
	CASE(access_without_memory_is_an_error),
	CASE(aligned_word_is_copied_in_one_access),
	CASE(copies_reach_the_current_process),
	CASE(strings_end_at_their_zero),
};
KTEST_SUITE(uaccess, cases);
