/*
 * The kernel's locks for host programs, with its checks: owner, rank, no sleeping with a spinning lock held.
 *
 * They work for one thread and, for tests, for several: everybody who waits polls.  There is no queue: a wake-up does
 * nothing, and a sleeper looks again after a while, which waitq_sleep() allows.  A wait without end is a deadlock,
 * and ends the program.
 */
#include "host.h"
#include "lock.h"
#include "sched.h"
#include "os.h"

#define HELD_MAX      16
#define PATIENCE_MS   20000

/* What this thread holds.  Its address also serves as the thread's identity. */
static _Thread_local struct {
	u32 count;
	u32 rank[HELD_MAX];
	const void *lock[HELD_MAX];
} held;

static void *self(void)
{
	return &held;
}

/* ---- Ranks --------------------------------------------------------------------------------------------- */

static void held_check(u32 rank, const char *name)
{
	for (u32 i = 0; i < held.count; i++)
		if (held.rank[i] > rank || (held.rank[i] == rank && rank != RANK_INODE))
			panic("lock: %s (rank %u) is taken while one of rank %u is held", name, rank, held.rank[i]);
}

static void held_add(const void *lock, u32 rank)
{
	if (held.count == HELD_MAX)
		panic("lock: a thread holds %u locks", held.count);
	held.rank[held.count] = rank;
	held.lock[held.count++] = lock;
}

static void held_remove(const void *lock)
{
	for (u32 i = held.count; i > 0; i--) {
		if (held.lock[i - 1] != lock)
			continue;
		held.count--;
		held.rank[i - 1] = held.rank[held.count];
		held.lock[i - 1] = held.lock[held.count];
		return;
	}
	panic("lock: a lock is released by a thread that does not hold it");
}

static bool is_held(const void *lock)
{
	for (u32 i = 0; i < held.count; i++)
		if (held.lock[i] == lock)
			return true;
	return false;
}

u32 host_lock_count(void)
{
	return held.count;
}

void host_check_no_locks(void)
{
	if (held.count > 0)
		panic("lock: %u locks are still held, one of rank %u", held.count, held.rank[0]);
}

static void check_may_sleep(const char *name)
{
	for (u32 i = 0; i < held.count; i++)
		if (held.rank[i] > RANK_FIRST_SPIN)
			panic("lock: waiting for %s with a spinning lock of rank %u held", name, held.rank[i]);
}

/* Wait a moment; dies when the caller has done so for too long. */
static void wait_turn(u64 *started, const char *name)
{
	if (*started == 0)
		*started = os_milliseconds();
	else if (os_milliseconds() - *started > PATIENCE_MS)
		panic("lock: deadlock: waiting for %s without end", name);
	os_yield();
}

/* ---- Shaking ------------------------------------------------------------------------------------------- */

static u32 shake_one_in;

void host_shake_threads(u32 one_in)
{
	shake_one_in = one_in;
}

static void shake(void)
{
	static _Thread_local u32 state;

	if (shake_one_in == 0)
		return;
	if (state == 0)
		state = (u32)(uintptr_t)self() | 1;
	state = state * 1664525 + 1013904223;
	if ((state >> 8) % shake_one_in == 0)
		os_yield();
}

static void (*between_locks)(void);

void host_between_locks(void (*fn)(void))
{
	between_locks = fn;
}

/* A lock was released: others may run. */
static void released(void)
{
	if (between_locks && (held.count == 0 || (held.count == 1 && held.rank[0] == RANK_RENAME)))
		between_locks();
	shake();
}

/* ---- Spinning locks ------------------------------------------------------------------------------------ */

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

void spin_lock(struct spinlock *lock)
{
	u64 started = 0;

	shake();
	held_check(lock->rank, lock->name);
	while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		wait_turn(&started, lock->name);
	held_add(lock, lock->rank);
}

void spin_unlock(struct spinlock *lock)
{
	held_remove(lock);
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	released();
}

bool spin_is_held(const struct spinlock *lock)
{
	return is_held(lock);
}

/* ---- Sleeping locks ------------------------------------------------------------------------------------ */

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
	memset(mutex, 0, sizeof(*mutex));
	mutex->rank = rank;
	mutex->name = name;
}

bool mutex_try_lock(struct mutex *mutex)
{
	struct thread *nobody = NULL;

	if (!__atomic_compare_exchange_n(&mutex->owner, &nobody, self(), false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	held_add(mutex, mutex->rank);
	return true;
}

void mutex_lock(struct mutex *mutex)
{
	u64 started = 0;

	shake();
	if (is_held(mutex))
		panic("lock: %s is taken twice", mutex->name);
	check_may_sleep(mutex->name);
	held_check(mutex->rank, mutex->name);
	while (!mutex_try_lock(mutex))
		wait_turn(&started, mutex->name);
}

void mutex_unlock(struct mutex *mutex)
{
	held_remove(mutex);
	__atomic_store_n(&mutex->owner, NULL, __ATOMIC_RELEASE);
	released();
}

bool mutex_is_held(const struct mutex *mutex)
{
	return is_held(mutex);
}

/* ---- Waiting ------------------------------------------------------------------------------------------- */

void waitq_init(struct waitq *q)
{
	list_init(&q->threads);
}

/*
 * How often anybody was woken.  Waits that follow each other quickly look like one long wait; but as long as threads
 * wake threads, nobody is deadlocked, however slow the machine.
 */
static u64 wake_count;

int waitq_sleep(struct waitq *q, struct spinlock *lock, enum wait_mode mode, u64 deadline)
{
	static _Thread_local u64 started, last, wakes_seen;
	u64 now = os_milliseconds(), wakes = __atomic_load_n(&wake_count, __ATOMIC_RELAXED);

	/* One wait is many calls; a pause between two of them means that something happened. */
	if (now - last > 1000 || wakes != wakes_seen)
		started = now;
	last = now;
	wakes_seen = wakes;
	if (now - started > PATIENCE_MS)
		panic("lock: deadlock: sleeping without end under %s", lock->name);
	spin_unlock(lock);
	check_may_sleep("a queue");
	os_yield();
	spin_lock(lock);
	return 0;
}

u32 waitq_wake(struct waitq *q, u32 count)
{
	__atomic_fetch_add(&wake_count, 1, __ATOMIC_RELAXED);
	return 0;
}
