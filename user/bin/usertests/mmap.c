/*
 * Memory: mmap, munmap, mprotect, madvise.  Huge pages are in huge.c, accesses that must kill in fault.c.
 */
#include "test.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_ANON | MAP_PRIVATE)

static s64 touch_read(void *arg)
{
	return *(volatile u8 *)arg;
}

static s64 touch_write(void *arg)
{
	*(volatile u8 *)arg = 1;
	return 0;
}

#define EXPECT_NO_READ(p)  EXPECT_KILLED(touch_read, p, FAULT)
#define EXPECT_NO_WRITE(p) EXPECT_KILLED(touch_write, p, FAULT)

/* ---- mmap -------------------------------------------------------------------------------------------- */

TEST(mmap, anonymous_memory_is_zero)
{
	for (int round = 0; round < 3; round++) {
		u64 *m = map(MIB, MAP_PRIVATE);

		for (u64 i = 0; i < MIB / 8; i++)
			EXPECT_EQ(m[i], 0);
		memset(m, 0xff, MIB);
		OK(munmap(m, MIB));
	}
}

TEST(mmap, errors)
{
	char *m = map(4 * PAGE, MAP_PRIVATE);
	int file = OK(open("f", O_RDWR | O_CREATE)), null = OK(open("/dev/null", O_RDWR));

	EXPECT_EQ(error_of(mmap(NULL, 0, RW, ANON, -1, 0)), -EINVAL);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, RW, MAP_ANON, -1, 0)), -EINVAL);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, RW, ANON | MAP_SHARED, -1, 0)), -EINVAL);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, 8, ANON, -1, 0)), -EINVAL);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, RW, ANON | 0x10000, -1, 0)), -EINVAL);
	EXPECT_EQ(error_of(mmap(m + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0)), -EINVAL);
	EXPECT_EQ(error_of(mmap(m, PAGE, RW, ANON | MAP_FIXED, -1, 0)), -EEXIST);
	EXPECT_EQ(error_of(mmap(m - PAGE, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0)), -EEXIST);
	EXPECT(error_of(mmap(NULL, 1ul << 62, RW, ANON, -1, 0)) < 0);
	EXPECT(error_of(mmap(NULL, ~0ul, RW, ANON, -1, 0)) < 0);
	EXPECT(error_of(mmap((void *)-PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0)) < 0);
	EXPECT(error_of(mmap((void *)(1ul << 62), PAGE, RW, ANON | MAP_FIXED, -1, 0)) < 0);
	EXPECT(error_of(mmap((void *)PAGE, ~0ul - 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0)) < 0);
	EXPECT(error_of(mmap(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0)) < 0); /* page 0 stays empty */
	EXPECT_EQ(error_of(mmap(NULL, PAGE, RW, MAP_SHARED, 60, 0)), -EBADF);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, RW, MAP_SHARED, file, 0)), -ENODEV);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, RW, MAP_SHARED, null, 0)), -ENODEV);
	memset(m, 1, 4 * PAGE);
}

