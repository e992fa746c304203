/*
 * futex_wait() and futex_wake().
 */
#include "test.h"

static struct shared {
	u32 word, other;
	u32 waiting, woken;
} *shared;

static void make_shared(void)
{
	shared = map(PAGE, MAP_SHARED);
}

TEST(futex, different_value_does_not_sleep)
{
	u32 word = 5;

	EXPECT_EQ(futex_wait(&word, 4, 0), -EAGAIN);
	EXPECT_EQ(futex_wait(&word, 4, SECOND), -EAGAIN);
	EXPECT_EQ(futex_wait(&word, 1ul << 32 | 5, MS), -ETIMEDOUT); /* 32 bits count */
}

TEST(futex, timeout_lasts_at_least_as_long)
{
	u32 word = 0;

	for (u64 ns = 1; ns < 100 * MS; ns *= 10) {
		s64 start = clock();

		EXPECT_EQ(futex_wait(&word, 0, ns), -ETIMEDOUT);
		EXPECT(clock() - start >= (s64)ns);
	}
}

TEST(futex, errors)
{
	u32 words[2] = { 0 };

	EXPECT_EQ(futex_wait((u32 *)((char *)words + 1), 0, 0), -EINVAL);
	EXPECT_EQ(futex_wake((u32 *)((char *)words + 2), 1), -EINVAL);
	EXPECT_EQ(futex_wait(NULL, 0, 0), -EFAULT);
	EXPECT_EQ(futex_wait((u32 *)~3ul, 0, 0), -EFAULT);
	EXPECT_EQ(futex_wait((u32 *)(1ul << 62), 0, 0), -EFAULT);
	EXPECT_EQ(futex_wake(words, 10), 0);
}

static s64 wait_once(void *arg)
{
	__atomic_fetch_add(&shared->waiting, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(futex_wait(&shared->word, 0, 0), 0);
	__atomic_fetch_add(&shared->woken, 1, __ATOMIC_RELAXED);
	return 0;
}

/* Wake exactly `count`; sleepers that are still on their way make this try again. */
static void wake_exactly(u32 *word, u32 count)
{
	s64 start = clock();

	for (u32 woken = 0; woken < count; sleep(MS)) {
		woken += OK(futex_wake(word, count - woken));
		EXPECT(woken <= count);
		EXPECT(clock() - start < (s64)(30 * SECOND));
	}
}

TEST(futex, wakes_as_many_as_asked)
{
	int pids[5];

	make_shared();
	for (int i = 0; i < 5; i++)
		pids[i] = spawn(wait_once, NULL);
	await(&shared->waiting, 5);
	EXPECT_EQ(futex_wake(&shared->other, 5), 0); /* nobody waits there */
	wake_exactly(&shared->word, 2);
	await(&shared->woken, 2);
	sleep(10 * MS);
	EXPECT_EQ(shared->woken, 2);
	wake_exactly(&shared->word, 3);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	EXPECT_EQ(futex_wake(&shared->word, 5), 0);
}

TEST(futex, wake_none)
{
	make_shared();
	int pid = spawn(wait_once, NULL);

	await(&shared->waiting, 1);
	sleep(10 * MS);
	EXPECT_EQ(futex_wake(&shared->word, 0), 0);
	wake_exactly(&shared->word, 1);
	EXPECT_EQ(reap(pid), 0);
}

static u32 private_word;

static s64 wait_privately(void *arg)
{
	return futex_wait(&private_word, 0, 100 * MS) == -ETIMEDOUT ? 0 : 1;
}

/* The same address in another process is another word, also while the page is still shared copy-on-write. */
TEST(futex, private_words_are_private)
{
	int pid = spawn(wait_privately, NULL);

	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(futex_wake(&private_word, 10), 0);
		sleep(5 * MS);
	}
	EXPECT_EQ(reap(pid), 0);
}

static s64 wait_at(void *arg)
{
	__atomic_fetch_add(&shared->waiting, 1, __ATOMIC_RELAXED);
	return futex_wait(arg, 0, 0);
}

/* The page gets another physical address while somebody waits on it. */
TEST(futex, survives_a_page_move)
{
	static struct thread t;
	u32 *word = map(PAGE, MAP_PRIVATE);

	make_shared();
	OK(thread_create(&t, wait_at, word));
	await(&shared->waiting, 1);
	sleep(5 * MS);
	OK(madvise(word, PAGE, MADV_MOVE));
	wake_exactly(word, 1);
	OK(thread_join(&t, NULL));
}

#define ROUNDS 2000

/* Two sides hand a number to each other; a lost wake-up stops them for ever. */
static s64 pong(void *arg)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) != 2 * i + 1)
			futex_wait(&shared->word, 2 * i, 0);
		__atomic_store_n(&shared->word, 2 * i + 2, __ATOMIC_RELEASE);
		futex_wake(&shared->word, 1);
	}
	return 0;
}

static void ping(void)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		__atomic_store_n(&shared->word, 2 * i + 1, __ATOMIC_RELEASE);
		futex_wake(&shared->word, 1);
		while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) != 2 * i + 2)
			futex_wait(&shared->word, 2 * i + 1, 0);
	}
}

TEST(futex, no_wake_up_is_lost_between_processes)
{
	make_shared();
	int pid = spawn(pong, NULL);

	ping();
	EXPECT_EQ(reap(pid), 0);
}

TEST(futex, no_wake_up_is_lost_between_threads)
{
	struct thread t;

	make_shared();
	OK(thread_create(&t, pong, NULL));
	ping();
	OK(thread_join(&t, NULL));
}
