/*
 * Threads: order, preemption, sleep, life and death.  Wait queues are in waitq.c.
 */
#include "grading/ktest/crew.h"
#include "sched.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "proc.h"

/* ---- Order --------------------------------------------------------------------------------------------- */

struct log {
	u32 count;
	char text[64];
};

static void log_add(struct log *log, char c)
{
	u32 at = __atomic_fetch_add(&log->count, 1, __ATOMIC_RELAXED);

	if (at < sizeof(log->text) - 1)
		log->text[at] = c;
}

static void need_one_cpu(void)
{
	if (cpu_count > 1)
		SKIP("the order shows on one CPU only");
}

static void log_once(u32 member, void *arg)
{
	log_add(arg, 'a' + member);
}

static void threads_run_in_the_order_of_their_start(void)
{
	struct log log = { 0 };

	need_one_cpu();
	crew_run(8, log_once, &log);
	EXPECT_STREQ(log.text, "abcdefgh");
}

static void log_and_yield(u32 member, void *arg)
{
	for (int i = 0; i < 3; i++) {
		log_add(arg, 'a' + member);
		thread_yield();
	}
}

static void yield_goes_behind_all_others(void)
{
	struct log log = { 0 };

	need_one_cpu();
	crew_run(3, log_and_yield, &log);
	EXPECT_STREQ(log.text, "abcabcabc");
}

static void yield_without_others_returns(void)
{
	struct thread *me = current();

	for (int i = 0; i < 100; i++)
		thread_yield();
	EXPECT_EQ(current(), me);
	EXPECT_TRUE(arch_irq_enabled());
}

/* ---- Preemption ---------------------------------------------------------------------------------------- */

struct spinners {
	u32 running;
	u32 stop;
};

static void spin_until_stopped(u32 member, void *arg)
{
	struct spinners *s = arg;

	__atomic_fetch_add(&s->running, 1, __ATOMIC_RELAXED);
	while (!READ_ONCE(s->stop))
		if (READ_ONCE(s->running) == cpu_count + 2)
			WRITE_ONCE(s->stop, 1);
}

/* There are more threads that never yield than CPUs, and the last to come stops all: it gets a CPU by preemption. */
static void thread_that_spins_is_preempted(void)
{
	struct spinners s = { 0 };

	crew_run(cpu_count + 2, spin_until_stopped, &s);
	EXPECT_EQ(s.running, cpu_count + 2);
}

struct shares {
	u64 end;
	u64 work[CREW_MAX];
};

static void count_work(u32 member, void *arg)
{
	struct shares *s = arg;

	while (arch_clock() < s->end)
		WRITE_ONCE(s->work[member], s->work[member] + 1);
}

/* Two threads, 20 slices.  On more CPUs QEMU deals slices of its own under -icount. */
static void time_is_shared_evenly(void)
{
	struct shares s = { .end = arch_clock() + 20 * SLICE_NS };
	u64 least = ~0ull, most = 0;

	need_one_cpu();
	if (!ktest_is_exact())
		SKIP("the host shares its time as it likes");
	crew_run(2, count_work, &s);
	for (u32 i = 0; i < 2; i++) {
		least = MIN(least, s.work[i]);
		most = MAX(most, s.work[i]);
	}
	EXPECT_GT(least, 0u);
	EXPECT_LE(most, least + least / 5);
}

/* ---- Sleep --------------------------------------------------------------------------------------------- */

#define LATE_MAX (200 * 1000ull) /* instructions; a wake-up takes some thousands */

static void sleep_ends_at_its_deadline(void)
{
	static const u64 length[] = { 1, 1000, 100 * 1000, 1 * MILLION, 7 * MILLION, 25 * MILLION };

	for (u32 i = 0; i < ARRAY_SIZE(length); i++) {
		u64 deadline = arch_clock() + length[i];

		EXPECT_EQ(thread_sleep_until(deadline), 0);
		EXPECT_GE(arch_clock(), deadline);
		if (ktest_is_exact())
			EXPECT_LE(arch_clock(), deadline + LATE_MAX, "slept for %lu ns", length[i]);
	}
}

static void deadline_in_the_past_is_no_sleep(void)
{
	u64 start = arch_clock();

	EXPECT_EQ(thread_sleep_until(0), 0);
	EXPECT_EQ(thread_sleep_until(start), 0);
	if (ktest_is_exact())
		EXPECT_LE(arch_clock(), start + LATE_MAX);
}

/* The deadlines rise in the order of `rank`, the threads start in the order of their numbers. */
static const u32 rank[] = { 3, 0, 5, 1, 4, 2 };

struct sleepers {
	u64 start;
	struct log log;
};

static void sleep_and_log(u32 member, void *arg)
{
	struct sleepers *s = arg;

	thread_sleep_until(s->start + (rank[member] + 1) * 3 * MILLION);
	log_add(&s->log, '0' + rank[member]);
}

static void sleepers_wake_in_the_order_of_their_deadlines(void)
{
	struct sleepers s = { .start = arch_clock() };

	if (!ktest_is_exact())
		SKIP("the host may be late");
	crew_run(ARRAY_SIZE(rank), sleep_and_log, &s);
	EXPECT_STREQ(s.log.text, "012345");
}

