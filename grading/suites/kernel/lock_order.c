/*
 * Mistakes with locks: each panics, and says what is wrong.
 */
#include "grading/ktest/crew.h"
#include "lock.h"
#include "lock_check.h"
#include "sched.h"

static struct spinlock low = SPINLOCK_INIT("low", RANK_FUTEX);
static struct spinlock high = SPINLOCK_INIT("high", RANK_TEST_SPIN);
static struct waitq queue;

static struct mutex *test_mutex(enum lock_rank rank)
{
	static struct mutex mutex;

	mutex_init(&mutex, "test mutex", rank);
	return &mutex;
}

static struct rwlock *test_rwlock(void)
{
	static struct rwlock lock;

	rw_init(&lock, "test rwlock", RANK_TEST_SPIN);
	return &lock;
}

static struct rwmutex *test_rwmutex(void)
{
	static struct rwmutex mutex;

	rwmutex_init(&mutex, "test rwmutex", RANK_TEST_SLEEP);
	return &mutex;
}

/* ---- The order of ranks -------------------------------------------------------------------------------- */

static void rising_ranks_are_fine(void)
{
	struct mutex *mutex = test_mutex(RANK_TEST_SLEEP);

	mutex_lock(mutex);
	spin_lock(&low);
	spin_lock(&high);
	spin_unlock(&high);
	spin_unlock(&low);
	mutex_unlock(mutex);
}

static void try_lock_may_go_against_the_order(void)
{
	spin_lock(&high);
	ASSERT_TRUE(spin_try_lock(&low));
	spin_unlock(&high);
	spin_unlock(&low);
	spin_lock(&low);
	spin_unlock(&low);
}

static void inodes_may_nest(void)
{
	struct mutex parent, child;

	mutex_init(&parent, "parent", RANK_INODE);
	mutex_init(&child, "child", RANK_INODE);
	mutex_lock(&parent);
	mutex_lock(&child);
	mutex_unlock(&parent);
	mutex_unlock(&child);
}

static void falling_rank_panics(void)
{
	spin_lock(&high);
	spin_lock(&low);
}

static void equal_rank_panics(void)
{
	struct spinlock other;

	spin_init(&other, "other", RANK_TEST_SPIN);
	spin_lock(&high);
	spin_lock(&other);
}

static void falling_rank_of_sleeping_locks_panics(void)
{
	struct mutex other;

	mutex_init(&other, "other", RANK_FILE);
	mutex_lock(test_mutex(RANK_TEST_SLEEP));
	mutex_lock(&other);
}

/* The rank of a lock taken out of order still counts. */
static void rank_of_a_tried_lock_counts(void)
{
	spin_try_lock(&high);
	spin_lock(&low);
}

static void too_many_locks_panic(void)
{
	static struct spinlock lock[HELD_LOCKS_MAX + 1];

	for (u32 i = 0; i < ARRAY_SIZE(lock); i++) {
		spin_init(&lock[i], "many", RANK_TEST_SPIN);
		spin_try_lock(&lock[i]);
	}
}

/* ---- Owners -------------------------------------------------------------------------------------------- */

static void spin_double_acquire_panics(void)
{
	spin_lock(&low);
	spin_lock(&low);
}

static void spin_release_of_a_free_lock_panics(void)
{
	irq_push();
	spin_unlock(&low);
}

static void release_foreign_lock(u32 member, void *arg)
{
	struct meeting *meeting = arg;

	if (member == 0)
		spin_lock(&low);
	crew_meet(meeting, 2);
	if (member == 1)
		spin_unlock(&low);
	crew_meet(meeting, 2);
}

static void spin_release_of_anothers_lock_panics(void)
{
	struct meeting meeting = { 0 };

	crew_run(2, release_foreign_lock, &meeting);
}

static void mutex_double_acquire_panics(void)
{
	struct mutex *mutex = test_mutex(RANK_TEST_SLEEP);

	mutex_lock(mutex);
	mutex_lock(mutex);
}

static void unlock_mutex(void *arg)
{
	mutex_unlock(arg);
}

static void mutex_release_of_anothers_lock_panics(void)
{
	static struct helper h;
	struct mutex *mutex = test_mutex(RANK_TEST_SLEEP);

	mutex_lock(mutex);
	helper_start(&h, unlock_mutex, mutex);
	helper_join(&h);
}

static void rwlock_reader_that_comes_again_panics(void)
{
	struct rwlock *lock = test_rwlock();

	rw_lock_read(lock);
	rw_lock_read(lock);
}

