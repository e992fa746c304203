/*
 * Mutexes, condition variables and semaphores on futexes.
 *
 * The pattern of all of them: a word tells the state; who cannot go on calls futex_wait(word, the value seen), and the
 * kernel lets it sleep only if the word still has that value.  A change between looking and sleeping is therefore
 * never missed.
 */
#include "thread.h"

enum { FREE, HELD, WAITED_FOR };

bool mutex_try_lock(struct mutex *m)
{
	u32 expected = FREE;

	return __atomic_compare_exchange_n(&m->state, &expected, HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Who had to sleep does not know whether others sleep as well: it takes the mutex as WAITED_FOR, to be safe. */
void mutex_lock(struct mutex *m)
{
	if (mutex_try_lock(m))
		return;
	while (__atomic_exchange_n(&m->state, WAITED_FOR, __ATOMIC_ACQUIRE) != FREE)
		futex_wait(&m->state, WAITED_FOR, 0);
}

void mutex_unlock(struct mutex *m)
{
	if (__atomic_exchange_n(&m->state, FREE, __ATOMIC_RELEASE) == WAITED_FOR)
		futex_wake(&m->state, 1);
}

void cond_wait(struct cond *c, struct mutex *m)
{
	u32 seen = __atomic_load_n(&c->sequence, __ATOMIC_RELAXED);

	mutex_unlock(m);
	futex_wait(&c->sequence, seen, 0);
	mutex_lock(m);
}

static void cond_wake(struct cond *c, u32 count)
{
	__atomic_fetch_add(&c->sequence, 1, __ATOMIC_RELAXED);
	futex_wake(&c->sequence, count);
}

void cond_signal(struct cond *c)
{
	cond_wake(c, 1);
}

void cond_broadcast(struct cond *c)
{
	cond_wake(c, ~0u);
}

void semaphore_down(struct semaphore *s)
{
	u32 count = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

	for (;;) {
		if (count == 0) {
			futex_wait(&s->count, 0, 0);
			count = __atomic_load_n(&s->count, __ATOMIC_RELAXED);
		} else if (__atomic_compare_exchange_n(&s->count, &count, count - 1, false, __ATOMIC_ACQUIRE,
						       __ATOMIC_RELAXED)) {
			return;
		}
	}
}

void semaphore_up(struct semaphore *s)
{
	__atomic_fetch_add(&s->count, 1, __ATOMIC_RELEASE);
	futex_wake(&s->count, 1);
}
