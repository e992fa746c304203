/*
 * The block cache.  The contract and the invariants are in buffer.h.
 *
 * A hash table of lists finds a block; the idle list orders what may be replaced.  Pinned and used buffers are on no
 * list that is searched for a victim, so finding one takes one step.
 */
#include "fs/buffer.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

#define WINDOW_ORDER 4
_Static_assert(BUFFER_READ_AHEAD == 1 << WINDOW_ORDER, "the window holds a read-ahead");

static struct {
	/* constant while open */
	struct block_device *dev;
	struct buffer *buffers;
	u32 count;
	struct list *buckets;
	u32 bucket_count;  /* a power of two */

	struct mutex read_ahead; /* rank RANK_READ_AHEAD: window */
	u8 *window;              /* BUFFER_READ_AHEAD blocks, physically contiguous */

	struct spinlock lock;
	/* lock */
	struct list idle;  /* the first is the least recently used */
	u32 idle_count;
} cache;

static struct list *bucket_of(u32 block)
{
	return &cache.buckets[block * 2654435761u >> 7 & (cache.bucket_count - 1)];
}

/* ---- Opening and closing ------------------------------------------------------------------------------- */

static int buffer_init(struct buffer *buffer)
{
	hpa_t page = buddy_alloc(0);

	if (page.raw == 0)
		return -ENOMEM;
	buffer->data = hpa_to_ptr(page);
	mutex_init(&buffer->fill, "buffer", RANK_BUFFER);
	list_init(&buffer->hash_link);
	list_init(&buffer->idle_link);
	list_push_back(&cache.idle, &buffer->idle_link);
	cache.idle_count++;
	return 0;
}

static int window_init(void)
{
	hpa_t memory = buddy_alloc(WINDOW_ORDER);

	mutex_init(&cache.read_ahead, "read-ahead", RANK_READ_AHEAD);
	cache.window = memory.raw ? hpa_to_ptr(memory) : NULL;
	return cache.window ? 0 : -ENOMEM;
}

static int buckets_init(u32 count)
{
	cache.bucket_count = 1;
	while (cache.bucket_count < count)
		cache.bucket_count *= 2;
	cache.buckets = kmalloc(cache.bucket_count * sizeof(*cache.buckets));
	if (!cache.buckets)
		return -ENOMEM;
	for (u32 i = 0; i < cache.bucket_count; i++)
		list_init(&cache.buckets[i]);
	return 0;
}

int buffer_cache_open(struct block_device *dev, u32 count)
{
	int error = window_init();

	if (!error)
		error = buckets_init(count);
	spin_init(&cache.lock, "buffers", RANK_BUFFER_CACHE);
	list_init(&cache.idle);
	cache.dev = dev;
	cache.count = 0;
	cache.idle_count = 0;
	cache.buffers = kmalloc(count * sizeof(*cache.buffers));
	if (!cache.buffers)
		error = -ENOMEM;
	while (!error && cache.count < count) {
		error = buffer_init(&cache.buffers[cache.count]);
		if (!error)
			cache.count++;
	}
	if (error)
		buffer_cache_close();
	return error;
}

void buffer_cache_close(void)
{
	ASSERT(cache.idle_count == cache.count, "buffer: %u of %u buffers are in use at unmount",
	       cache.count - cache.idle_count, cache.count);
	for (u32 i = 0; i < cache.count; i++)
		buddy_free(ptr_to_hpa(cache.buffers[i].data), 0);
	if (cache.window)
		buddy_free(ptr_to_hpa(cache.window), WINDOW_ORDER);
	kfree(cache.buffers);
	kfree(cache.buckets);
	cache.window = NULL;
	cache.buffers = NULL;
	cache.buckets = NULL;
	cache.count = 0;
}

u32 buffer_count(void)
{
	return cache.count;
}

