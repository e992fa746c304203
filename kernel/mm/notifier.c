/*
 * Notifiers: see notifier.h for the protocol and its invariants.
 */
#include "mm/notifier.h"
#include "mm/aspace.h"

void notifier_state_init(struct notifier_state *state)
{
	list_init(&state->listeners);
	spin_init(&state->lock, "notifier", RANK_NOTIFIER);
}

void notifier_register(struct aspace *as, struct notifier *n, const struct notifier_ops *ops)
{
	n->ops = ops;
	rwmutex_lock_write(&as->lock);
	list_push_back(&as->notifiers.listeners, &n->link);
	rwmutex_unlock_write(&as->lock);
}

void notifier_unregister(struct aspace *as, struct notifier *n)
{
	rwmutex_lock_write(&as->lock);
	list_remove(&n->link); /* does nothing if release() came first */
	rwmutex_unlock_write(&as->lock);
}

void notifier_release_all_locked(struct aspace *as)
{
	while (!list_is_empty(&as->notifiers.listeners)) {
		struct notifier *n = list_first(&as->notifiers.listeners, struct notifier, link);

		list_remove(&n->link);
		n->ops->release(n);
	}
}

/* ---- Ranges in progress -------------------------------------------------------------------------------- */

static void enter_progress(struct notifier_state *s, struct hva_range range)
{
	spin_lock(&s->lock);
	if (s->in_progress_count++ == 0)
		s->hull = range;
	s->hull.start.raw = MIN(s->hull.start.raw, range.start.raw);
	s->hull.end.raw = MAX(s->hull.end.raw, range.end.raw);
	spin_unlock(&s->lock);
}

static void leave_progress(struct notifier_state *s)
{
	spin_lock(&s->lock);
	ASSERT(s->in_progress_count > 0, "notifier_end: without begin, sequence %lu", s->sequence);
	__atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&s->in_progress_count, s->in_progress_count - 1, __ATOMIC_RELEASE);
	spin_unlock(&s->lock);
}

/* Tell those that come before `stop` in the list. */
static void end_until(struct aspace *as, struct hva_range range, const struct notifier *stop)
{
	struct notifier *n;

	list_for_each(n, &as->notifiers.listeners, link) {
		if (n == stop)
			break;
		n->ops->end(n, range);
	}
	leave_progress(&as->notifiers);
}

int notifier_begin(struct aspace *as, struct hva_range range, enum notify_why why, enum notify_block block)
{
	struct notifier *n;

	enter_progress(&as->notifiers, range);
	list_for_each(n, &as->notifiers.listeners, link) {
		int error = n->ops->begin(n, range, why, block);

		if (!error)
			continue;
		ASSERT(block == NOTIFY_MUST_NOT_BLOCK, "notifier_begin: a listener that may block answers %d", error);
		end_until(as, range, n);
		return error;
	}
	return 0;
}

void notifier_end(struct aspace *as, struct hva_range range)
{
	end_until(as, range, NULL);
}

bool notifier_age(struct aspace *as, struct hva_range range)
{
	struct notifier *n;
	bool young = false;

	list_for_each(n, &as->notifiers.listeners, link)
		young |= n->ops->age(n, range);
	return young;
}

bool notifier_test_young(struct aspace *as, struct hva_range range)
{
	struct notifier *n;

	list_for_each(n, &as->notifiers.listeners, link)
		if (n->ops->test_young(n, range))
			return true;
	return false;
}

/* ---- For listeners ------------------------------------------------------------------------------------- */

/* Ordering: acquire - the page is looked up after the sample. */
u64 notifier_sample(const struct aspace *as)
{
	return __atomic_load_n(&as->notifiers.sequence, __ATOMIC_ACQUIRE);
}

/*
 * The caller holds the lock that its begin() takes.  So either enter_progress() came before, and is seen here; or the
 * caller installs first, and begin() removes what it installed.
 *
 * Ordering: the count is read before the sequence, which leave_progress() changes first: who does not see the range in
 * progress any more sees that the sequence has moved.
 */
bool notifier_must_retry(struct aspace *as, u64 sequence, hva_t va)
{
	struct notifier_state *s = &as->notifiers;
	bool retry;

	if (__atomic_load_n(&s->in_progress_count, __ATOMIC_ACQUIRE) == 0)
		return READ_ONCE(s->sequence) != sequence;
	spin_lock(&s->lock);
	retry = s->sequence != sequence ||
		(s->in_progress_count && va.raw >= s->hull.start.raw && va.raw < s->hull.end.raw);
	spin_unlock(&s->lock);
	return retry;
}
