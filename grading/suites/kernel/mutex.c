/*
 * Sleeping locks: mutex and rwmutex.  Threads are more than CPUs, and sleep and yield inside.
 */
#include "grading/ktest/crew.h"
#include "lock.h"
#include "sched.h"

#define THREADS 6
#define ROUNDS  40

struct guarded {
	u32 writers, readers; /* inside */
	u64 turns;
};

/* Be inside for a while: run, yield or sleep. */
static void dawdle(struct ktest_random *r)
{
	switch (random_below(r, 4)) {
	case 0: thread_yield(); break;
	case 1: sleep_ns(random_below(r, 20000)); break;
	default: cpu_relax(); break;
	}
}

static void write_turn(struct guarded *g, struct ktest_random *r)
{
	u64 turns = g->turns;

	EXPECT_EQ(READ_ONCE(g->readers), 0u);
	EXPECT_EQ(g->writers, 0u);
	g->writers++;
	dawdle(r);
	g->writers--;
	g->turns = turns + 1;
}

static void read_turn(struct guarded *g, struct ktest_random *r)
{
	u64 turns = READ_ONCE(g->turns);

	__atomic_fetch_add(&g->readers, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(READ_ONCE(g->writers), 0u);
	dawdle(r);
	EXPECT_EQ(READ_ONCE(g->turns), turns);
	__atomic_fetch_sub(&g->readers, 1, __ATOMIC_RELAXED);
}

/* ---- Mutex --------------------------------------------------------------------------------------------- */

struct shared {
	struct mutex mutex;
	struct guarded guarded;
	u64 won;
};

static void lock_once(void *arg)
{
	struct shared *s = arg;

	mutex_lock(&s->mutex);
	s->won++;
	mutex_unlock(&s->mutex);
}

/* Handed over to a waiter that has not run yet, the mutex is free for nobody else. */
static void mutex_handed_over_is_not_stolen(void)
{
	static struct shared s;
	static struct helper waiter;
	bool got;

	s = (struct shared){ .won = 0 };
	mutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	for (u64 i = 0; i < 20; i++) {
		mutex_lock(&s.mutex);
		helper_start(&waiter, lock_once, &s);
		while (list_is_empty(&s.mutex.waiters.threads))
			sleep_ns(1 * MILLION);
		irq_push(); /* so that no interrupt gives the waiter its turn */
		mutex_unlock(&s.mutex);
		got = mutex_try_lock(&s.mutex);
		EXPECT_FALSE(got && READ_ONCE(s.won) == i, "taken from its waiter");
		irq_pop();
		if (got)
			mutex_unlock(&s.mutex);
		helper_join(&waiter);
		ASSERT_FALSE(ktest_has_failed());
	}
	EXPECT_EQ(s.won, 20);
}

static void lock_rounds(u32 member, void *arg)
{
	struct shared *s = arg;
	struct ktest_random r = ktest_random(member);

	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&s->mutex);
		EXPECT_TRUE(mutex_is_held(&s->mutex));
		write_turn(&s->guarded, &r);
		mutex_unlock(&s->mutex);
		dawdle(&r);
	}
}

static void mutex_excludes(void)
{
	struct shared s = { .won = 0 };

	mutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	crew_run(THREADS, lock_rounds, &s);
	EXPECT_EQ(s.guarded.turns, THREADS * ROUNDS);
}

static void try_rounds(u32 member, void *arg)
{
	struct shared *s = arg;
	struct ktest_random r = ktest_random(member);

	for (int i = 0; i < ROUNDS; i++) {
		if (mutex_try_lock(&s->mutex)) {
			s->won++;
			write_turn(&s->guarded, &r);
			mutex_unlock(&s->mutex);
		}
		dawdle(&r);
	}
}

static void mutex_try_lock_excludes(void)
{
	struct shared s = { .won = 0 };

	mutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	crew_run(THREADS, try_rounds, &s);
	EXPECT_EQ(s.guarded.turns, s.won);
	EXPECT_GT(s.won, 0);
}

static void wait_for_mutex(void *arg)
{
	struct shared *s = arg;

	EXPECT_FALSE(mutex_is_held(&s->mutex));
	EXPECT_FALSE(mutex_try_lock(&s->mutex));
	mutex_lock(&s->mutex);
	s->won = 1;
	mutex_unlock(&s->mutex);
}

static void mutex_waiter_sleeps_until_the_unlock(void)
{
	static struct helper h;
	struct shared s = { .won = 0 };

	mutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	mutex_lock(&s.mutex);
	helper_start(&h, wait_for_mutex, &s);
	sleep_ns(5 * MILLION);
	EXPECT_EQ(h.thread->state, THREAD_SLEEPING);
	EXPECT_EQ(READ_ONCE(s.won), 0);
	mutex_unlock(&s.mutex);
	helper_join(&h);
	EXPECT_EQ(s.won, 1);
}

/* Each holds the mutex across a sleep and wants it again at once, as a thread that writes a file does. */
struct turns {
	struct mutex mutex;
	u32 of[THREADS];
	u32 total;
};

static void take_turns(u32 member, void *arg)
{
	struct turns *t = arg;
	bool more = true;

	while (more) {
		mutex_lock(&t->mutex);
		more = t->total < THREADS * 20;
		t->total += more;
		t->of[member] += more;
		sleep_ns(10000);
		mutex_unlock(&t->mutex);
	}
}

static void mutex_starves_nobody(void)
{
	struct turns t = { .total = 0 };

	mutex_init(&t.mutex, "test", RANK_TEST_SLEEP);
	crew_run(THREADS, take_turns, &t);
	for (u32 i = 0; i < THREADS; i++)
		EXPECT_GE(t.of[i], 10, "thread %u", i);
}

