/*
 * Floating-point state: the kernel saves it lazily, and must never mix two threads up.
 */
#include "test.h"

#define STEPS 60000

/* A sum that keeps several floating-point registers busy and depends on every one of its steps. */
static double compute(double seed, u64 pause_every)
{
	double a = seed, b = seed + 1, c = seed * 3, d = 1;

	for (u64 i = 1; i <= STEPS; i++) {
		a = a * 0.999 + b * 0.001;
		b = b * 0.998 + c * 0.002;
		c = c * 0.997 + d * 0.003;
		d = d * 0.996 + a * 0.004 + 1.0 / i;
		if (pause_every && i % pause_every == 0)
			yield();
	}
	return a + b + c + d;
}

static double expected[8];

static s64 check_sum(void *arg)
{
	u64 i = (u64)arg;

	for (int round = 0; round < 3; round++)
		EXPECT(compute(i + 0.5, i % 2 ? 500 : 0) == expected[i]);
	return 0;
}

static void make_expected(void)
{
	for (int i = 0; i < 8; i++)
		expected[i] = compute(i + 0.5, 0);
}

TEST(fp, processes_do_not_disturb_each_other)
{
	int pids[8];

	make_expected();
	for (s64 i = 0; i < 8; i++)
		pids[i] = spawn(check_sum, (void *)i);
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(reap(pids[i]), 0);
}

TEST(fp, threads_do_not_disturb_each_other)
{
	struct thread t[8];

	make_expected();
	for (s64 i = 0; i < 8; i++)
		OK(thread_create(&t[i], check_sum, (void *)i));
	for (int i = 0; i < 8; i++)
		OK(thread_join(&t[i], NULL));
}

static s64 sleep_and_check(void *arg)
{
	double x = 1.5 + (u64)arg, y = x * 2;

	for (int i = 0; i < 20; i++) {
		x = x * 1.25;
		sleep(MS);
		y = y + x / 3;
	}
	return y > x; /* the optimizer must not drop it */
}

TEST(fp, survives_sleep_and_fork)
{
	double before = compute(7.25, 0), half = before / 2;
	int pid = spawn(sleep_and_check, (void *)3);

	half = half * 2 - before;
	EXPECT(half == 0);
	EXPECT_EQ(reap(pid), 1);
	EXPECT(compute(7.25, 100) == before);
}

static s64 check_in_child(void *arg)
{
	const double *x = arg;

	return x[0] * x[1] == x[2];
}

TEST(fp, fork_copies_registers)
{
	for (int i = 1; i < 50; i++) {
		double x[3] = { i * 1.125, i + 0.5, 0 };

		x[2] = x[0] * x[1];
		EXPECT_EQ(status_of(check_in_child, x), 1);
		EXPECT(x[0] * x[1] == x[2]);
	}
}
