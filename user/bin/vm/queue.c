/*
 * A split virtqueue: see queue.h.
 *
 * Ordering: the driver writes entries, then the index; so the index is read with acquire, and the used ring's written
 * with release.
 */
#include "queue.h"
#include "ram.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, AVAILABLE_NO_INTERRUPT = 1 };

struct descriptor {
	u64 address;
	u32 length;
	u16 flags, next;
};

struct available_ring {
	u16 flags, index, ring[];
};

struct used_ring {
	u16 flags, index;
	struct {
		u32 id, length;
	} ring[];
};

static struct available_ring *available_of(const struct queue *q)
{
	return ram_at(q->available, sizeof(struct available_ring) + 2 * q->size);
}

static struct used_ring *used_of(const struct queue *q)
{
	return ram_at(q->used, sizeof(struct used_ring) + 8 * q->size);
}

static bool is_size(u32 size)
{
	return size && size <= QUEUE_SIZE && (size & (size - 1)) == 0;
}

bool queue_start(struct queue *q)
{
	bool is_aligned = q->desc % 16 == 0 && q->available % 2 == 0 && q->used % 4 == 0;

	q->available_seen = q->used_next = 0;
	q->is_ready = is_size(q->size) && is_aligned && available_of(q) && used_of(q) &&
		      ram_at(q->desc, sizeof(struct descriptor) * q->size);
	return q->is_ready;
}

/* A segment more; false if it may not be there. */
static bool add_segment(struct chain *chain, const struct descriptor *d)
{
	u8 *p = ram_at(d->address, d->length);
	bool is_writable = d->flags & DESC_WRITE;

	if (!p || d->length == 0 || (d->flags & DESC_INDIRECT))
		return false;
	if (!is_writable && chain->readable_count < chain->count)
		return false; /* behind one that is writable */
	chain->segment[chain->count++] = (struct segment){ p, d->length };
	chain->readable_count += !is_writable;
	*(is_writable ? &chain->writable_bytes : &chain->readable_bytes) += d->length;
	return true;
}

/* A chain that is longer than the queue goes in a circle. */
static bool follow(const struct queue *q, struct chain *chain)
{
	const volatile struct descriptor *table = ram_at(q->desc, sizeof(*table) * q->size);
	u16 at = chain->head;

	for (u32 n = 0; n < q->size && at < q->size; n++) {
		struct descriptor d = { table[at].address, table[at].length, table[at].flags, table[at].next };

		if (!add_segment(chain, &d))
			return false;
		if (!(d.flags & DESC_NEXT))
			return true;
		at = d.next;
	}
	return false;
}

enum queue_take queue_take(struct queue *q, struct chain *chain)
{
	struct available_ring *a = available_of(q);
	u16 index;

	if (!q->is_ready || q->is_broken)
		return QUEUE_EMPTY;
	index = __atomic_load_n(&a->index, __ATOMIC_ACQUIRE);
	if (index == q->available_seen)
		return QUEUE_EMPTY;
	*chain = (struct chain){ .head = __atomic_load_n(&a->ring[q->available_seen % q->size], __ATOMIC_RELAXED) };
	q->is_broken = (u16)(index - q->available_seen) > q->size || !follow(q, chain);
	q->available_seen++;
	return q->is_broken ? QUEUE_BROKEN : QUEUE_TAKEN;
}

bool queue_give(struct queue *q, const struct chain *chain, u32 written)
{
	struct used_ring *used = used_of(q);

	used->ring[q->used_next % q->size].id = chain->head;
	used->ring[q->used_next % q->size].length = written;
	__atomic_store_n(&used->index, ++q->used_next, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(__atomic_load_n(&available_of(q)->flags, __ATOMIC_RELAXED) & AVAILABLE_NO_INTERRUPT);
}