static void sleep_at_random(u32 member, void *unused)
{
	struct ktest_random r = ktest_random(member);

	for (int i = 0; i < 50; i++) {
		u64 deadline = arch_clock() + random_below(&r, 300 * 1000);

		EXPECT_EQ(thread_sleep_until(deadline), 0);
		EXPECT_GE(arch_clock(), deadline);
	}
}

static void many_sleepers_all_wake(void)
{
	crew_run(CREW_MAX, sleep_at_random, NULL);
}

static void idle_cpus_account_for_their_time(void)
{
	u64 idle = 0, start = arch_clock();

	for (u32 i = 0; i < cpu_count; i++)
		idle -= cpus[i].idle_ns;
	sleep_ns(50 * MILLION);
	/* An idle CPU's time counts when it ends. */
	for (u32 i = 0; i < cpu_count; i++)
		idle += cpus[i].idle_ns;
	EXPECT_GT(idle, 0u);
	if (ktest_is_exact())
		EXPECT_GE(idle, (arch_clock() - start) * 9 / 10);
}

/* ---- Hooks --------------------------------------------------------------------------------------------- */

struct hooked {
	struct thread_hook hook;
	struct log log;
	u32 wrong; /* calls with interrupts on, or by another thread */
	struct thread *owner;
};

static void note_out(struct thread_hook *hook)
{
	struct hooked *h = container_of(hook, struct hooked, hook);

	log_add(&h->log, 'o');
	h->wrong += arch_irq_enabled();
}

static void note_in(struct thread_hook *hook)
{
	struct hooked *h = container_of(hook, struct hooked, hook);

	log_add(&h->log, 'i');
	h->wrong += arch_irq_enabled() || this_cpu()->thread != h->owner;
}

static void set_hook(struct thread_hook *hook)
{
	irq_push();
	this_cpu()->thread->hook = hook;
	irq_pop();
}

static void take_hook_away(void *unused)
{
	set_hook(NULL);
}

static void begin_hooked(struct hooked *h)
{
	*h = (struct hooked){ .hook = { note_out, note_in, NO_DEADLINE }, .owner = current() };
	set_hook(&h->hook);
	ktest_defer(take_hook_away, NULL);
}

/* Each sleep is one switch, and what the thread calls between is in no hook. */
static void hook_is_called_around_a_switch(void)
{
	struct hooked h;

	begin_hooked(&h);
	for (int i = 0; i < 3; i++) {
		log_add(&h.log, '.');
		sleep_ns(1000);
	}
	set_hook(NULL);
	sleep_ns(1000);
	if (ktest_is_exact())
		EXPECT_STREQ(h.log.text, ".oi.oi.oi");
	EXPECT_EQ(h.wrong, 0u);
}

static void hook_is_called_when_preempted(void)
{
	struct spinners s = { 0 };
	struct hooked h;

	begin_hooked(&h);
	crew_run(cpu_count + 2, spin_until_stopped, &s);
	set_hook(NULL);
	EXPECT_GE(h.log.count, 2u);
	EXPECT_EQ(h.log.count % 2, 0u);
	EXPECT_EQ(h.wrong, 0u);
}

static void hook_without_a_switch_is_not_called(void)
{
	struct hooked h;

	need_one_cpu();
	begin_hooked(&h);
	thread_yield();
	set_hook(NULL);
	EXPECT_STREQ(h.log.text, "");
}

/* Long before the slice ends, which the yield begins. */
static void hook_deadline_interrupts_once(void)
{
	struct hooked h;
	u64 deadline;

	begin_hooked(&h);
	thread_yield();
	deadline = arch_clock() + 1 * MILLION;
	thread_hook_deadline(deadline);
	while (READ_ONCE(h.hook.deadline) != NO_DEADLINE)
		;
	EXPECT_GE(arch_clock(), deadline);
	if (ktest_is_exact())
		EXPECT_LE(arch_clock(), deadline + LATE_MAX);
	set_hook(NULL);
}

/* ---- CPUs that idle ------------------------------------------------------------------------------------ */

static void meet(u32 member, void *meeting)
{
	crew_meet(meeting, cpu_count);
}

/* As many threads as CPUs meet, so all CPUs run one; then all idle again. */
static void idle_cpus_wake_for_work(void)
{
	for (int i = 0; i < 20; i++) {
		struct meeting meeting = { 0 };

		crew_run(cpu_count, meet, &meeting);
		sleep_ns(1 * MILLION);
	}
}

struct visits {
	cpu_mask_t seen;
	struct meeting meeting;
};

static void note_cpu(u32 member, void *arg)
{
	struct visits *v = arg;

	irq_push();
	__atomic_fetch_or(&v->seen, 1u << this_cpu()->id, __ATOMIC_RELAXED);
	irq_pop();
	crew_meet(&v->meeting, cpu_count);
}

