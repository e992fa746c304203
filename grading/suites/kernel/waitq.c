/*
 * Wait queues: who is woken, when, and that no wake-up is lost.
 */
#include "grading/ktest/crew.h"
#include "lock.h"
#include "sched.h"

struct place {
	struct spinlock lock;
	struct waitq queue;
	u32 asleep;       /* lock: threads that are about to sleep, or sleep */
	u32 woken_count;  /* lock */
	char woken[8];    /* lock: in their order */
};

static void place_init(struct place *p)
{
	*p = (struct place){ .asleep = 0 };
	spin_init(&p->lock, "test", RANK_TEST_SPIN);
	waitq_init(&p->queue);
}

/* When this returns, `count` threads sleep on the queue: each counts itself with the lock that its sleep releases. */
static void wait_for_sleepers(struct place *p, u32 count)
{
	wait_for_word(&p->asleep, count);
	spin_lock(&p->lock);
	spin_unlock(&p->lock);
}

static u32 wake(struct place *p, u32 count)
{
	u32 woken;

	spin_lock(&p->lock);
	woken = waitq_wake(&p->queue, count);
	spin_unlock(&p->lock);
	return woken;
}

/* ---- Who is woken -------------------------------------------------------------------------------------- */

struct sleeper {
	struct place *place;
	char name;
	struct helper helper;
};

static void sleep_once(void *arg)
{
	struct sleeper *s = arg;
	struct place *p = s->place;

	spin_lock(&p->lock);
	p->asleep++;
	EXPECT_EQ(waitq_sleep(&p->queue, &p->lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE), 0);
	EXPECT_TRUE(spin_is_held(&p->lock));
	p->woken[p->woken_count] = s->name;
	__atomic_store_n(&p->woken_count, p->woken_count + 1, __ATOMIC_RELEASE);
	spin_unlock(&p->lock);
}

static struct sleeper sleepers[4];

static void start_sleepers(struct place *p)
{
	for (u32 i = 0; i < ARRAY_SIZE(sleepers); i++) {
		sleepers[i].place = p;
		sleepers[i].name = 'a' + i;
		helper_start(&sleepers[i].helper, sleep_once, &sleepers[i]);
		wait_for_sleepers(p, i + 1);
	}
}

static void join_sleepers(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(sleepers); i++)
		helper_join(&sleepers[i].helper);
}

static void oldest_sleeper_is_woken_first(void)
{
	static struct place p;

	place_init(&p);
	start_sleepers(&p);
	for (u32 i = 0; i < ARRAY_SIZE(sleepers); i++) {
		EXPECT_EQ(wake(&p, 1), 1);
		wait_for_word(&p.woken_count, i + 1);
	}
	join_sleepers();
	EXPECT_STREQ(p.woken, "abcd");
}

static void wake_counts_whom_it_wakes(void)
{
	static struct place p;

	place_init(&p);
	EXPECT_EQ(wake(&p, WAKE_ALL), 0);
	start_sleepers(&p);
	EXPECT_EQ(wake(&p, 0), 0);
	EXPECT_EQ(wake(&p, 3), 3);
	wait_for_word(&p.woken_count, 3);
	EXPECT_EQ(sleepers[3].helper.thread->state, THREAD_SLEEPING);
	EXPECT_EQ(wake(&p, WAKE_ALL), 1);
	join_sleepers();
	EXPECT_EQ(wake(&p, WAKE_ALL), 0);
}

static void interrupt_thread(void *arg)
{
	struct {
		struct place place;
		struct thread *sleeper;
	} *s = arg;

	wait_for_sleepers(&s->place, 1);
	thread_interrupt(s->sleeper);
}

static void interrupt_ends_an_interruptible_sleep(void)
{
	static struct {
		struct place place;
		struct thread *sleeper;
	} s;
	static struct helper h;

	place_init(&s.place);
	s.sleeper = current();
	helper_start(&h, interrupt_thread, &s);
	spin_lock(&s.place.lock);
	s.place.asleep = 1;
	EXPECT_EQ(waitq_sleep(&s.place.queue, &s.place.lock, WAIT_INTERRUPTIBLE, NO_DEADLINE), -EINTR);
	EXPECT_EQ(waitq_wake(&s.place.queue, WAKE_ALL), 0);
	spin_unlock(&s.place.lock);
	helper_join(&h);
}

static void interrupt_leaves_other_sleepers_alone(void)
{
	static struct place p;

	place_init(&p);
	start_sleepers(&p);
	for (u32 i = 0; i < ARRAY_SIZE(sleepers); i++)
		thread_interrupt(sleepers[i].helper.thread);
	sleep_ns(1 * MILLION);
	EXPECT_EQ(READ_ONCE(p.woken_count), 0);
	EXPECT_EQ(wake(&p, WAKE_ALL), ARRAY_SIZE(sleepers));
	join_sleepers();
}

/* ---- Deadlines ----------------------------------------------------------------------------------------- */

static int sleep_until(struct place *p, u64 deadline)
{
	int reason;

	spin_lock(&p->lock);
	reason = waitq_sleep(&p->queue, &p->lock, WAIT_UNINTERRUPTIBLE, deadline);
	spin_unlock(&p->lock);
	return reason;
}

static void deadline_ends_the_sleep(void)
{
	u64 deadline = arch_clock() + 3 * MILLION;
	struct place p;

	place_init(&p);
	EXPECT_EQ(sleep_until(&p, deadline), -ETIMEDOUT);
	EXPECT_GE(arch_clock(), deadline);
	EXPECT_EQ(wake(&p, WAKE_ALL), 0, "it is off the queue");
	EXPECT_EQ(sleep_until(&p, 0), -ETIMEDOUT);
}

