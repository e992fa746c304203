/*
 * Memory in 2 MiB pages: all that changes a part of one must keep the rest.
 */
#include "test.h"

#define SIZE (4 * HUGE_PAGE)

static s64 touch_read(void *arg)
{
	return *(volatile u8 *)arg;
}

static s64 touch_write(void *arg)
{
	*(volatile u8 *)arg = 1;
	return 0;
}

/* SIZE bytes that begin where a huge page can, each 4 KiB page filled with its own number. */
static u8 *make_area(u64 how)
{
	u8 *m = map(SIZE + HUGE_PAGE, how | MAP_HUGE);
	u8 *aligned = (u8 *)(((u64)m + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));

	for (u64 at = 0; at < SIZE; at += PAGE)
		fill(aligned + at, 64, at);
	return aligned;
}

/* Are the pages in [start, end) of the area as they were made? */
static void expect_kept(const u8 *m, u64 start, u64 end)
{
	for (u64 at = start; at < end; at += PAGE)
		EXPECT(is_filled(m + at, 64, at));
}

TEST(huge, content)
{
	u8 *m = make_area(MAP_PRIVATE);

	expect_kept(m, 0, SIZE);
	EXPECT_EQ(m[PAGE - 1], 0);
	EXPECT(resident_pages() >= SIZE / PAGE);
}

/* With memory in large blocks, far fewer faults than pages. */
TEST(huge, takes_few_faults)
{
	struct sysinfo before, after;
	u8 *m = map(SIZE, MAP_PRIVATE | MAP_HUGE);

	OK(sysinfo(&before));
	if (before.largest_free < 8 * HUGE_PAGE)
		SKIP("memory is too fragmented");
	for (u64 at = 0; at < SIZE; at += PAGE)
		m[at] = 1;
	OK(sysinfo(&after));
	EXPECT(after.fault_count - before.fault_count < SIZE / PAGE / 2 + 600);
}

TEST(huge, partial_munmap)
{
	u8 *m = make_area(MAP_PRIVATE);
	u64 start = HUGE_PAGE + 5 * PAGE, end = start + 7 * PAGE, before = resident_pages();

	OK(munmap(m + start, end - start));
	EXPECT_EQ(before - resident_pages(), 7);
	expect_kept(m, 0, start);
	expect_kept(m, end, SIZE);
	EXPECT_KILLED(touch_read, m + start, FAULT);
	EXPECT_KILLED(touch_read, m + end - PAGE, FAULT);
}

TEST(huge, munmap_across_pages)
{
	u8 *m = make_area(MAP_PRIVATE);
	u64 start = HUGE_PAGE - PAGE, end = 3 * HUGE_PAGE + PAGE;

	OK(munmap(m + start, end - start));
	expect_kept(m, 0, start);
	expect_kept(m, end, SIZE);
	EXPECT_KILLED(touch_read, m + HUGE_PAGE, FAULT);
	EXPECT(mmap(m + HUGE_PAGE, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | MAP_HUGE | MAP_FIXED, -1,
		    0) == m + HUGE_PAGE);
	EXPECT_EQ(m[HUGE_PAGE + 100], 0);
	expect_kept(m, 0, start);
}

TEST(huge, partial_protect)
{
	u8 *m = make_area(MAP_PRIVATE);
	u64 at = 2 * HUGE_PAGE + 100 * PAGE;

	OK(mprotect(m + at, PAGE, PROT_READ));
	expect_kept(m, 0, SIZE);
	EXPECT_KILLED(touch_write, m + at, FAULT);
	EXPECT_EQ(status_of(touch_write, m + at - PAGE), 0);
	EXPECT_EQ(status_of(touch_write, m + at + PAGE), 0);
	OK(mprotect(m + at, PAGE, PROT_READ | PROT_WRITE));
	m[at + 100] = 1;
	expect_kept(m, 0, SIZE);
}

TEST(huge, partial_dontneed)
{
	u8 *m = make_area(MAP_PRIVATE);
	u64 at = HUGE_PAGE + 511 * PAGE;

	OK(madvise(m + at, 2 * PAGE, MADV_DONTNEED));
	expect_kept(m, 0, at);
	expect_kept(m, at + 2 * PAGE, SIZE);
	EXPECT(m[at] == 0 && m[at + 2 * PAGE - 1] == 0);
	OK(madvise(m, SIZE, MADV_DONTNEED));
	for (u64 i = 0; i < SIZE; i += PAGE)
		EXPECT_EQ(m[i], 0);
}

static s64 change_some(void *arg)
{
	u8 *m = arg;

	expect_kept(m, 0, SIZE);
	for (u64 at = 0; at < SIZE; at += 64 * PAGE)
		memset(m + at, 0xaa, PAGE);
	for (u64 at = PAGE; at < SIZE; at += 64 * PAGE)
		EXPECT(is_filled(m + at, 64, at));
	return 0;
}

TEST(huge, copy_on_write)
{
	u8 *m = make_area(MAP_PRIVATE);
	int first = spawn(change_some, m), second = spawn(change_some, m);

	for (u64 at = PAGE; at < SIZE; at += 64 * PAGE)
		m[at + 1000] = 1;
	EXPECT_EQ(reap(first) + reap(second), 0);
	expect_kept(m, 0, SIZE);
}

TEST(huge, fork_then_partial_changes)
{
	u8 *m = make_area(MAP_PRIVATE);
	int pid = spawn(sleep_forever, NULL);

	OK(munmap(m + 3 * PAGE, PAGE));
	OK(mprotect(m + HUGE_PAGE, HUGE_PAGE / 2, PROT_READ));
	OK(madvise(m + 2 * HUGE_PAGE, PAGE, MADV_DONTNEED));
	m[3 * HUGE_PAGE + 100] = 1;
	expect_kept(m, 0, 3 * PAGE);
	expect_kept(m, 4 * PAGE, 2 * HUGE_PAGE);
	expect_kept(m, 2 * HUGE_PAGE + PAGE, SIZE);
	OK(kill(pid));
	reap(pid);
	expect_kept(m, 2 * HUGE_PAGE + PAGE, SIZE);
}

TEST(huge, shared_with_child)
{
	u8 *m = make_area(MAP_SHARED);

	EXPECT_EQ(status_of(change_some, m), 0);
	for (u64 at = 0; at < SIZE; at += 64 * PAGE)
		EXPECT_EQ(m[at], 0xaa);
}

TEST(huge, move_keeps_bytes)
{
	u8 *m = make_area(MAP_PRIVATE);

	OK(madvise(m, SIZE, MADV_MOVE));
	expect_kept(m, 0, SIZE);
	OK(madvise(m + HUGE_PAGE + PAGE, PAGE, MADV_MOVE));
	expect_kept(m, 0, SIZE);
}

TEST(huge, populate)
{
	u64 before = resident_pages();
	u8 *m = map(SIZE, MAP_PRIVATE | MAP_HUGE | MAP_POPULATE);

	EXPECT(resident_pages() - before >= SIZE / PAGE);
	EXPECT_EQ(m[SIZE - 1], 0);
}
