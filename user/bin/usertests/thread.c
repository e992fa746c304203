/*
 * Threads, and what they wait with.
 */
#include "test.h"

/* ---- Life of threads --------------------------------------------------------------------------------- */

static s64 twice(void *arg)
{
	return 2 * (s64)arg;
}

TEST(thread, join_gives_the_value)
{
	static const s64 values[] = { 0, 1, -1, INT64_MAX / 2, INT64_MIN / 2 };

	for (int i = 0; i < 5; i++) {
		struct thread t;
		s64 value;

		OK(thread_create(&t, twice, (void *)values[i]));
		OK(thread_join(&t, &value));
		EXPECT_EQ(value, 2 * values[i]);
	}
}

static s64 exit_deep_inside(void *arg)
{
	thread_exit((s64)arg);
}

TEST(thread, thread_exit_gives_the_value)
{
	struct thread t;
	s64 value;

	OK(thread_create(&t, exit_deep_inside, (void *)-5));
	OK(thread_join(&t, &value));
	EXPECT_EQ(value, -5);
	OK(thread_create(&t, exit_deep_inside, NULL));
	OK(thread_join(&t, NULL));
}

TEST(thread, many_one_after_another)
{
	for (s64 i = 0; i < 200; i++) {
		struct thread t;
		s64 value;

		OK(thread_create(&t, twice, (void *)i));
		OK(thread_join(&t, &value));
		EXPECT_EQ(value, 2 * i);
	}
}

TEST(thread, many_at_once)
{
	enum { COUNT = 60 };
	static struct thread t[COUNT];
	s64 value;

	for (s64 i = 0; i < COUNT; i++)
		OK(thread_create(&t[i], twice, (void *)i));
	for (int i = 0; i < COUNT; i++)
		for (int k = 0; k < i; k++)
			EXPECT(t[i].tid != t[k].tid);
	for (s64 i = COUNT - 1; i >= 0; i--) {
		OK(thread_join(&t[i], &value));
		EXPECT_EQ(value, 2 * i);
	}
}

TEST(thread, join_errors)
{
	struct thread t, copy;

	OK(thread_create(&t, twice, NULL));
	copy = t;
	OK(thread_join(&t, NULL));
	EXPECT_EQ(syscall(SYS_thread_join, copy.tid, 0, 0, 0, 0, 0), -ESRCH);
	EXPECT_EQ(syscall(SYS_thread_join, gettid(), 0, 0, 0, 0, 0), -EDEADLK);
	EXPECT_EQ(syscall(SYS_thread_join, 1, 0, 0, 0, 0, 0), -ESRCH);
	EXPECT_EQ(syscall(SYS_thread_join, 0, 0, 0, 0, 0, 0), -ESRCH);
	EXPECT_EQ(syscall(SYS_thread_join, -1, 0, 0, 0, 0, 0), -ESRCH);
	EXPECT_EQ(syscall(SYS_thread_join, getppid(), 0, 0, 0, 0, 0), -ESRCH);
}

static s64 wait_for_word(void *arg)
{
	await(arg, 1);
	return 7;
}

static s64 join_raw(void *arg)
{
	return syscall(SYS_thread_join, *(int *)arg, 0, 0, 0, 0, 0);
}

TEST(thread, joined_once)
{
	static u32 go;
	struct thread t, second;
	s64 value;

	OK(thread_create(&t, wait_for_word, &go));
	OK(thread_create(&second, join_raw, &t.tid));
	sleep(10 * MS);
	EXPECT_EQ(syscall(SYS_thread_join, t.tid, 0, 0, 0, 0, 0), -ESRCH); /* somebody waits already */
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	OK(thread_join(&second, &value));
	EXPECT_EQ(value, 0);
}

static s64 create_at_bad_entry(void *arg)
{
	u8 *stack = map(PAGE, MAP_PRIVATE);

	OK(syscall(SYS_thread_create, (u64)arg, 0, (u64)stack + PAGE, 0, 0, 0));
	sleep(10 * SECOND);
	return 0;
}

