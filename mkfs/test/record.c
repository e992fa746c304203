/*
 * The recording device.  See record.h.
 */
#include "record.h"

#define SECTORS (FS_BLOCK_SIZE / FS_SECTOR_SIZE)

static struct recorder *recorder_of(struct block_device *dev)
{
	return container_of(dev, struct recorder, dev);
}

static u64 size_of(const struct recorder *recorder)
{
	return recorder->dev.block_count * FS_BLOCK_SIZE;
}

static void add_event(struct recorder *recorder, enum event_kind kind, u32 block, const u8 *data)
{
	struct event *event;

	if (recorder->event_count == recorder->event_space) {
		u64 space = recorder->event_space * 2 + 64;
		struct event *events = host_alloc(space * sizeof(*events));

		if (recorder->events)
			memcpy(events, recorder->events, recorder->event_count * sizeof(*events));
		host_free(recorder->events);
		recorder->events = events;
		recorder->event_space = space;
	}
	event = &recorder->events[recorder->event_count++];
	*event = (struct event){ kind, block, NULL };
	if (data) {
		event->data = host_alloc(FS_BLOCK_SIZE);
		memcpy(event->data, data, FS_BLOCK_SIZE);
	}
}

static int record_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	memcpy(buf, recorder_of(dev)->data + first * FS_BLOCK_SIZE, (size_t)count * FS_BLOCK_SIZE);
	return 0;
}

static int record_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	struct recorder *recorder = recorder_of(dev);

	ASSERT(first + count <= dev->block_count, "a write of blocks %lu to %lu", (unsigned long)first,
	       (unsigned long)(first + count));
	for (u32 i = 0; i < count; i++)
		add_event(recorder, EVENT_WRITE, (u32)first + i, (const u8 *)buf + (size_t)i * FS_BLOCK_SIZE);
	memcpy(recorder->data + first * FS_BLOCK_SIZE, buf, (size_t)count * FS_BLOCK_SIZE);
	return 0;
}

static int record_flush(struct block_device *dev)
{
	add_event(recorder_of(dev), EVENT_FLUSH, 0, NULL);
	return 0;
}

void record_open(struct recorder *recorder, const u8 *data, u64 block_count)
{
	*recorder = (struct recorder){
		.dev = { .name = "recorder", .block_count = block_count, .read = record_read,
			 .write = record_write, .flush = record_flush },
	};
	recorder->data = host_alloc(size_of(recorder));
	recorder->start = host_alloc(size_of(recorder));
	memcpy(recorder->data, data, size_of(recorder));
	memcpy(recorder->start, data, size_of(recorder));
}

void record_close(struct recorder *recorder)
{
	for (u64 i = 0; i < recorder->event_count; i++)
		host_free(recorder->events[i].data);
	host_free(recorder->events);
	host_free(recorder->data);
	host_free(recorder->start);
}

/* ---- Images after a crash ------------------------------------------------------------------------------ */

void crash_open(struct crash_cursor *cursor, const struct recorder *recorder)
{
	*cursor = (struct crash_cursor){ .recorder = recorder };
	cursor->durable = host_alloc(size_of(recorder));
	memcpy(cursor->durable, recorder->start, size_of(recorder));
}

void crash_close(struct crash_cursor *cursor)
{
	host_free(cursor->durable);
}

static void apply(const struct event *event, u8 *image)
{
	if (event->kind == EVENT_WRITE)
		memcpy(image + (u64)event->block * FS_BLOCK_SIZE, event->data, FS_BLOCK_SIZE);
}

/* Each sector with a chance of one in two. */
static void apply_torn(const struct event *event, u8 *image, struct random *random)
{
	u64 mask = random_next(random);

	for (u32 i = 0; i < SECTORS && event->kind == EVENT_WRITE; i++)
		if (mask >> i & 1)
			memcpy(image + (u64)event->block * FS_BLOCK_SIZE + i * FS_SECTOR_SIZE,
			       event->data + i * FS_SECTOR_SIZE, FS_SECTOR_SIZE);
}

bool crash_next(struct crash_cursor *cursor)
{
	const struct recorder *recorder = cursor->recorder;

	if (cursor->position == recorder->event_count)
		return false;
	if (recorder->events[cursor->position].kind == EVENT_FLUSH) {
		for (u64 i = cursor->flushed; i < cursor->position; i++)
			apply(&recorder->events[i], cursor->durable);
		cursor->flushed = cursor->position;
	}
	cursor->position++;
	return true;
}

void crash_image_prefix(const struct crash_cursor *cursor, struct random *random, u8 *image)
{
	const struct event *events = cursor->recorder->events;

	memcpy(image, cursor->durable, size_of(cursor->recorder));
	for (u64 i = cursor->flushed; i < cursor->position; i++) {
		if (random && i == cursor->position - 1)
			apply_torn(&events[i], image, random);
		else
			apply(&events[i], image);
	}
}

void crash_image_subset(const struct crash_cursor *cursor, struct random *random, u8 *image)
{
	const struct event *events = cursor->recorder->events;
	u64 share = random_below(random, 101), torn = random_below(random, 3) ? 0 : 30;

	memcpy(image, cursor->durable, size_of(cursor->recorder));
	for (u64 i = cursor->flushed; i < cursor->position; i++) {
		if (random_below(random, 100) < torn)
			apply_torn(&events[i], image, random);
		else if (random_below(random, 100) < share)
			apply(&events[i], image);
	}
}
