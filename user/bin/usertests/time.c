/*
 * The clock, sleeping, preemption.
 */
#include "test.h"

static struct shared {
	struct mutex lock;
	s64 newest; /* reading of the clock; lock */
	u32 counter, stop;
} *shared;

static s64 read_clock_in_turn(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		mutex_lock(&shared->lock);
		s64 now = clock();

		EXPECT(now >= shared->newest);
		shared->newest = now;
		mutex_unlock(&shared->lock);
	}
	return 0;
}

TEST(time, clock_never_goes_back)
{
	s64 last = clock();

	EXPECT(last > 0);
	for (int i = 0; i < 10000; i++) {
		s64 now = clock();

		EXPECT(now >= last);
		last = now;
	}
}

TEST(time, clock_is_the_same_on_all_cpus)
{
	int pids[4];

	shared = map(PAGE, MAP_SHARED);
	for (int i = 0; i < 4; i++)
		pids[i] = spawn(read_clock_in_turn, NULL);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(reap(pids[i]), 0);
}

TEST(time, sleep_lasts_at_least_as_long)
{
	for (u64 ns = 1; ns < 100 * MS; ns *= 10) {
		s64 start = clock();

		EXPECT_EQ(sleep(ns), 0);
		EXPECT(clock() - start >= (s64)ns);
	}
	EXPECT_EQ(sleep(0), 0);
}

static s64 sleep_a_bit(void *arg)
{
	return sleep(50 * MS);
}

TEST(time, sleepers_do_not_wait_for_each_other)
{
	s64 start = clock();
	int pids[40];

	for (int i = 0; i < 40; i++)
		pids[i] = spawn(sleep_a_bit, NULL);
	for (int i = 0; i < 40; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	EXPECT(clock() - start < (s64)(40 * 50 * MS));
}

static s64 sleep_longest(void *arg)
{
	return sleep(~0ul);
}

TEST(time, longest_sleep_can_be_killed)
{
	int pid = spawn(sleep_longest, NULL);

	sleep(5 * MS);
	EXPECT_EQ(wait(pid, NULL, WAIT_NOHANG), -EAGAIN);
	OK(kill(pid));
	EXPECT_EQ(reap(pid), KILLED(KILL));
}

static s64 count_up(void *arg)
{
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&shared->counter, 1, __ATOMIC_RELAXED);
		sleep(MS);
	}
	return 0;
}

/* More spinning processes than CPUs; one that sleeps between must still get its turns. */
TEST(time, spinners_do_not_starve_others)
{
	int spinners[10];

	shared = map(PAGE, MAP_SHARED);
	for (int i = 0; i < 10; i++)
		spinners[i] = spawn(spin_forever, NULL);
	int pid = spawn(count_up, NULL);

	await(&shared->counter, 5);
	shared->stop = 1;
	for (int i = 0; i < 10; i++) {
		OK(kill(spinners[i]));
		EXPECT_EQ(reap(spinners[i]), KILLED(KILL));
	}
	EXPECT_EQ(reap(pid), 0);
}

static NORETURN s64 spin_and_count(void *arg)
{
	u32 *mine = arg;

	for (;;)
		__atomic_fetch_add(mine, 1, __ATOMIC_RELAXED);
}

TEST(time, spinners_share_the_cpus)
{
	u32 *counts = map(PAGE, MAP_SHARED);
	int pids[12];

	for (int i = 0; i < 12; i++)
		pids[i] = spawn(spin_and_count, &counts[i]);
	for (int i = 0; i < 12; i++)
		await(&counts[i], 1000);
	for (int i = 0; i < 12; i++) {
		OK(kill(pids[i]));
		reap(pids[i]);
	}
}

TEST(time, yield_comes_back)
{
	int pid = spawn(spin_forever, NULL);

	for (int i = 0; i < 100; i++)
		yield();
	OK(kill(pid));
	reap(pid);
}

static u64 cpu_time_of(int pid)
{
	static struct procinfo list[600];
	s64 count = OK(procinfo(list, 600));

	for (s64 i = 0; i < count; i++)
		if (list[i].pid == pid)
			return list[i].cpu_ns;
	FAIL("process %d is not in the list", pid);
}

TEST(time, only_running_processes_use_cpu_time)
{
	int spinner = spawn(spin_forever, NULL), sleeper = spawn(sleep_forever, NULL);
	s64 start = clock();

	while (cpu_time_of(spinner) < 30 * MS) {
		EXPECT(clock() - start < (s64)(30 * SECOND));
		sleep(10 * MS);
	}
	EXPECT(cpu_time_of(sleeper) < cpu_time_of(spinner));
	OK(kill(spinner));
	OK(kill(sleeper));
	reap(spinner);
	reap(sleeper);
}