u32 buffer_idle_count(void)
{
	u32 count;

	spin_lock(&cache.lock);
	count = cache.idle_count;
	spin_unlock(&cache.lock);
	return count;
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

static struct buffer *buffer_find_locked(u32 block)
{
	struct buffer *buffer;

	list_for_each(buffer, bucket_of(block), hash_link)
		if (buffer->block == block)
			return buffer;
	return NULL;
}

/* Keeps I2: call after any change of refs or pins, with whether the buffer was idle before. */
static void buffer_settle_locked(struct buffer *buffer)
{
	bool was_idle = !list_is_empty(&buffer->idle_link);
	bool is_idle = buffer->refs == 0 && buffer->pins == 0;

	if (was_idle && !is_idle) {
		list_remove(&buffer->idle_link);
		cache.idle_count--;
	} else if (!was_idle && is_idle) {
		if (buffer->valid)
			list_push_back(&cache.idle, &buffer->idle_link);
		else
			list_push_front(&cache.idle, &buffer->idle_link);
		cache.idle_count++;
	}
}

/* Take the least recently used buffer for `block`; NULL if none is idle. */
static struct buffer *buffer_replace_locked(u32 block)
{
	struct buffer *buffer;

	if (list_is_empty(&cache.idle))
		return NULL;
	buffer = list_first(&cache.idle, struct buffer, idle_link);
	list_remove(&buffer->hash_link);
	buffer->block = block;
	buffer->valid = false;
	list_push_front(bucket_of(block), &buffer->hash_link);
	return buffer;
}

/* The block's buffer with a reference, perhaps not filled. */
static struct buffer *buffer_claim(u32 block)
{
	struct buffer *buffer;

	spin_lock(&cache.lock);
	buffer = buffer_find_locked(block);
	if (!buffer)
		buffer = buffer_replace_locked(block);
	if (buffer) {
		buffer->refs++;
		buffer_settle_locked(buffer);
	}
	spin_unlock(&cache.lock);
	return buffer;
}

static int buffer_fill(struct buffer *buffer)
{
	int error = 0;

	mutex_lock(&buffer->fill);
	if (!buffer->valid)
		error = cache.dev->read(cache.dev, buffer->block, 1, buffer->data);
	if (!error) /* Ordering: release.  Pairs with buffer_get(). */
		__atomic_store_n(&buffer->valid, true, __ATOMIC_RELEASE);
	mutex_unlock(&buffer->fill);
	return error;
}

int buffer_get(u32 block, struct buffer **out)
{
	struct buffer *buffer = buffer_claim(block);
	int error = 0;

	if (!buffer)
		return -ENOMEM;
	if (!__atomic_load_n(&buffer->valid, __ATOMIC_ACQUIRE))
		error = buffer_fill(buffer);
	if (error)
		buffer_put(buffer);
	else
		*out = buffer;
	return error;
}

int buffer_get_zeroed(u32 block, struct buffer **out)
{
	struct buffer *buffer = buffer_claim(block);

	if (!buffer)
		return -ENOMEM;
	mutex_lock(&buffer->fill);
	memset(buffer->data, 0, BLOCK_SIZE);
	__atomic_store_n(&buffer->valid, true, __ATOMIC_RELEASE);
	mutex_unlock(&buffer->fill);
	*out = buffer;
	return 0;
}

void buffer_put(struct buffer *buffer)
{
	spin_lock(&cache.lock);
	ASSERT(buffer->refs > 0, "buffer: put of block %u, which nobody uses", buffer->block);
	buffer->refs--;
	buffer_settle_locked(buffer);
	spin_unlock(&cache.lock);
}

/* ---- Reading ahead ------------------------------------------------------------------------------------- */

bool buffer_is_cached(u32 block)
{
	struct buffer *buffer;
	bool cached;

	spin_lock(&cache.lock);
	buffer = buffer_find_locked(block);
	cached = buffer && __atomic_load_n(&buffer->valid, __ATOMIC_RELAXED);
	spin_unlock(&cache.lock);
	return cached;
}

/* Put what was read into the buffer, unless somebody has filled it meanwhile: that is newer. */
static void buffer_take(struct buffer *buffer, const u8 *data)
{
	mutex_lock(&buffer->fill);
	if (!buffer->valid) {
		memcpy(buffer->data, data, BLOCK_SIZE);
		__atomic_store_n(&buffer->valid, true, __ATOMIC_RELEASE);
	}
	mutex_unlock(&buffer->fill);
}

/*
 * The buffers are claimed before the disk is read, and stay.  So whoever changes a block meanwhile fills its buffer,
 * and what was read is dropped: it cannot replace what is newer.
 */
static void read_ahead_locked(u32 first, u32 count)
{
	struct buffer *buffers[BUFFER_READ_AHEAD];
	u32 claimed = 0;
	int error;

	while (claimed < count && (buffers[claimed] = buffer_claim(first + claimed)))
		claimed++;
	error = claimed > 0 ? cache.dev->read(cache.dev, first, claimed, cache.window) : 0;
	for (u32 i = 0; i < claimed; i++) {
		if (!error)
			buffer_take(buffers[i], cache.window + (size_t)i * BLOCK_SIZE);
		buffer_put(buffers[i]);
	}
}

void buffer_read_ahead(u32 first, u32 count)
{
	if (!mutex_try_lock(&cache.read_ahead))
		return;
	read_ahead_locked(first, MIN(count, BUFFER_READ_AHEAD));
	mutex_unlock(&cache.read_ahead);
}

/* ---- Pinning ------------------------------------------------------------------------------------------- */

void buffer_pin(struct buffer *buffer)
{
	spin_lock(&cache.lock);
	buffer->pins++;
	buffer_settle_locked(buffer);
	spin_unlock(&cache.lock);
}

void buffer_unpin(struct buffer *buffer)
{
	spin_lock(&cache.lock);
	ASSERT(buffer->pins > 0, "buffer: unpin of block %u, which is not pinned", buffer->block);
	buffer->pins--;
	buffer_settle_locked(buffer);
	spin_unlock(&cache.lock);
}
