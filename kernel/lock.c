/*
 * Spinning locks, and the checks that all locks share.  The sleeping ones are in sleep_lock.c.
 *
 * I1 A CPU with a spinning lock has interrupts off and irq_depth > 0.
 * I2 held_locks lists what a CPU (spinning) or a thread (sleeping) holds.  Ranks rise in the order of acquisition;
 *    only try_lock may break that, since who does not wait cannot deadlock.
 */
#include "lock.h"
#include "lock_check.h"
#include "cpu.h"
#include "sched.h"

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

void irq_push(void)
{
	bool on = arch_irq_enabled();
	struct cpu *cpu;

	arch_irq_disable();
	cpu = this_cpu();
	if (cpu->irq_depth++ == 0)
		cpu->irq_was_on = on;
}

void irq_pop(void)
{
	struct cpu *cpu = this_cpu();

	ASSERT(!arch_irq_enabled(), "irq_pop: interrupts are on, depth %u", cpu->irq_depth);
	ASSERT(cpu->irq_depth > 0, "irq_pop: without irq_push");
	if (--cpu->irq_depth == 0 && cpu->irq_was_on)
		arch_irq_enable();
}

struct thread *current(void)
{
	bool on = arch_irq_enabled();
	struct thread *t;

	arch_irq_disable();
	t = this_cpu()->thread;
	if (on)
		arch_irq_enable();
	return t;
}

/* ---- The order check ----------------------------------------------------------------------------------- */

#if DEBUG
void held_check_order(const struct held_locks *held, u32 rank, const char *name)
{
	for (u32 i = 0; i < held->count; i++)
		if (held->rank[i] > rank || (held->rank[i] == rank && rank != RANK_INODE))
			panic("lock order: \"%s\" (rank %u) wanted with rank %u held (lock %p)", name, rank,
			      held->rank[i], held->lock[i]);
}

void held_add(struct held_locks *held, u32 rank, const void *lock)
{
	if (held->count == HELD_LOCKS_MAX)
		panic("lock order: more than %u locks held, newest rank %u", HELD_LOCKS_MAX, rank);
	held->rank[held->count] = rank;
	held->lock[held->count++] = lock;
}

void held_remove(struct held_locks *held, const void *lock)
{
	for (u32 i = held->count; i-- > 0;) {
		if (held->lock[i] != lock)
			continue;
		held->count--;
		for (; i < held->count; i++) {
			held->rank[i] = held->rank[i + 1];
			held->lock[i] = held->lock[i + 1];
		}
		return;
	}
	panic("lock order: %p is released but not held", lock);
}
#endif

/* ---- Spin lock ----------------------------------------------------------------------------------------- */

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

void spin_lock(struct spinlock *lock)
{
	irq_push();
	ASSERT(!spin_is_held(lock), "spin_lock: \"%s\" is held by this CPU already", lock->name);
	held_check_order(&this_cpu()->held, lock->rank, lock->name);
	while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		while (READ_ONCE(lock->locked))
			spin_wait();
	lock->owner = this_cpu();
	held_add(&this_cpu()->held, lock->rank, lock);
}

bool spin_try_lock(struct spinlock *lock)
{
	irq_push();
	if (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE)) {
		irq_pop();
		return false;
	}
	lock->owner = this_cpu();
	held_add(&this_cpu()->held, lock->rank, lock);
	return true;
}

void spin_unlock(struct spinlock *lock)
{
	ASSERT(spin_is_held(lock), "spin_unlock: \"%s\" is not held by this CPU", lock->name);
	held_remove(&this_cpu()->held, lock);
	lock->owner = NULL;
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	irq_pop();
}

bool spin_is_held(const struct spinlock *lock)
{
	return READ_ONCE(lock->locked) && READ_ONCE(lock->owner) == this_cpu();
}

/* ---- Spinning reader-writer lock ----------------------------------------------------------------------- */

#define RW_WRITER 0x80000000u

void rw_init(struct rwlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct rwlock){ .rank = rank, .name = name };
}

/* One attempt to change the state from `from` to `to`. */
static bool rw_try(struct rwlock *lock, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&lock->state, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* One attempt to get in as a reader; a waiting writer goes first. */
static bool rw_try_read(struct rwlock *lock)
{
	u32 state = READ_ONCE(lock->state);

	return !(state & RW_WRITER) && READ_ONCE(lock->writers_waiting) == 0 && rw_try(lock, state, state + 1);
}

void rw_lock_read(struct rwlock *lock)
{
	irq_push();
	held_check_order(&this_cpu()->held, lock->rank, lock->name);
	if (!rw_try_read(lock)) {
		__atomic_fetch_add(&lock->readers_waiting, 1, __ATOMIC_RELAXED);
		while (!rw_try_read(lock))
			spin_wait();
		__atomic_fetch_sub(&lock->readers_waiting, 1, __ATOMIC_RELAXED);
	}
	held_add(&this_cpu()->held, lock->rank, lock);
}

void rw_unlock_read(struct rwlock *lock)
{
	ASSERT(rw_is_held_read(lock), "rw_unlock_read: \"%s\" has no reader", lock->name);
	held_remove(&this_cpu()->held, lock);
	__atomic_fetch_sub(&lock->state, 1, __ATOMIC_RELEASE);
	irq_pop();
}

void rw_lock_write(struct rwlock *lock)
{
	irq_push();
	ASSERT(!rw_is_held_write(lock), "rw_lock_write: \"%s\" is held by this CPU already", lock->name);
	held_check_order(&this_cpu()->held, lock->rank, lock->name);
	__atomic_fetch_add(&lock->writers_waiting, 1, __ATOMIC_RELAXED);
	while (!rw_try(lock, 0, RW_WRITER))
		spin_wait();
	__atomic_fetch_sub(&lock->writers_waiting, 1, __ATOMIC_RELAXED);
	lock->owner = this_cpu();
	held_add(&this_cpu()->held, lock->rank, lock);
}

void rw_unlock_write(struct rwlock *lock)
{
	ASSERT(rw_is_held_write(lock), "rw_unlock_write: \"%s\" is not held by this CPU", lock->name);
	held_remove(&this_cpu()->held, lock);
	lock->owner = NULL;
	__atomic_store_n(&lock->state, 0, __ATOMIC_RELEASE);
	irq_pop();
}

bool rw_is_held_read(const struct rwlock *lock)
{
	return (READ_ONCE(lock->state) & ~RW_WRITER) != 0;
}

bool rw_is_held_write(const struct rwlock *lock)
{
	return READ_ONCE(lock->state) == RW_WRITER && READ_ONCE(lock->owner) == this_cpu();
}

bool rw_is_contended(const struct rwlock *lock)
{
	return READ_ONCE(lock->writers_waiting) != 0 || READ_ONCE(lock->readers_waiting) != 0;
}
