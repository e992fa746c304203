/*
 * Waiting for a word of user memory to change.
 *
 * A waiter first joins its bucket's list, then reads the word: a waker that changes the word before the waiter reads it
 * is seen in the word, one that changes it later finds the waiter on the list.  Reading may fault and sleep, so it
 * happens without the bucket's lock.
 *
 * Locking: each bucket's lock (rank RANK_FUTEX) protects its list and the `woken` of the waiters on it.
 */
#include "futex.h"
#include "proc.h"
#include "sched.h"
#include "syscall.h"
#include "mm/aspace.h"

#define BUCKET_COUNT 64

struct waiter {
	struct list link;
	struct futex_key key;
	struct waitq queue; /* this thread alone */
	bool woken;
};

static struct {
	struct spinlock lock;
	struct list waiters;
} bucket[BUCKET_COUNT];

void futex_init(void)
{
	for (u32 i = 0; i < BUCKET_COUNT; i++) {
		spin_init(&bucket[i].lock, "futex", RANK_FUTEX);
		list_init(&bucket[i].waiters);
	}
}

static u32 hash(struct futex_key key)
{
	return (key.space ^ key.space >> 6 ^ key.address >> 2 ^ key.address >> 12) % BUCKET_COUNT;
}

static int find_key(u64 address, struct futex_key *key)
{
	if (!IS_ALIGNED(address, sizeof(u32)))
		return -EINVAL;
	return aspace_futex_key(current()->proc->aspace, hva(address), key);
}

/* Sleep until woken, unless the word is not `expected` any more. */
static int wait_on_list(struct waiter *w, u32 b, u64 address, u32 expected, u64 deadline)
{
	u32 value;
	int error = copy_in(&value, hva(address), sizeof(value));

	spin_lock(&bucket[b].lock);
	if (!error && value != expected)
		error = -EAGAIN;
	while (!w->woken && !error)
		error = waitq_sleep(&w->queue, &bucket[b].lock, WAIT_INTERRUPTIBLE, deadline);
	if (w->woken)
		error = 0;
	else
		list_remove(&w->link);
	spin_unlock(&bucket[b].lock);
	return error;
}

s64 sys_futex_wait(const u64 arg[6])
{
	struct waiter w = { .woken = false };
	u64 deadline = NO_DEADLINE, now = arch_clock();
	int error = find_key(arg[0], &w.key);
	u32 b;

	if (error)
		return error;
	if (arg[2] && arg[2] < NO_DEADLINE - now)
		deadline = now + arg[2];
	waitq_init(&w.queue);
	b = hash(w.key);
	spin_lock(&bucket[b].lock);
	list_push_back(&bucket[b].waiters, &w.link);
	spin_unlock(&bucket[b].lock);
	return wait_on_list(&w, b, arg[0], arg[1], deadline);
}

s64 sys_futex_wake(const u64 arg[6])
{
	struct futex_key key;
	struct waiter *w, *next;
	u32 woken = 0, b;
	int error = find_key(arg[0], &key);

	if (error)
		return error;
	b = hash(key);
	spin_lock(&bucket[b].lock);
	list_for_each_safe(w, next, &bucket[b].waiters, link) {
		if (woken >= arg[1])
			break;
		if (w->key.space != key.space || w->key.address != key.address)
			continue;
		list_remove(&w->link);
		w->woken = true;
		waitq_wake(&w->queue, 1);
		woken++;
	}
	spin_unlock(&bucket[b].lock);
	return woken;
}