TEST(thread, bad_entry_kills_or_fails)
{
	EXPECT(syscall(SYS_thread_create, ~0ul << 40, 0, 0, 0, 0, 0) < 0);
	EXPECT_KILLED(create_at_bad_entry, (void *)PAGE, FAULT);
}

static s64 open_file(void *arg)
{
	return open(arg, O_RDWR | O_CREATE);
}

static s64 enter_directory(void *arg)
{
	return chdir(arg);
}

TEST(thread, files_and_memory_are_shared)
{
	static char file[] = "f", directory[] = "d";
	struct thread t;
	s64 fd;

	OK(thread_create(&t, open_file, file));
	OK(thread_join(&t, &fd));
	EXPECT_EQ(write(fd, "x", 1), 1);
	OK(mkdir(directory));
	OK(thread_create(&t, enter_directory, directory));
	OK(thread_join(&t, NULL));
	EXPECT_EQ(open("f", O_RDONLY), -ENOENT);
}

/* ---- Ends -------------------------------------------------------------------------------------------- */

static u32 mailbox;

static s64 wait_in_futex(void *arg)
{
	return futex_wait(&mailbox, 0, 0);
}

/* A thread in every kind of state. */
static void start_zoo(void)
{
	static struct thread t[5];
	static int fd[2];

	OK(pipe(fd));
	OK(thread_create(&t[0], sleep_forever, NULL));
	OK(thread_create(&t[1], spin_forever, NULL));
	OK(thread_create(&t[2], wait_in_futex, NULL));
	OK(thread_create(&t[3], spin_forever, NULL));
	OK(thread_create(&t[4], join_raw, &t[0].tid));
	sleep(2 * MS);
}

static s64 exit_with_zoo(void *arg)
{
	start_zoo();
	_exit((s64)arg);
}

TEST(thread, exit_of_process_ends_all)
{
	EXPECT_EQ(status_of(exit_with_zoo, (void *)5), 5);
}

static s64 sleep_with_zoo(void *arg)
{
	start_zoo();
	return sleep_forever(NULL);
}

TEST(thread, kill_of_process_ends_all)
{
	for (int i = 0; i < 5; i++) {
		int pid = spawn(sleep_with_zoo, NULL);

		sleep(i * 3 * MS);
		OK(kill(pid));
		EXPECT_EQ(reap(pid), KILLED(KILL));
	}
}

static s64 exit_process(void *arg)
{
	_exit((s64)arg);
}

static s64 let_other_exit(void *arg)
{
	struct thread t;

	OK(thread_create(&t, exit_process, arg));
	return sleep_forever(NULL);
}

TEST(thread, exit_of_process_from_another_thread)
{
	EXPECT_EQ(status_of(let_other_exit, (void *)6), 6);
}

static s64 finish_later(void *arg)
{
	sleep(10 * MS);
	__atomic_store_n((u32 *)arg, 1, __ATOMIC_RELEASE);
	return 0;
}

static s64 leave_first(void *arg)
{
	static struct thread t;

	OK(thread_create(&t, finish_later, arg));
	thread_exit(3);
}

TEST(thread, process_lives_as_long_as_one_thread)
{
	u32 *done = map(PAGE, MAP_SHARED);

	EXPECT_EQ(status_of(leave_first, done), 0);
	EXPECT_EQ(*done, 1);
}

static s64 end_on_signal(void *arg)
{
	while (!__atomic_load_n(&mailbox, __ATOMIC_ACQUIRE))
		;
	thread_exit(0);
}

static s64 end_all_at_once(void *arg)
{
	static struct thread t[8];

	for (int i = 0; i < 8; i++)
		OK(thread_create(&t[i], end_on_signal, NULL));
	yield();
	__atomic_store_n(&mailbox, 1, __ATOMIC_RELEASE);
	thread_exit(0);
}

/* The process is a zombie when the last thread has ended, not when the last one begins to. */
TEST(thread, all_end_at_once)
{
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(status_of(end_all_at_once, NULL), 0);
}