static void rwlock_double_write_panics(void)
{
	struct rwlock *lock = test_rwlock();

	rw_lock_write(lock);
	rw_lock_write(lock);
}

static void rwlock_read_release_without_reader_panics(void)
{
	rw_unlock_read(test_rwlock());
}

static void rwlock_write_release_by_reader_panics(void)
{
	struct rwlock *lock = test_rwlock();

	rw_lock_read(lock);
	rw_unlock_write(lock);
}

static void rwmutex_double_write_panics(void)
{
	struct rwmutex *mutex = test_rwmutex();

	rwmutex_lock_write(mutex);
	rwmutex_lock_write(mutex);
}

static void rwmutex_write_release_by_reader_panics(void)
{
	struct rwmutex *mutex = test_rwmutex();

	rwmutex_lock_read(mutex);
	rwmutex_unlock_write(mutex);
}

/* ---- Sleeping and ending with locks -------------------------------------------------------------------- */

static void mutex_under_a_spin_lock_panics(void)
{
	spin_lock(&low);
	mutex_lock(test_mutex(RANK_TEST_SLEEP));
}

static void sleep_with_a_second_spin_lock_panics(void)
{
	waitq_init(&queue);
	spin_lock(&low);
	spin_lock(&high);
	waitq_sleep(&queue, &high, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
}

static void sleep_without_the_lock_panics(void)
{
	waitq_init(&queue);
	waitq_sleep(&queue, &high, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
}

static void end_with_mutex(void *mutex)
{
	mutex_lock(mutex);
}

static void thread_that_ends_with_a_mutex_panics(void)
{
	static struct helper h;

	helper_start(&h, end_with_mutex, test_mutex(RANK_TEST_SLEEP));
	helper_join(&h);
}

static void pop_without_push_panics(void)
{
	arch_irq_disable();
	irq_pop();
}

/* ---- The stack ----------------------------------------------------------------------------------------- */

/* Frame after frame, until one covers the stack's end. */
static u64 __attribute__((noinline)) dig(u64 stack)
{
	volatile u64 frame[24];

	for (u32 i = 0; i < ARRAY_SIZE(frame); i++)
		frame[i] = i;
	if ((u64)&frame[0] > stack)
		return dig(stack) + frame[3];
	return frame[2];
}

static void stack_overrun_panics(void)
{
	dig((u64)current()->kstack);
	thread_yield();
}

static const struct ktest_case cases[] = {
	CASE(rising_ranks_are_fine),
	CASE(try_lock_may_go_against_the_order),
	CASE(inodes_may_nest),
	DEATH(falling_rank_panics, "lock order: \"low\""),
	DEATH(equal_rank_panics, "lock order: \"other\""),
	DEATH(falling_rank_of_sleeping_locks_panics, "lock order: \"other\""),
	DEATH(rank_of_a_tried_lock_counts, "lock order: \"low\""),
	DEATH(too_many_locks_panic, "locks held"),
	DEATH(spin_double_acquire_panics, "\"low\" is held by this CPU already"),
	DEATH(spin_release_of_a_free_lock_panics, "\"low\" is not held by this CPU"),
	DEATH(spin_release_of_anothers_lock_panics, "\"low\" is not held by this CPU", .cpus = 2),
	DEATH(mutex_double_acquire_panics, "is held by this thread already"),
	DEATH(mutex_release_of_anothers_lock_panics, "is not held by this thread"),
	DEATH(rwlock_reader_that_comes_again_panics, "lock order: \"test rwlock\""),
	DEATH(rwlock_double_write_panics, "\"test rwlock\" is held by this CPU already"),
	DEATH(rwlock_read_release_without_reader_panics, "has no reader"),
	DEATH(rwlock_write_release_by_reader_panics, "is not held by this CPU"),
	DEATH(rwmutex_double_write_panics, "is held by this thread already"),
	DEATH(rwmutex_write_release_by_reader_panics, "is not held by this thread"),
	DEATH(mutex_under_a_spin_lock_panics, "with a spinning lock held or interrupts off"),
	DEATH(sleep_with_a_second_spin_lock_panics, "with irq depth 2"),
	DEATH(sleep_without_the_lock_panics, "waitq_sleep: \"high\" is not held"),
	DEATH(thread_that_ends_with_a_mutex_panics, "sleeping locks"),
	DEATH(pop_without_push_panics, "irq_pop: without irq_push"),
	DEATH(stack_overrun_panics, "has overrun its kernel stack"),
};
KTEST_SUITE(lock_order, cases);