/* ---- Reader-writer mutex ------------------------------------------------------------------------------- */

struct rw_shared {
	struct rwmutex mutex;
	struct guarded guarded;
	u32 inside, order_count;
	char order[8];
};

static void stay_as_reader(u32 member, void *arg)
{
	struct rw_shared *s = arg;

	rwmutex_lock_read(&s->mutex);
	__atomic_fetch_add(&s->inside, 1, __ATOMIC_RELAXED);
	wait_for_word(&s->inside, THREADS);
	EXPECT_TRUE(rwmutex_is_held_read(&s->mutex));
	EXPECT_FALSE(rwmutex_is_held_write(&s->mutex));
	rwmutex_unlock_read(&s->mutex);
}

static void rwmutex_readers_are_inside_together(void)
{
	struct rw_shared s = { .inside = 0 };

	rwmutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	crew_run(THREADS, stay_as_reader, &s);
	EXPECT_FALSE(rwmutex_is_held_read(&s.mutex));
}

static void read_and_write(u32 member, void *arg)
{
	struct rw_shared *s = arg;
	struct ktest_random r = ktest_random(member);

	for (int i = 0; i < ROUNDS; i++) {
		if (random_below(&r, 3)) {
			rwmutex_lock_read(&s->mutex);
			read_turn(&s->guarded, &r);
			rwmutex_unlock_read(&s->mutex);
		} else {
			rwmutex_lock_write(&s->mutex);
			EXPECT_TRUE(rwmutex_is_held_write(&s->mutex));
			write_turn(&s->guarded, &r);
			rwmutex_unlock_write(&s->mutex);
		}
	}
}

static void rwmutex_writer_is_inside_alone(void)
{
	struct rw_shared s = { .inside = 0 };

	rwmutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	crew_run(THREADS, read_and_write, &s);
	EXPECT_GT(s.guarded.turns, THREADS * ROUNDS / 5);
	EXPECT_EQ(s.mutex.writers_waiting, 0);
}

static void enter_as_writer(void *arg)
{
	struct rw_shared *s = arg;

	rwmutex_lock_write(&s->mutex);
	s->order[s->order_count++] = 'w';
	rwmutex_unlock_write(&s->mutex);
}

static void enter_as_reader(void *arg)
{
	struct rw_shared *s = arg;

	rwmutex_lock_read(&s->mutex);
	__atomic_fetch_add(&s->inside, 1, __ATOMIC_RELAXED);
	s->order[__atomic_fetch_add(&s->order_count, 1, __ATOMIC_RELAXED)] = 'r';
	rwmutex_unlock_read(&s->mutex);
}

static void rwmutex_waiting_writer_goes_before_new_readers(void)
{
	static struct helper writer, reader[2];
	struct rw_shared s = { .inside = 0 };

	rwmutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	rwmutex_lock_read(&s.mutex);
	helper_start(&writer, enter_as_writer, &s);
	sleep_ns(2 * MILLION);
	helper_start(&reader[0], enter_as_reader, &s);
	helper_start(&reader[1], enter_as_reader, &s);
	sleep_ns(2 * MILLION);
	EXPECT_EQ(s.order_count, 0, "all wait for the first reader");
	EXPECT_EQ(writer.thread->state, THREAD_SLEEPING);
	EXPECT_EQ(reader[0].thread->state, THREAD_SLEEPING);
	rwmutex_unlock_read(&s.mutex);
	helper_join(&writer);
	helper_join(&reader[0]);
	helper_join(&reader[1]);
	EXPECT_STREQ(s.order, "wrr");
}

static void rwmutex_writer_lets_all_readers_in(void)
{
	static struct helper reader[3];
	struct rw_shared s = { .inside = 0 };

	rwmutex_init(&s.mutex, "test", RANK_TEST_SLEEP);
	rwmutex_lock_write(&s.mutex);
	for (u32 i = 0; i < ARRAY_SIZE(reader); i++)
		helper_start(&reader[i], enter_as_reader, &s);
	sleep_ns(2 * MILLION);
	EXPECT_EQ(READ_ONCE(s.inside), 0);
	rwmutex_unlock_write(&s.mutex);
	for (u32 i = 0; i < ARRAY_SIZE(reader); i++)
		helper_join(&reader[i]);
	EXPECT_EQ(s.inside, 3);
}

struct writer_turns {
	struct rwmutex mutex;
	u32 of[THREADS];
	u32 total;
};

static void take_writer_turns(u32 member, void *arg)
{
	struct writer_turns *t = arg;
	bool more = true;

	while (more) {
		rwmutex_lock_write(&t->mutex);
		more = t->total < THREADS * 20;
		t->total += more;
		t->of[member] += more;
		sleep_ns(10000);
		rwmutex_unlock_write(&t->mutex);
	}
}

static void rwmutex_starves_no_writer(void)
{
	struct writer_turns t = { .total = 0 };

	rwmutex_init(&t.mutex, "test", RANK_TEST_SLEEP);
	crew_run(THREADS, take_writer_turns, &t);
	for (u32 i = 0; i < THREADS; i++)
		EXPECT_GE(t.of[i], 10, "thread %u", i);
}

static const struct ktest_case cases[] = {
	CASE(mutex_excludes),
	CASE(mutex_try_lock_excludes),
	CASE(mutex_handed_over_is_not_stolen),
	CASE(mutex_waiter_sleeps_until_the_unlock),
	CASE(mutex_starves_nobody),
	CASE(rwmutex_readers_are_inside_together),
	CASE(rwmutex_writer_is_inside_alone),
	CASE(rwmutex_waiting_writer_goes_before_new_readers),
	CASE(rwmutex_writer_lets_all_readers_in),
	CASE(rwmutex_starves_no_writer),
};
KTEST_SUITE(mutex, cases);