static void threads_that_run_at_once_are_on_different_cpus(void)
{
	struct visits v = { 0 };

	if (!ktest_is_exact())
		SKIP("a slice may end between the note and the meeting");
	crew_run(cpu_count, note_cpu, &v);
	EXPECT_EQ(v.seen, (1u << cpu_count) - 1);
}

/* ---- Life and death ------------------------------------------------------------------------------------ */

static void return_at_once(void *unused)
{
}

static void exit_with_value(void *value)
{
	kthread_exit((s64)value);
}

static void join_gives_the_exit_value(void)
{
	struct thread *t = kthread_create("test", exit_with_value, (void *)-12345l);

	ASSERT_NE(t, NULL);
	thread_start(t);
	EXPECT_EQ(kthread_join(t), -12345);
	t = kthread_create("test", return_at_once, NULL);
	thread_start(t);
	EXPECT_EQ(kthread_join(t), 0);
}

static void join_after_the_end_gives_it_too(void)
{
	struct thread *t = kthread_create("test", exit_with_value, (void *)7l);

	thread_start(t);
	sleep_ns(2 * MILLION);
	EXPECT_EQ(t->state, THREAD_EXITED);
	EXPECT_EQ(kthread_join(t), 7);
}

static void many_threads_come_and_go(void)
{
	static struct thread *thread[200];

	for (int round = 0; round < 3; round++) {
		for (u64 i = 0; i < ARRAY_SIZE(thread); i++) {
			thread[i] = kthread_create("test", exit_with_value, (void *)i);
			ASSERT_NE(thread[i], NULL);
			thread_start(thread[i]);
		}
		for (u64 i = 0; i < ARRAY_SIZE(thread); i++)
			EXPECT_EQ(kthread_join(thread[i]), (s64)i);
	}
}

static void numbers_of_threads_differ(void)
{
	static struct thread *thread[20];

	for (u32 i = 0; i < ARRAY_SIZE(thread); i++) {
		thread[i] = kthread_create("test", return_at_once, NULL);
		for (u32 j = 0; j < i; j++)
			EXPECT_NE(thread[i]->tid, thread[j]->tid);
	}
	for (u32 i = 0; i < ARRAY_SIZE(thread); i++) {
		thread_start(thread[i]);
		kthread_join(thread[i]);
	}
}

static void number_of_threads_is_limited(void)
{
	static struct thread *thread[THREAD_MAX + 1];
	u32 count = 0;

	while (count <= THREAD_MAX && (thread[count] = kthread_create("test", return_at_once, NULL)) != NULL)
		thread_start(thread[count++]);
	EXPECT_LT(count, THREAD_MAX);
	EXPECT_GT(count, THREAD_MAX - 32);
	for (u32 i = 0; i < count; i++)
		kthread_join(thread[i]);
}

static void creation_without_memory_is_null(void)
{
	struct thread *t = NULL;
	u64 n;

	for (n = 1; !t; n++) {
		alloc_fail_nth(n, FAIL_ONCE);
		t = kthread_create("test", return_at_once, NULL);
		alloc_fail_nth(0, FAIL_ONCE);
	}
	EXPECT_GE(n, 3u, "a thread takes two allocations or more");
	thread_start(t);
	kthread_join(t);
}

static u64 __attribute__((noinline)) deep(u64 left, struct ktest_random *r)
{
	u64 here = random_next(r), below;

	if (left == 0) {
		thread_yield();
		sleep_ns(1000);
		return 1;
	}
	below = deep(left - 1, r);
	return here ? below + 1 : 0;
}

/* What a thread has on its stack and in its registers is there when it runs again. */
static void recurse(u32 member, void *unused)
{
	struct ktest_random r = ktest_random(member);

	for (int i = 0; i < 10; i++)
		EXPECT_EQ(deep(20, &r), 21);
}

static void stacks_and_registers_survive_switches(void)
{
	crew_run(CREW_MAX, recurse, NULL);
}

static const struct ktest_case cases[] = {
	CASE(threads_run_in_the_order_of_their_start),
	CASE(yield_goes_behind_all_others),
	CASE(yield_without_others_returns),
	CASE(thread_that_spins_is_preempted),
	CASE(time_is_shared_evenly, .budget = 1000 * MILLION),
	CASE(sleep_ends_at_its_deadline),
	CASE(deadline_in_the_past_is_no_sleep),
	CASE(sleepers_wake_in_the_order_of_their_deadlines),
	CASE(many_sleepers_all_wake),
	CASE(idle_cpus_account_for_their_time),
	CASE(hook_is_called_around_a_switch),
	CASE(hook_is_called_when_preempted),
	CASE(hook_without_a_switch_is_not_called),
	CASE(hook_deadline_interrupts_once),
	CASE(idle_cpus_wake_for_work),
	CASE(threads_that_run_at_once_are_on_different_cpus),
	CASE(join_gives_the_exit_value),
	CASE(join_after_the_end_gives_it_too),
	CASE(many_threads_come_and_go),
	CASE(numbers_of_threads_differ),
	CASE(number_of_threads_is_limited),
	CASE(creation_without_memory_is_null),
	CASE(stacks_and_registers_survive_switches),
};
KTEST_SUITE(sched, cases);