TEST(mmap, fixed_takes_a_hole)
{
	char *m = map(8 * PAGE, MAP_PRIVATE);

	memset(m, 1, 8 * PAGE);
	OK(munmap(m + 2 * PAGE, 3 * PAGE));
	EXPECT_EQ(error_of(mmap(m + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0)), -EEXIST);
	EXPECT(mmap(m + 2 * PAGE, 3 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == m + 2 * PAGE);
	EXPECT(m[2 * PAGE - 1] == 1 && m[2 * PAGE] == 0 && m[5 * PAGE - 1] == 0 && m[5 * PAGE] == 1);
}

TEST(mmap, size_is_rounded_up)
{
	char *m = map(1, MAP_PRIVATE);

	m[PAGE - 1] = 5;
	OK(munmap(m, 1));
	EXPECT_NO_READ(m);
	EXPECT_NO_READ(m + PAGE - 1);
}

TEST(mmap, memory_comes_with_the_first_touch)
{
	u64 before = resident_pages();
	u8 *m = map(4 * MIB, MAP_PRIVATE);

	EXPECT(resident_pages() - before <= 2);
	for (u64 i = 0; i < 100; i++)
		m[i * 5 * PAGE] = 1;
	u64 grown = resident_pages() - before;

	EXPECT(grown >= 100 && grown <= 102);
	OK(munmap(m, 4 * MIB));
	EXPECT(resident_pages() - before <= 2);
}

TEST(mmap, populate_takes_memory_at_once)
{
	u64 before = resident_pages();
	u8 *m = map(256 * PAGE, MAP_PRIVATE | MAP_POPULATE);

	EXPECT(resident_pages() - before >= 256);
	EXPECT(m[0] == 0 && m[256 * PAGE - 1] == 0);
}

/* Wherever it lies: of machines with little memory, most of it. */
TEST(mmap, most_of_memory_keeps_what_was_written)
{
	enum { MOST = 32 * MIB / PAGE };
	struct sysinfo info;

	OK(sysinfo(&info));
	u64 count = info.page_free / 8 * 7 < MOST ? info.page_free / 8 * 7 : MOST;
	u64 *m = map(count * PAGE, MAP_PRIVATE);

	for (u64 i = 0; i < count; i++)
		m[i * PAGE / sizeof(u64)] = i * 0x9e3779b97f4a7c15;
	for (u64 i = 0; i < count; i++)
		EXPECT_EQ(m[i * PAGE / sizeof(u64)], i * 0x9e3779b97f4a7c15);
}

TEST(mmap, many_regions)
{
	enum { MOST = 6000 };
	static char *list[MOST];
	int count = 0;

	/* Rights in turn, so that neighbours cannot become one region. */
	while (count < MOST) {
		char *m = mmap(NULL, PAGE, count % 2 ? RW : PROT_READ, ANON, -1, 0);

		if (error_of(m)) {
			EXPECT_EQ(error_of(m), -ENOMEM);
			break;
		}
		list[count++] = m;
	}
	EXPECT(count > 1000);
	for (int i = 1; i < count; i += 100)
		list[i - (i % 2 ? 0 : 1)][0] = 1;
	for (int i = 0; i < count; i++)
		OK(munmap(list[i], PAGE));
	map(PAGE, MAP_PRIVATE);
}

TEST(mmap, shared_between_relatives)
{
	u32 *m = map(16 * PAGE, MAP_SHARED);

	EXPECT_EQ(status_of(touch_write, m), 0);
	EXPECT_EQ(*m, 1);
	OK(munmap(m, PAGE));
	EXPECT_EQ(status_of(touch_write, m + 15 * PAGE / 4), 0);
	EXPECT_EQ(m[15 * PAGE / 4], 1);
}

/* ---- munmap ------------------------------------------------------------------------------------------ */

TEST(mmap, munmap_makes_a_hole)
{
	char *m = map(8 * PAGE, MAP_PRIVATE);

	memset(m, 1, 8 * PAGE);
	OK(munmap(m + 3 * PAGE, 2 * PAGE));
	EXPECT(m[3 * PAGE - 1] == 1 && m[5 * PAGE] == 1);
	EXPECT_NO_READ(m + 3 * PAGE);
	EXPECT_NO_READ(m + 5 * PAGE - 1);
	OK(munmap(m, 8 * PAGE)); /* holes in the range are no error */
	EXPECT_NO_READ(m);
	EXPECT_NO_READ(m + 7 * PAGE);
}

TEST(mmap, munmap_errors)
{
	char *m = map(2 * PAGE, MAP_PRIVATE);

	m[0] = 1;
	EXPECT_EQ(munmap(m + 1, PAGE), -EINVAL);
	EXPECT_EQ(munmap(m, 0), -EINVAL);
	EXPECT_EQ(munmap(m, ~0ul), -EINVAL);
	EXPECT_EQ(munmap((void *)-PAGE, PAGE), -EINVAL);
	EXPECT_EQ(munmap((void *)(1ul << 62), PAGE), -EINVAL);
	EXPECT_EQ(m[0], 1);
}

TEST(mmap, every_other_page)
{
	enum { PAGES = 64 };
	u8 *m = map(PAGES * PAGE, MAP_PRIVATE);

	for (u64 i = 0; i < PAGES; i++)
		fill(m + i * PAGE, PAGE, i);
	for (u64 i = 0; i < PAGES; i += 2)
		OK(munmap(m + i * PAGE, PAGE));
	for (u64 i = 1; i < PAGES; i += 2)
		EXPECT(is_filled(m + i * PAGE, PAGE, i));
	for (u64 i = 0; i < PAGES; i += 2) {
		EXPECT(mmap(m + i * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == m + i * PAGE);
		EXPECT_EQ(m[i * PAGE], 0);
	}
	for (u64 i = 1; i < PAGES; i += 2)
		EXPECT(is_filled(m + i * PAGE, PAGE, i));
}

/* ---- mprotect ---------------------------------------------------------------------------------------- */

TEST(mmap, protect_and_back)
{
	u8 *m = map(4 * PAGE, MAP_PRIVATE);

	fill(m, 4 * PAGE, 1);
	OK(mprotect(m + PAGE, 2 * PAGE, PROT_READ));
	EXPECT_EQ(status_of(touch_read, m + PAGE) & STATUS_KILLED, 0);
	EXPECT_NO_WRITE(m + PAGE);
	EXPECT_EQ(status_of(touch_write, m), 0);
	EXPECT_EQ(status_of(touch_write, m + 3 * PAGE), 0);
	OK(mprotect(m + PAGE, 2 * PAGE, PROT_NONE));
	EXPECT_NO_READ(m + PAGE);
	EXPECT_NO_WRITE(m + 2 * PAGE);
	OK(mprotect(m, 4 * PAGE, RW));
	EXPECT(is_filled(m, 4 * PAGE, 1));
	fill(m, 4 * PAGE, 2);
}

/* Rights that were taken before the first touch hold at the first touch, too. */
TEST(mmap, protect_before_the_first_touch)
{
	u8 *m = map(2 * PAGE, MAP_PRIVATE);

	OK(mprotect(m, PAGE, PROT_READ));
	EXPECT_NO_WRITE(m);
	EXPECT_EQ(m[0], 0);
	EXPECT_NO_WRITE(m);
	OK(mprotect(m, PAGE, RW));
	m[0] = 1;
	EXPECT_EQ(m[0], 1);
}

TEST(mmap, mprotect_errors)
{
	u8 *m = map(4 * PAGE, MAP_PRIVATE);

	m[0] = 1;
	EXPECT_EQ(mprotect(m + 1, PAGE, PROT_READ), -EINVAL);
	EXPECT_EQ(mprotect(m, PAGE, 16), -EINVAL);
	EXPECT(mprotect((void *)-PAGE, PAGE, RW) < 0);
	EXPECT(mprotect(m, ~0ul, RW) < 0);
	OK(munmap(m + PAGE, PAGE));
	EXPECT_EQ(mprotect(m, 3 * PAGE, PROT_READ), -ENOMEM); /* a hole; and nothing is changed */
	m[0] = m[2 * PAGE] = 3;
}

/* ---- Executing --------------------------------------------------------------------------------------- */

static __attribute__((noinline)) int forty_two(void)
{
	return 42;
}

static s64 call(void *arg)
{
	return ((int (*)(void))arg)();
}

TEST(mmap, only_executable_memory_is_executed)
{
	u8 *m = map(PAGE, MAP_PRIVATE);

	memcpy(m, (const void *)forty_two, 32); /* a leaf without addresses: it runs anywhere */
	EXPECT_KILLED(call, m, FAULT);
	OK(mprotect(m, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(status_of(call, m), 42);
	EXPECT_NO_WRITE(m);
	OK(mprotect(m, PAGE, RW));
	EXPECT_KILLED(call, m, FAULT);
}

/* ---- madvise ----------------------------------------------------------------------------------------- */

TEST(mmap, dontneed_gives_zeros)
{
	u8 *m = map(8 * PAGE, MAP_PRIVATE);

	fill(m, 8 * PAGE, 1);
	u64 before = resident_pages();

	OK(madvise(m + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(before - resident_pages(), 3);
	for (u64 i = 2 * PAGE; i < 5 * PAGE; i++)
		EXPECT_EQ(m[i], 0);
	EXPECT(is_filled(m, 2 * PAGE, 1));
	fill(m + 2 * PAGE, PAGE, 9);
	EXPECT(is_filled(m + 2 * PAGE, PAGE, 9));
}

static s64 forget_it(void *arg)
{
	OK(madvise(arg, PAGE, MADV_DONTNEED));
	EXPECT_EQ(*(u8 *)arg, 0);
	return 0;
}

TEST(mmap, dontneed_in_child_spares_parent)
{
	u8 *m = map(PAGE, MAP_PRIVATE);

	fill(m, PAGE, 1);
	EXPECT_EQ(status_of(forget_it, m), 0);
	EXPECT(is_filled(m, PAGE, 1));
}

TEST(mmap, madvise_errors)
{
	u8 *m = map(2 * PAGE, MAP_PRIVATE);

	fill(m, PAGE, 1);
	EXPECT_EQ(madvise(m, PAGE, 77), -EINVAL);
	EXPECT_EQ(madvise(m + 1, PAGE, MADV_DONTNEED), -EINVAL);
	EXPECT(madvise((void *)-PAGE, PAGE, MADV_DONTNEED) < 0);
	EXPECT(madvise(m, ~0ul, MADV_MOVE) < 0);
	EXPECT(is_filled(m, PAGE, 1));
}

TEST(mmap, move_keeps_bytes)
{
	u8 *m = map(32 * PAGE, MAP_PRIVATE);

	fill(m, 16 * PAGE, 1); /* the rest is untouched */
	for (int i = 0; i < 10; i++) {
		OK(madvise(m, 32 * PAGE, MADV_MOVE));
		EXPECT(is_filled(m, 16 * PAGE, 1));
		EXPECT_EQ(m[20 * PAGE], 0);
	}
}

TEST(mmap, move_after_fork_keeps_both_copies)
{
	u8 *m = map(8 * PAGE, MAP_PRIVATE);

	fill(m, 8 * PAGE, 1);
	int pid = spawn(sleep_forever, NULL);

	OK(madvise(m, 8 * PAGE, MADV_MOVE));
	EXPECT(is_filled(m, 8 * PAGE, 1));
	fill(m, 8 * PAGE, 2);
	EXPECT(is_filled(m, 8 * PAGE, 2));
	OK(kill(pid));
	reap(pid);
}

static struct {
	u32 stop, rounds;
	volatile u64 *m;
} mover;

/* Counts up in each page; a write that went to a page on its way out would be lost. */
static s64 count_in_pages(void *arg)
{
	u64 round = 0;

	while (!__atomic_load_n(&mover.stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 8; i++)
			EXPECT_EQ(mover.m[i * 512], round);
		round++;
		for (int i = 0; i < 8; i++)
			mover.m[i * 512] = round;
		__atomic_fetch_add(&mover.rounds, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

TEST(mmap, move_while_another_thread_writes)
{
	struct thread t;

	mover.m = map(8 * PAGE, MAP_PRIVATE);
	OK(thread_create(&t, count_in_pages, NULL));
	await(&mover.rounds, 1);
	for (int i = 0; i < 200; i++)
		OK(madvise((void *)mover.m, 8 * PAGE, MADV_MOVE));
	__atomic_store_n(&mover.stop, 1, __ATOMIC_RELAXED);
	OK(thread_join(&t, NULL));
}

/* ---- The other CPUs must hear of it ------------------------------------------------------------------ */

static NORETURN s64 read_again_and_again(void *arg)
{
	volatile u8 *m = arg;

	for (;; __atomic_fetch_add(&mover.rounds, 1, __ATOMIC_RELAXED))
		*m;
}

static NORETURN s64 write_again_and_again(void *arg)
{
	volatile u8 *m = arg;

	for (;; __atomic_fetch_add(&mover.rounds, 1, __ATOMIC_RELAXED))
		*m = 1;
}

/* Another thread uses the page when it goes away: the process must be killed.  It would go on for ever. */
static s64 unmap_under_reader(void *arg)
{
	u8 *m = map(PAGE, MAP_PRIVATE);
	struct thread t;

	OK(thread_create(&t, read_again_and_again, m));
	await(&mover.rounds, 1);
	OK(munmap(m, PAGE));
	sleep(10 * SECOND);
	return 0;
}

static s64 protect_under_writer(void *arg)
{
	u8 *m = map(PAGE, MAP_PRIVATE);
	struct thread t;

	OK(thread_create(&t, write_again_and_again, m));
	await(&mover.rounds, 1);
	OK(mprotect(m, PAGE, PROT_READ));
	sleep(10 * SECOND);
	return 0;
}

TEST(mmap, munmap_reaches_other_cpus)
{
	for (int i = 0; i < 5; i++)
		EXPECT_KILLED(unmap_under_reader, NULL, FAULT);
}

TEST(mmap, mprotect_reaches_other_cpus)
{
	for (int i = 0; i < 5; i++)
		EXPECT_KILLED(protect_under_writer, NULL, FAULT);
}

/* ---- Random operations against a model --------------------------------------------------------------- */

#define AREA_PAGES 40

/* What each page of the area should be: 0 no memory, else its rights + 1. */
static struct {
	u8 *base;
	u8 rights[AREA_PAGES];
	u64 seed[AREA_PAGES]; /* content; 0: zeros */
} area;

static void area_check(u64 page)
{
	static const u8 zeros[PAGE];
	u8 *p = area.base + page * PAGE;

	if (!area.rights[page] || !((area.rights[page] - 1) & PROT_READ))
		return;
	if (area.seed[page])
		EXPECT(is_filled(p, PAGE, area.seed[page]));
	else
		EXPECT_EQ(memcmp(p, zeros, PAGE), 0);
}

static void area_write(u64 page)
{
	if (area.rights[page] != RW + 1)
		return;
	area.seed[page] = random_next(&test_random) | 1;
	fill(area.base + page * PAGE, PAGE, area.seed[page]);
}

static u64 area_mapped_count(u64 first, u64 count)
{
	u64 mapped = 0;

	for (u64 i = first; i < first + count; i++)
		mapped += area.rights[i] != 0;
	return mapped;
}

static void area_set(u64 first, u64 count, u8 rights)
{
	for (u64 i = first; i < first + count; i++) {
		if (!rights || !area.rights[i])
			area.seed[i] = 0;
		area.rights[i] = rights;
	}
}

static void area_step(u64 first, u64 count)
{
	static const u8 rights[] = { PROT_NONE, PROT_READ, RW, RW };
	u8 prot = rights[random_below(&test_random, 4)];
	u8 *p = area.base + first * PAGE;
	bool mapped = area_mapped_count(first, count) == count;

	switch (random_below(&test_random, 5)) {
	case 0:
		if (area_mapped_count(first, count) == 0) {
			EXPECT(mmap(p, count * PAGE, prot, ANON | MAP_FIXED, -1, 0) == p);
			area_set(first, count, prot + 1);
		} else {
			EXPECT_EQ(error_of(mmap(p, count * PAGE, prot, ANON | MAP_FIXED, -1, 0)), -EEXIST);
		}
		break;
	case 1:
		EXPECT_EQ(munmap(p, count * PAGE), 0);
		area_set(first, count, 0);
		break;
	case 2:
		EXPECT_EQ(mprotect(p, count * PAGE, prot), mapped ? 0 : -ENOMEM);
		if (mapped)
			area_set(first, count, prot + 1);
		break;
	case 3:
		if (mapped) {
			EXPECT_EQ(madvise(p, count * PAGE, MADV_DONTNEED), 0);
			memset(area.seed + first, 0, count * sizeof(u64));
		}
		break;
	case 4:
		if (mapped)
			EXPECT_EQ(madvise(p, count * PAGE, MADV_MOVE), 0);
	}
}

static s64 check_area(void *arg)
{
	for (u64 i = 0; i < AREA_PAGES; i++) {
		area_check(i);
		area_write(i);
	}
	return 0;
}

TEST(mmap, random_operations_match_model)
{
	area.base = map(AREA_PAGES * PAGE, MAP_PRIVATE);
	area_set(0, AREA_PAGES, RW + 1);
	for (int i = 0; i < 1000; i++) {
		u64 first = random_below(&test_random, AREA_PAGES);

		area_step(first, 1 + random_below(&test_random, AREA_PAGES - first));
		area_write(random_below(&test_random, AREA_PAGES));
		area_check(random_below(&test_random, AREA_PAGES));
		if (i % 50 == 0)
			EXPECT_EQ(status_of(check_area, NULL), 0);
	}
	for (u64 i = 0; i < AREA_PAGES; i++)
		area_check(i);
}
