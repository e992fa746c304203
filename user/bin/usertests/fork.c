/*
 * fork(): what is copied, what is shared, and that copies made on the first write are right.
 */
#include "test.h"

#define PAGES 256

static u64 in_data = 1, in_bss;

struct places {
	u64 *heap, *stack;
};

static s64 change_everything(void *arg)
{
	struct places *p = arg;

	EXPECT(in_data == 11 && in_bss == 12 && *p->heap == 13 && *p->stack == 14);
	in_data = in_bss = *p->heap = *p->stack = 99;
	return 0;
}

TEST(fork, child_has_copies)
{
	u64 stack = 14;
	struct places p = { must_malloc(sizeof(u64)), &stack };

	in_data = 11;
	in_bss = 12;
	*p.heap = 13;
	EXPECT_EQ(status_of(change_everything, &p), 0);
	EXPECT(in_data == 11 && in_bss == 12 && *p.heap == 13 && stack == 14);
}

/* Overwrite every other page; all must be right before and after. */
static s64 rewrite_half(void *arg)
{
	u8 *m = arg;

	for (u64 i = 0; i < PAGES; i += 2) {
		EXPECT(is_filled(m + i * PAGE, PAGE, i));
		fill(m + i * PAGE, PAGE, i + 1000);
	}
	for (u64 i = 0; i < PAGES; i++)
		EXPECT(is_filled(m + i * PAGE, PAGE, i % 2 ? i : i + 1000));
	return 0;
}

TEST(fork, pages_are_copied_on_write)
{
	u8 *m = map(PAGES * PAGE, MAP_PRIVATE);

	for (u64 i = 0; i < PAGES; i++)
		fill(m + i * PAGE, PAGE, i);
	int first = spawn(rewrite_half, m), second = spawn(rewrite_half, m);

	for (u64 i = 1; i < PAGES; i += 2)
		fill(m + i * PAGE, PAGE, i + 5000);
	EXPECT_EQ(reap(first) + reap(second), 0);
	for (u64 i = 0; i < PAGES; i++)
		EXPECT(is_filled(m + i * PAGE, PAGE, i % 2 ? i + 5000 : i));
}

/* The pages cost memory only when they are written. */
TEST(fork, unwritten_pages_are_shared)
{
	u8 *m = map(4 * MIB, MAP_PRIVATE);
	struct sysinfo before, after;

	fill(m, 4 * MIB, 3);
	OK(sysinfo(&before));
	int pid = spawn(sleep_forever, NULL);

	OK(sysinfo(&after));
	EXPECT(before.page_free - after.page_free < 512);
	OK(kill(pid));
	reap(pid);
	EXPECT(is_filled(m, 4 * MIB, 3));
}

/* The kernel, too, must copy before it writes. */
static s64 read_into(void *arg)
{
	int fd = OK(open("f", O_RDONLY));

	EXPECT_EQ(read(fd, arg, 100), 100);
	EXPECT(is_filled(arg, 100, 2));
	return 0;
}

TEST(fork, copy_on_write_by_the_kernel)
{
	u8 *m = map(PAGE, MAP_PRIVATE), file[100];

	fill(file, sizeof(file), 2);
	make_file("f", file, sizeof(file));
	fill(m, PAGE, 1);
	EXPECT_EQ(status_of(read_into, m), 0);
	EXPECT(is_filled(m, PAGE, 1));
}

static s64 write_word(void *arg)
{
	*(volatile u32 *)arg = 5;
	return 0;
}

TEST(fork, shared_memory_is_shared)
{
	u32 *shared = map(PAGE, MAP_SHARED), *untouched = map(PAGE, MAP_SHARED);

	*shared = 1;
	EXPECT_EQ(status_of(write_word, shared), 0);
	EXPECT_EQ(*shared, 5);
	EXPECT_EQ(status_of(write_word, untouched), 0);
	EXPECT_EQ(*untouched, 5);
}

