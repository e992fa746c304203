/*
 * The log: groups of block changes that reach the disk together or not at all.
 *
 * Whoever changes blocks does it in an operation:
 *
 *	error = log_begin(&op, n);     reserve room to change n blocks; may wait, may commit
 *	... prepare: whatever can fail ...
 *	... change buffer->data, log_write(&op, buffer), ...
 *	log_end(&op);
 *
 * Operations of all threads join the open transaction.  A commit closes it, waits for its operations to end, copies
 * the changed blocks aside ("seals" it), opens the next transaction and then writes:
 *
 *	1 blocks to the log slot      2 flush      3 the record      4 flush      5 blocks to their homes
 *	6 flush      7 the record again, with count 0
 *
 * After step 4 the transaction is durable; recovery repeats step 5.  Step 7 needs no flush: repeating step 5 once more
 * is harmless until the next record is written, and that goes to the other slot.  Everything goes through the log,
 * file contents too: then there is one rule for all blocks, a freed block can be used again at once, and a crash never
 * shows a file with another's old data.  The price is that each block is written twice.
 *
 * When the device fails, the sealed transaction stays in memory and the next commit writes it again from step 1
 * (a failed flush may have lost any of its writes).  Nothing is lost meanwhile but the promise: commits return
 * -EIO.
 *
 * I1  open_count plus what running operations have reserved is at most limit.
 * I2  A block in the open or in the sealed transaction is pinned in the cache, once for each.
 * I3  The record of transaction n is written only when n - 1 is installed and flushed.
 *
 * Locking: log_begin() comes before any inode's lock (it may wait for operations that need one), and after
 * RANK_RENAME, RANK_FILE and RANK_INODE_WRITE, which no operation takes inside.
 */
#ifndef KERNEL_FS_LOG_H
#define KERNEL_FS_LOG_H

#include "fs/volume.h"
#include "fs/buffer.h"

/* An operation: what it may still change.  Functions that take one can only be called inside an operation. */
struct log_op {
	u32 reserved;
	u32 used;
};

/* Enough for each operation on names, see names.c. */
#define LOG_OP_NAMES 20u

/*
 * Have a log on volume.dev for transactions of at most `limit` blocks (and of super.log_capacity), after finishing what
 * a crash left.  *recovered is the number of blocks restored.  0, -ENOMEM, -EIO (also: the log is damaged).
 */
int log_open(u32 limit, u32 *recovered);

/* Give the memory back, whatever is not committed with it. */
void log_close(void);

/* The most that an operation that can work in pieces should reserve: at least LOG_OP_NAMES. */
u32 log_op_limit(void);

/* 0, or -EIO if the transaction is full and cannot be committed. */
int log_begin(struct log_op *op, u32 blocks);
void log_end(struct log_op *op);

/* The caller has changed the buffer or is about to, before log_end().  Cannot fail within what was reserved. */
void log_write(struct log_op *op, struct buffer *buffer);

/* How many more blocks may the operation change? */
u32 log_room(const struct log_op *op);

/* Everything that ended before the call is durable after it.  0 or -EIO. */
int log_commit(void);

#endif
