/*
 * Locks: spinning, sleeping, and reader-writer.
 *
 * Debug builds check, at every call: the owner (no double acquire, no foreign release), the rank order
 * (lock_rank.h), and that nobody sleeps with a spinning lock held.
 *
 * Locking: a spinning lock turns interrupts off on its CPU while it is held; locks may be released in any order.
 * Ordering: acquire is an acquire, release a release, of everything the lock protects.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel.h"
#include "lock_rank.h"
#include "lib/list.h"

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

/* Turn interrupts off; nests.  The outermost irq_pop() restores what was before the first irq_push(). */
void irq_push(void);
void irq_pop(void);

/* ---- Spin lock ----------------------------------------------------------------------------------------- */

struct spinlock {
	u32 locked;
	u32 rank;
	const char *name;
	struct cpu *owner;
};

#define SPINLOCK_INIT(text, order) { .rank = (order), .name = (text) }

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);

/* Waits with interrupts off, serving the requests of other CPUs meanwhile.  Not recursive. */
void spin_lock(struct spinlock *lock);

/* True and held, or false and not held, without waiting; not checked for rank, since it cannot deadlock. */
bool spin_try_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

/* Does this CPU hold it?  For assertions. */
bool spin_is_held(const struct spinlock *lock);

/* ---- Sleep lock ---------------------------------------------------------------------------------------- */

struct waitq {
	struct list threads; /* waiting, oldest first; protected by the scheduler's lock */
};

struct mutex {
	struct spinlock guard; /* rank RANK_GUARD: the fields below */
	struct thread *owner;
	bool handed_over; /* to the longest waiter, who has not run yet */
	struct waitq waiters;
	u32 rank;
	const char *name;
};

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank);

/* May sleep, uninterruptibly; who came first gets it first.  Only threads, with no spinning lock held. */
void mutex_lock(struct mutex *mutex);
bool mutex_try_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
bool mutex_is_held(const struct mutex *mutex);

/* ---- Spinning reader-writer lock, writers first -------------------------------------------------------- */

/*
 * Any number of readers or one writer.  A waiting writer keeps new readers out, so writers cannot starve; a reader
 * must therefore never take the lock for reading again while it holds it.
 */
struct rwlock {
	u32 state;        /* readers inside, or RW_WRITER */
	u32 writers_waiting;
	u32 readers_waiting;
	u32 rank;
	const char *name;
	struct cpu *owner; /* the writer */
};

void rw_init(struct rwlock *lock, const char *name, enum lock_rank rank);
void rw_lock_read(struct rwlock *lock);
void rw_unlock_read(struct rwlock *lock);
void rw_lock_write(struct rwlock *lock);
void rw_unlock_write(struct rwlock *lock);
bool rw_is_held_read(const struct rwlock *lock);  /* by somebody: readers have no names */
bool rw_is_held_write(const struct rwlock *lock); /* by this CPU */

/* Is somebody waiting whom the holder keeps out?  Long holders ask, and yield. */
bool rw_is_contended(const struct rwlock *lock);

/* ---- Sleeping reader-writer lock, writers first -------------------------------------------------------- */

struct rwmutex {
	struct spinlock guard;
	u32 reader_count;
	u32 writers_waiting;
	bool handed_over; /* to the writer that waited longest, who has not run yet */
	struct thread *writer;
	struct waitq readers, writers;
	u32 rank;
	const char *name;
};

void rwmutex_init(struct rwmutex *mutex, const char *name, enum lock_rank rank);
void rwmutex_lock_read(struct rwmutex *mutex);
bool rwmutex_try_lock_read(struct rwmutex *mutex); /* true and held, or false, without waiting */
void rwmutex_unlock_read(struct rwmutex *mutex);
void rwmutex_lock_write(struct rwmutex *mutex);
void rwmutex_unlock_write(struct rwmutex *mutex);
bool rwmutex_is_held_read(const struct rwmutex *mutex);  /* by somebody */
bool rwmutex_is_held_write(const struct rwmutex *mutex); /* by this thread */

#endif
