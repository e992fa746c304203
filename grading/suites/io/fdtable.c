/*
 * A descriptor table under all CPUs at once: nothing is lost, nothing is closed too early, nothing is left.
 */
#include "grading/ktest/crew.h"
#include "sched.h"
#include "fs/file.h"

#define STEPS 20000u
#define NEAR  6u /* descriptors that the threads fight for */

static struct fdtable table;
static u32 open_count; /* files that exist; atomic */

static s64 read_private(struct file *file, void *buf, size_t size)
{
	return (s64)file->private;
}

static void count_release(struct file *file)
{
	ASSERT_EQ(file->private, (void *)42);
	file->private = NULL;
	__atomic_fetch_sub(&open_count, 1, __ATOMIC_RELAXED);
}

static const struct file_ops test_ops = { .read = read_private, .release = count_release };

static void open_one(void)
{
	struct file *file = file_alloc(&test_ops, O_RDONLY);

	ASSERT_NE(file, NULL);
	file->private = (void *)42;
	__atomic_fetch_add(&open_count, 1, __ATOMIC_RELAXED);
	if (fd_install(&table, file) < 0)
		file_put(file);
}

/* A file that one thread uses stays whole while others close its descriptor. */
static void use_one(u64 fd)
{
	struct file *file = fd_get(&table, fd);

	if (!file)
		return;
	EXPECT_EQ(file->ops->read(file, NULL, 0), 42);
	thread_yield();
	EXPECT_EQ(file->ops->read(file, NULL, 0), 42);
	file_put(file);
}

static void reserve_one(void)
{
	int fd = fd_reserve(&table);

	if (fd < 0)
		return;
	EXPECT_EQ(fd_close(&table, fd), -EBADF);
	EXPECT_EQ(fd_get(&table, fd), NULL);
	fd_release(&table, fd);
}

static void copy_table(u32 member)
{
	static struct fdtable copies[CREW_MAX];
	struct fdtable *copy = &copies[member];

	fdtable_copy(copy, &table);
	thread_yield();
	fdtable_clear(copy);
}

static void random_steps(u32 member, void *arg)
{
	struct ktest_random random = ktest_random(member);

	for (u32 i = 0; i < STEPS; i++) {
		u64 fd = random_below(&random, NEAR);

		switch (random_below(&random, 16)) {
		case 0: copy_table(member); break;
		case 1: reserve_one(); break;
		case 2:
		case 3: fd_dup_to(&table, fd, random_below(&random, NEAR)); break;
		case 4:
		case 5:
		case 6: fd_close(&table, fd); break;
		case 7:
		case 8:
		case 9: use_one(fd); break;
		default: open_one(); break;
		}
	}
}

static void clear_table(void *arg)
{
	fdtable_clear(&table);
}

static void threads_share_a_table(void)
{
	open_count = 0;
	fdtable_init(&table);
	ktest_defer(clear_table, NULL);
	crew_run(4, random_steps, NULL);
	fdtable_clear(&table);
	EXPECT_EQ(open_count, 0);
}

static const struct ktest_case cases[] = {
	CASE(threads_share_a_table),
};
KTEST_SUITE(fdtable, cases);