TEST(fork, read_only_memory_stays_read_only)
{
	u32 *m = map(PAGE, MAP_PRIVATE);

	*m = 1;
	OK(mprotect(m, PAGE, PROT_READ));
	EXPECT_KILLED(write_word, m, FAULT);
	OK(mprotect(m, PAGE, PROT_READ | PROT_WRITE));
	*m = 2;
	EXPECT_EQ(*m, 2);
}

static s64 write_three(void *arg)
{
	EXPECT_EQ(write(*(int *)arg, "abc", 3), 3);
	return 0;
}

TEST(fork, files_share_their_offset)
{
	int fd = OK(open("f", O_RDWR | O_CREATE));
	char text[8] = { 0 };

	EXPECT_EQ(status_of(write_three, &fd), 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
	EXPECT_EQ(write(fd, "def", 3), 3);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_EQ(read(fd, text, 8), 6);
	EXPECT_EQ(strcmp(text, "abcdef"), 0);
}

static s64 close_it(void *arg)
{
	return close(*(int *)arg);
}

TEST(fork, descriptors_are_copied)
{
	int fd = OK(open("f", O_RDWR | O_CREATE));

	EXPECT_EQ(status_of(close_it, &fd), 0);
	EXPECT_EQ(write(fd, "x", 1), 1);
}

static s64 change_directory(void *arg)
{
	OK(mkdir("sub"));
	OK(chdir("sub"));
	return 0;
}

TEST(fork, working_directory_is_copied)
{
	EXPECT_EQ(status_of(change_directory, NULL), 0);
	make_file("here", "", 0);
	EXPECT_EQ(open("sub/here", O_RDONLY), -ENOENT);
}

/* Each child of the chain changes the page and forks the next: every generation must see its own value. */
static s64 chain(void *arg)
{
	volatile u64 *m = arg;
	u64 mine = ++m[0];

	m[mine] = mine;
	if (mine < 20)
		EXPECT_EQ(status_of(chain, arg), 0);
	EXPECT_EQ(m[0], mine);
	EXPECT_EQ(m[mine + 1], 0);
	return 0;
}

TEST(fork, chain_of_forks)
{
	u64 *m = map(PAGE, MAP_PRIVATE);

	EXPECT_EQ(status_of(chain, m), 0);
	EXPECT_EQ(m[0], 0);
}

/* ---- With threads ------------------------------------------------------------------------------------ */

static s64 expect_alone(void *arg)
{
	static struct procinfo list[600];
	s64 count = OK(procinfo(list, 600));

	for (s64 i = 0; i < count; i++)
		if (list[i].pid == getpid())
			EXPECT_EQ(list[i].thread_count, 1);
	return 0;
}

TEST(fork, only_the_calling_thread_is_copied)
{
	struct thread other;

	OK(thread_create(&other, sleep_forever, NULL));
	EXPECT_EQ(status_of(expect_alone, NULL), 0);
}

static struct {
	u32 stop;
	u64 *pages;
} writer;

/* Writes ever larger numbers to all pages; none may be lost when its pages become shared with a child. */
static s64 keep_writing(void *arg)
{
	u64 round = 0;

	while (!__atomic_load_n(&writer.stop, __ATOMIC_RELAXED)) {
		round++;
		for (int i = 0; i < 16; i++)
			writer.pages[i * 512] = round;
		for (int i = 0; i < 16; i++)
			EXPECT_EQ(writer.pages[i * 512], round);
	}
	return 0;
}

/* In the child nobody writes: what it sees must not change. */
static s64 expect_still(void *arg)
{
	u64 seen[16];

	for (int i = 0; i < 16; i++)
		seen[i] = writer.pages[i * 512];
	yield();
	for (int i = 0; i < 16; i++)
		EXPECT_EQ(writer.pages[i * 512], seen[i]);
	return 0;
}

TEST(fork, while_another_thread_writes)
{
	struct thread t;

	writer.pages = map(16 * PAGE, MAP_PRIVATE);
	OK(thread_create(&t, keep_writing, NULL));
	for (int i = 0; i < 30; i++)
		EXPECT_EQ(status_of(expect_still, NULL), 0);
	__atomic_store_n(&writer.stop, 1, __ATOMIC_RELAXED);
	OK(thread_join(&t, NULL));
}
