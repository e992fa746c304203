/*
 * Time: the clock and the count of instructions.
 */
#include "grading/ktest/crew.h"

static void read_clock_often(u32 member, void *unused)
{
	u64 before = arch_clock();

	for (int i = 0; i < 2000; i++) {
		u64 now = arch_clock();

		EXPECT_GE(now, before);
		before = now;
	}
}

static void clock_never_goes_back_on_a_cpu(void)
{
	crew_run(cpu_count, read_clock_often, NULL);
}

/* A time that goes from CPU to CPU: each finds its own clock at or behind it. */
struct relay {
	u32 turn;
	u64 time;
};

static void pass_time_on(u32 member, void *arg)
{
	struct relay *r = arg;

	for (u32 i = 0; i < ktest_rounds(300); i++) {
		u64 now;

		while (__atomic_load_n(&r->turn, __ATOMIC_ACQUIRE) % cpu_count != member)
			spin_wait();
		now = arch_clock();
		EXPECT_GE(now, r->time);
		r->time = now;
		__atomic_fetch_add(&r->turn, 1, __ATOMIC_RELEASE);
	}
}

static void clock_never_goes_back_between_cpus(void)
{
	struct relay r = { 0 };

	crew_run(cpu_count, pass_time_on, &r);
	EXPECT_EQ(r.turn, ktest_rounds(300) * cpu_count);
}

static void clock_moves(void)
{
	u64 start = arch_clock(), turns = 0;

	while (arch_clock() == start && turns < 10 * MILLION)
		turns++;
	EXPECT_GT(arch_clock(), start);
}

static void spend(u64 turns)
{
	for (volatile u64 i = 0; i < turns; i++)
		;
}

static void instructions_are_counted(void)
{
	u64 start = arch_instruction_count(), few, many;

	spend(1000);
	few = arch_instruction_count() - start;
	start = arch_instruction_count();
	spend(100 * 1000);
	many = arch_instruction_count() - start;
	EXPECT_GE(few, 1000u);
	EXPECT_GT(many, few);
	if (ktest_is_exact())
		EXPECT_LE(few * 100 > many ? few * 100 - many : many - few * 100, many / 50);
}

/* -icount shift=0: a nanosecond an instruction, whatever the machine's counters run at. */
static void counted_instruction_takes_a_nanosecond(void)
{
	u64 time = arch_clock(), count = arch_instruction_count();

	if (!ktest_is_exact())
		SKIP("instructions are not counted");
	spend(200 * 1000);
	sleep_ns(3 * MILLION);
	time = arch_clock() - time;
	count = arch_instruction_count() - count;
	EXPECT_LE(time > count ? time - count : count - time, count / 500);
}

static const struct ktest_case cases[] = {
	CASE(clock_never_goes_back_on_a_cpu),
	CASE(clock_never_goes_back_between_cpus),
	CASE(clock_moves),
	CASE(instructions_are_counted),
	CASE(counted_instruction_takes_a_nanosecond),
};
KTEST_SUITE(clock, cases);
