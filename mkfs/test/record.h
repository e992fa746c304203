/*
 * A block device that records what is written to it, and the images that a crash could have left.
 *
 * The model of a disk: a write becomes durable some time between its beginning and the end of the next flush, each
 * sector of 512 bytes on its own and in any order, except that later writes to a sector come after earlier ones.
 */
#ifndef TEST_RECORD_H
#define TEST_RECORD_H

#include "check.h"
#include "fs/format.h"

enum event_kind { EVENT_WRITE, EVENT_FLUSH };

/* A write of one block; a longer one is recorded as several. */
struct event {
	enum event_kind kind;
	u32 block;
	u8 *data;
};

struct recorder {
	struct block_device dev;
	u8 *data;               /* what the device holds */
	u8 *start;              /* what it held at the beginning */
	struct event *events;
	u64 event_count, event_space;
};

/* Record from here on, with `data` (block_count blocks, copied) in the device. */
void record_open(struct recorder *recorder, const u8 *data, u64 block_count);
void record_close(struct recorder *recorder);

/* ---- Images after a crash ------------------------------------------------------------------------------ */

/* Goes through the events in order; `durable` is what cannot be lost any more. */
struct crash_cursor {
	const struct recorder *recorder;
	u8 *durable;            /* all events before the last flush that has happened */
	u64 flushed;            /* how many events those are */
	u64 position;           /* the crash comes before this event */
};

void crash_open(struct crash_cursor *cursor, const struct recorder *recorder);
void crash_close(struct crash_cursor *cursor);

/* On to the next event; false at the end. */
bool crash_next(struct crash_cursor *cursor);

/* The image with all writes before the position done; of the last one, if `random`, only some sectors. */
void crash_image_prefix(const struct crash_cursor *cursor, struct random *random, u8 *image);

/* The image with some of the writes since the last flush done, perhaps torn. */
void crash_image_subset(const struct crash_cursor *cursor, struct random *random, u8 *image);

#endif
