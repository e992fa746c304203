/*
 * Sleeping locks: mutex, and a reader-writer mutex that lets writers go first.
 *
 * Each is a few fields under a spinning guard and wait queues.  An unlock hands the lock over to the mutex's or the
 * writers' longest waiter: until that one has run and taken it, it is free for nobody else.  Why not let all compete:
 * who unlocks and locks again at once would win every time, since a sleeper needs a while to wake up.
 *
 * I1 handed_over: no one holds the lock, and one thread that was on the queue has been woken to take it.
 */
#include "lock.h"
#include "lock_check.h"
#include "sched.h"

/* Before the first sleep: nobody sleeps with a spinning lock held or interrupts off. */
static void check_may_sleep(u32 rank, const char *name)
{
	ASSERT(arch_irq_enabled(), "\"%s\" wanted with a spinning lock held or interrupts off", name);
	held_check_order(&current()->held, rank, name);
}

/* ---- Mutex --------------------------------------------------------------------------------------------- */

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
	*mutex = (struct mutex){ .guard = SPINLOCK_INIT(name, RANK_GUARD), .rank = rank, .name = name };
	waitq_init(&mutex->waiters);
}

void mutex_lock(struct mutex *mutex)
{
	struct thread *me = current();

	ASSERT(mutex->owner != me, "mutex_lock: \"%s\" is held by this thread already", mutex->name);
	check_may_sleep(mutex->rank, mutex->name);
	spin_lock(&mutex->guard);
	if (mutex->owner || mutex->handed_over) {
		do
			waitq_sleep(&mutex->waiters, &mutex->guard, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
		while (!mutex->handed_over);
		mutex->handed_over = false;
	}
	mutex->owner = me;
	spin_unlock(&mutex->guard);
	held_add(&me->held, mutex->rank, mutex);
}

bool mutex_try_lock(struct mutex *mutex)
{
	struct thread *me = current();
	bool got;

	spin_lock(&mutex->guard);
	got = !mutex->owner && !mutex->handed_over;
	if (got)
		mutex->owner = me;
	spin_unlock(&mutex->guard);
	if (got)
		held_add(&me->held, mutex->rank, mutex);
	return got;
}

void mutex_unlock(struct mutex *mutex)
{
	ASSERT(mutex_is_held(mutex), "mutex_unlock: \"%s\" is not held by this thread", mutex->name);
	held_remove(&current()->held, mutex);
	spin_lock(&mutex->guard);
	mutex->owner = NULL;
	mutex->handed_over = waitq_wake(&mutex->waiters, 1) == 1;
	spin_unlock(&mutex->guard);
}

bool mutex_is_held(const struct mutex *mutex)
{
	return READ_ONCE(mutex->owner) == current();
}

/* ---- Reader-writer mutex   --------------------------------------------------------------------------- */

void rwmutex_init(struct rwmutex *mutex, const char *name, enum lock_rank rank)
{
	*mutex = (struct rwmutex){ .guard = SPINLOCK_INIT(name, RANK_GUARD), .rank = rank, .name = name };
	waitq_init(&mutex->readers);
	waitq_init(&mutex->writers);
}

void rwmutex_lock_read(struct rwmutex *mutex)
{
	check_may_sleep(mutex->rank, mutex->name);
	spin_lock(&mutex->guard);
	while (mutex->writer || mutex->writers_waiting)
		waitq_sleep(&mutex->readers, &mutex->guard, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	mutex->reader_count++;
	spin_unlock(&mutex->guard);
	held_add(&current()->held, mutex->rank, mutex);
}

/* Hand over to a writer if one waits, let all readers in otherwise.  The guard is held. */
static void wake_next_locked(struct rwmutex *mutex)
{
	if (mutex->writers_waiting)
		mutex->handed_over = waitq_wake(&mutex->writers, 1) == 1;
	else
		waitq_wake(&mutex->readers, WAKE_ALL);
}

bool rwmutex_try_lock_read(struct rwmutex *mutex)
{
	bool got;

	spin_lock(&mutex->guard);
	got = !mutex->writer && !mutex->handed_over && mutex->writers_waiting == 0;
	mutex->reader_count += got;
	spin_unlock(&mutex->guard);
	if (got)
		held_add(&current()->held, mutex->rank, mutex);
	return got;
}

void rwmutex_unlock_read(struct rwmutex *mutex)
{
	ASSERT(rwmutex_is_held_read(mutex), "rwmutex_unlock_read: \"%s\" has no reader", mutex->name);
	held_remove(&current()->held, mutex);
	spin_lock(&mutex->guard);
	if (--mutex->reader_count == 0)
		wake_next_locked(mutex);
	spin_unlock(&mutex->guard);
}

void rwmutex_lock_write(struct rwmutex *mutex)
{
	struct thread *me = current();

	ASSERT(mutex->writer != me, "rwmutex_lock_write: \"%s\" is held by this thread already", mutex->name);
	check_may_sleep(mutex->rank, mutex->name);
	spin_lock(&mutex->guard);
	if (mutex->writer || mutex->reader_count || mutex->writers_waiting) {
		mutex->writers_waiting++;
		do
			waitq_sleep(&mutex->writers, &mutex->guard, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
		while (!mutex->handed_over);
		mutex->handed_over = false;
		mutex->writers_waiting--;
	}
	mutex->writer = me;
	spin_unlock(&mutex->guard);
	held_add(&me->held, mutex->rank, mutex);
}

void rwmutex_unlock_write(struct rwmutex *mutex)
{
	ASSERT(rwmutex_is_held_write(mutex), "rwmutex_unlock_write: \"%s\" is not held by this thread", mutex->name);
	held_remove(&current()->held, mutex);
	spin_lock(&mutex->guard);
	mutex->writer = NULL;
	wake_next_locked(mutex);
	spin_unlock(&mutex->guard);
}

bool rwmutex_is_held_read(const struct rwmutex *mutex)
{
	return READ_ONCE(mutex->reader_count) != 0;
}

bool rwmutex_is_held_write(const struct rwmutex *mutex)
{
	return READ_ONCE(mutex->writer) == current();
}