static void sleep_with_deadlines(void *arg)
{
	struct place *p = arg;
	u64 start = arch_clock(), second = start + 12 * MILLION;

	spin_lock(&p->lock);
	p->asleep++;
	EXPECT_EQ(waitq_sleep(&p->queue, &p->lock, WAIT_UNINTERRUPTIBLE, start + 6 * MILLION), 0);
	EXPECT_EQ(waitq_sleep(&p->queue, &p->lock, WAIT_UNINTERRUPTIBLE, second), -ETIMEDOUT);
	spin_unlock(&p->lock);
	EXPECT_GE(arch_clock(), second);
}

static void wake_up_forgets_the_deadline(void)
{
	static struct helper h;
	static struct place p;

	if (!ktest_is_exact())
		SKIP("the host may be late");
	place_init(&p);
	helper_start(&h, sleep_with_deadlines, &p);
	wait_for_sleepers(&p, 1);
	EXPECT_EQ(wake(&p, 1), 1);
	helper_join(&h);
}

/* ---- Nothing is lost ----------------------------------------------------------------------------------- */

#define ROUNDS 500

struct ball {
	struct place place;
	u32 turn;
	u32 players;
};

/* Each sleeps until it is its turn, and wakes the next one. */
static void play(u32 member, void *arg)
{
	struct ball *b = arg;
	struct ktest_random r = ktest_random(member);

	for (int i = 0; i < ROUNDS; i++) {
		spin_lock(&b->place.lock);
		while (b->turn != member)
			waitq_sleep(&b->place.queue, &b->place.lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
		b->turn = (member + 1) % b->players;
		waitq_wake(&b->place.queue, WAKE_ALL);
		spin_unlock(&b->place.lock);
		if (random_below(&r, 4) == 0)
			cpu_relax();
	}
}

static const struct ktest_param players[] = { { "2", 2 }, { "3", 3 }, { "8", 8 } };

static void no_wake_up_is_lost_in_a_ring(void)
{
	struct ball b = { .players = ktest_param() };

	place_init(&b.place);
	crew_run(b.players, play, &b);
	EXPECT_EQ(b.turn, 0);
}

/* A box with room for two things: producers wait for room, consumers for things; one wake-up for each. */
struct box {
	struct spinlock lock;
	struct waitq room, things;
	u32 count, made, taken;
};

#define BOX_SIZE 2
#define THINGS   (4 * ROUNDS)

static void produce(struct box *b)
{
	for (int i = 0; i < ROUNDS; i++) {
		spin_lock(&b->lock);
		while (b->count == BOX_SIZE)
			waitq_sleep(&b->room, &b->lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
		b->count++;
		b->made++;
		waitq_wake(&b->things, 1);
		spin_unlock(&b->lock);
	}
}

static void consume(struct box *b)
{
	for (int i = 0; i < ROUNDS; i++) {
		spin_lock(&b->lock);
		while (b->count == 0)
			waitq_sleep(&b->things, &b->lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
		b->count--;
		b->taken++;
		waitq_wake(&b->room, 1);
		spin_unlock(&b->lock);
	}
}

static void produce_or_consume(u32 member, void *arg)
{
	if (member % 2)
		produce(arg);
	else
		consume(arg);
}

static void no_wake_up_is_lost_between_producers_and_consumers(void)
{
	struct box b = { .lock = SPINLOCK_INIT("box", RANK_TEST_SPIN) };

	waitq_init(&b.room);
	waitq_init(&b.things);
	crew_run(8, produce_or_consume, &b);
	EXPECT_EQ(b.made, THINGS);
	EXPECT_EQ(b.taken, THINGS);
	EXPECT_EQ(b.count, 0);
}

/* Wake-ups and deadlines race for the same sleeper; it must be woken by exactly one of them. */
struct race {
	struct place place;
	u32 woken, timed_out, wakes;
	u32 done;
};

static void race_sleeper(struct race *race)
{
	struct ktest_random r = ktest_random(0);

	for (int i = 0; i < ROUNDS; i++) {
		int reason = sleep_until(&race->place, arch_clock() + random_below(&r, 60000));

		race->woken += reason == 0;
		race->timed_out += reason == -ETIMEDOUT;
	}
	__atomic_store_n(&race->done, 1, __ATOMIC_RELEASE);
}

static void race_waker(struct race *race)
{
	struct ktest_random r = ktest_random(1);

	while (!__atomic_load_n(&race->done, __ATOMIC_ACQUIRE)) {
		race->wakes += wake(&race->place, 1);
		sleep_ns(random_below(&r, 60000));
	}
}

static void race_either(u32 member, void *arg)
{
	if (member == 0)
		race_sleeper(arg);
	else
		race_waker(arg);
}

static void wake_up_and_deadline_do_not_both_count(void)
{
	struct race race = { .done = 0 };

	place_init(&race.place);
	crew_run(2, race_either, &race);
	EXPECT_EQ(race.woken, race.wakes);
	EXPECT_EQ(race.woken + race.timed_out, ROUNDS);
}

static const struct ktest_case cases[] = {
	CASE(oldest_sleeper_is_woken_first),
	CASE(wake_counts_whom_it_wakes),
	CASE(interrupt_ends_an_interruptible_sleep),
	CASE(interrupt_leaves_other_sleepers_alone),
	CASE(deadline_ends_the_sleep),
	CASE(wake_up_forgets_the_deadline),
	CASE(no_wake_up_is_lost_in_a_ring, KTEST_PARAMS(players)),
	CASE(no_wake_up_is_lost_between_producers_and_consumers),
	CASE(wake_up_and_deadline_do_not_both_count),
};
KTEST_SUITE(waitq, cases);