static s64 create_until_limit(void *arg)
{
	static struct thread t[1200];
	int count = 0, error = 0;

	while (count < 1200 && !(error = thread_create(&t[count], wait_in_futex, NULL)))
		count++;
	EXPECT(count > 100);
	EXPECT(error == -EAGAIN || error == -ENOMEM);
	mailbox = 1;
	for (int i = 0; i < count; i++) {
		OK(futex_wake(&mailbox, 2000));
		OK(thread_join(&t[i], NULL));
	}
	OK(thread_create(&t[0], twice, NULL));
	OK(thread_join(&t[0], NULL));
	return 0;
}

TEST(thread, too_many_fail_cleanly)
{
	EXPECT_EQ(status_of(create_until_limit, NULL), 0);
}

/* ---- Mutexes, conditions, semaphores ----------------------------------------------------------------- */

static struct {
	struct mutex lock;
	struct cond changed;
	struct semaphore full, empty;
	u64 counter;
	u32 turn;
	u64 ring[4];
	bool inside;
} s;

static s64 add_under_lock(void *arg)
{
	for (int i = 0; i < 5000; i++) {
		mutex_lock(&s.lock);
		EXPECT(!s.inside);
		s.inside = true;
		s.counter++;
		s.inside = false;
		mutex_unlock(&s.lock);
	}
	return 0;
}

TEST(thread, mutex_excludes)
{
	struct thread t[6];

	for (int i = 0; i < 6; i++)
		OK(thread_create(&t[i], add_under_lock, NULL));
	for (int i = 0; i < 6; i++)
		OK(thread_join(&t[i], NULL));
	EXPECT_EQ(s.counter, 6 * 5000);
	EXPECT(mutex_try_lock(&s.lock));
	EXPECT(!mutex_try_lock(&s.lock));
}

/* Threads take turns: each waits until it is its own. */
static s64 take_turns(void *arg)
{
	for (int i = 0; i < 100; i++) {
		mutex_lock(&s.lock);
		while (s.turn != (u64)arg)
			cond_wait(&s.changed, &s.lock);
		s.turn = (s.turn + 1) % 4;
		s.counter++;
		cond_broadcast(&s.changed);
		mutex_unlock(&s.lock);
	}
	return 0;
}

TEST(thread, condition_wakes)
{
	struct thread t[4];

	for (u64 i = 0; i < 4; i++)
		OK(thread_create(&t[i], take_turns, (void *)i));
	for (int i = 0; i < 4; i++)
		OK(thread_join(&t[i], NULL));
	EXPECT_EQ(s.counter, 400);
}

static s64 produce(void *arg)
{
	for (u64 i = 0; i < 1000; i++) {
		semaphore_down(&s.empty);
		s.ring[i % 4] = i * i;
		semaphore_up(&s.full);
	}
	return 0;
}

TEST(thread, semaphores_count)
{
	struct thread t;

	s.empty.count = 4;
	OK(thread_create(&t, produce, NULL));
	for (u64 i = 0; i < 1000; i++) {
		semaphore_down(&s.full);
		EXPECT_EQ(s.ring[i % 4], i * i);
		semaphore_up(&s.empty);
	}
	OK(thread_join(&t, NULL));
	EXPECT_EQ(s.full.count, 0);
}

static s64 allocate_and_free(void *arg)
{
	struct random r = { (u64)arg };
	u8 *p[20] = { 0 };
	u64 size[20] = { 0 };

	for (int i = 0; i < 1000; i++) {
		int k = random_below(&r, 20);

		EXPECT(!p[k] || is_filled(p[k], size[k], k));
		free(p[k]);
		size[k] = random_below(&r, 3000);
		p[k] = must_malloc(size[k]);
		fill(p[k], size[k], k);
	}
	for (int k = 0; k < 20; k++)
		free(p[k]);
	return 0;
}

TEST(thread, malloc_may_be_called_by_all)
{
	struct thread t[4];

	for (u64 i = 0; i < 4; i++)
		OK(thread_create(&t[i], allocate_and_free, (void *)i));
	for (int i = 0; i < 4; i++)
		OK(thread_join(&t[i], NULL));
}
