/*
 * Notifiers: whoever keeps translations of an address space elsewhere (a hypervisor's stage 2) hears of every
 * change before it happens.
 *
 *   begin(range) -> the listener drops what it has of the range and installs nothing there
 *   ... user entries change, CPUs are flushed ...
 *   end(range)   -> only now may the old pages be reused
 *
 * A listener that resolves an address itself follows this protocol:
 *   seq = notifier_sample(as);  find the page (may sleep);  take the listener's own lock, the one its begin() takes;
 *   if (notifier_must_retry(as, seq, va)) start again;  install;  drop the lock.
 *
 * I1 Between begin and end the range is "in progress"; notifier_must_retry() is true for every address in it.
 * I2 end moves the sequence before the range leaves progress, so whoever sampled before end retries.
 * I3 A page that leaves the tables is put (page_put) only after end.
 *
 * Locking: begin and end are called with the address space's lock held, for reading or writing, and no spinning lock
 * (a listener may wait for other CPUs and, where may_block says so, sleep).
 */
#ifndef KERNEL_MM_NOTIFIER_H
#define KERNEL_MM_NOTIFIER_H

#include "kernel.h"
#include "lock.h"
#include "mmu/pt/addr.h"

struct aspace;
struct notifier;

enum notify_why {
	NOTIFY_UNMAP, NOTIFY_DONTNEED, NOTIFY_PROTECT, NOTIFY_COW, NOTIFY_FORK, NOTIFY_MOVE, NOTIFY_EXIT,
};
enum notify_block { NOTIFY_MAY_BLOCK, NOTIFY_MUST_NOT_BLOCK };

struct notifier_ops {
	/*
	 * 0, or -EAGAIN if it would have to block and must not; then it has changed nothing and gets no end().
	 * Listeners that had begun before it get theirs.
	 */
	int (*begin)(struct notifier *n, struct hva_range range, enum notify_why why, enum notify_block block);
	void (*end)(struct notifier *n, struct hva_range range);
	/* Was any page of the range used through the listener's translations?  age also forgets it. */
	bool (*age)(struct notifier *n, struct hva_range range);
	bool (*test_young)(struct notifier *n, struct hva_range range);
	/*
	 * The address space is about to go; all its pages are still there.  Called once, with its lock held for
	 * writing; the listener is off the list and hears nothing more.
	 */
	void (*release)(struct notifier *n);
};

struct notifier {
	struct list link;
	const struct notifier_ops *ops;
};

/* The part of an address space that this file keeps. */
struct notifier_state {
	struct list listeners;  /* the address space's lock, for writing */
	struct spinlock lock;   /* rank RANK_NOTIFIER */
	u64 sequence;           /* lock to change */
	u32 in_progress_count;  /* lock to change */
	struct hva_range hull;  /* lock: covers all ranges in progress */
};

void notifier_state_init(struct notifier_state *state);

/* Start and stop listening.  May sleep; takes the address space's lock for writing. */
void notifier_register(struct aspace *as, struct notifier *n, const struct notifier_ops *ops);
void notifier_unregister(struct aspace *as, struct notifier *n);

/* For aspace_destroy(). */
void notifier_release_all_locked(struct aspace *as);

/* For those who change an address space. */
int notifier_begin(struct aspace *as, struct hva_range range, enum notify_why why, enum notify_block block);
void notifier_end(struct aspace *as, struct hva_range range);
bool notifier_age(struct aspace *as, struct hva_range range);
bool notifier_test_young(struct aspace *as, struct hva_range range);

/* For listeners: see the protocol above. */
u64 notifier_sample(const struct aspace *as);
bool notifier_must_retry(struct aspace *as, u64 sequence, hva_t va);

#endif
