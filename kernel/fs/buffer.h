/*
 * The block cache: the only way from the file system to its device, but for the log and the mount.
 *
 * A buffer holds one block.  It is found by block number, lent to any number of users at once, and goes to the idle
 * list, least recently used first, when nobody uses it and no transaction pins it.  The number of buffers is fixed at
 * mount, so the cache never runs out of memory later.
 *
 * I1  Two buffers never hold the same block.
 * I2  A buffer is on the idle list if and only if refs and pins are 0; only idle buffers are given to other blocks.
 * I3  A buffer whose content differs from its home on disk is pinned.
 *
 * Locking: the cache's spinning lock protects the lists and counts; a buffer's `fill` keeps a second user out while
 * the first reads the block from disk.  The *content* of a buffer is protected by the lock of what it belongs to:
 * the bitmap's by space.c's lock, all else by the lock of the inode that owns it (of an inode's 128 bytes in
 * the inode table: that inode).  Contents change only inside an operation of the log.
 */
#ifndef KERNEL_FS_BUFFER_H
#define KERNEL_FS_BUFFER_H

#include "kernel.h"
#include "lock.h"
#include "dev/block.h"

struct buffer {
	u8 *data;              /* BLOCK_SIZE bytes */

	/* constant while refs or pins are not 0 */
	u32 block;

	/* fill */
	struct mutex fill;     /* rank RANK_BUFFER */
	bool valid;            /* data is the block's; read without the lock, with acquire */

	/* the cache's lock */
	u32 refs;
	u32 pins;
	struct list hash_link;
	struct list idle_link; /* empty unless idle */

	/* the log's lock */
	bool logged;           /* part of the open transaction */
};

/* Have `count` buffers for dev.  0 or -ENOMEM. */
int buffer_cache_open(struct block_device *dev, u32 count);

/* Give all back.  No buffer is in use. */
void buffer_cache_close(void);

/* How many there are, for the log's arithmetic and for tests: how many are idle. */
u32 buffer_count(void);
u32 buffer_idle_count(void);

/* The block's buffer, filled; the caller puts it back.  0, -EIO, or -ENOMEM if no buffer is idle. */
int buffer_get(u32 block, struct buffer **out);

/* The same, but filled with zeros instead of what is on disk: the caller logs it.  0 or -ENOMEM. */
int buffer_get_zeroed(u32 block, struct buffer **out);

/* Will buffer_get() find the block in memory?  For guessing only: it may change at once. */
bool buffer_is_cached(u32 block);

/*
 * A hint: the caller is going to read `count` blocks from number `first`.  They are read in one request, as many of
 * them as is easy.
 */
#define BUFFER_READ_AHEAD 16u
void buffer_read_ahead(u32 first, u32 count);

void buffer_put(struct buffer *buffer);

/* For the log: keep the buffer even when nobody uses it. */
void buffer_pin(struct buffer *buffer);
void buffer_unpin(struct buffer *buffer);

#endif
