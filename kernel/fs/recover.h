/*
 * A transaction as it lies in the log: building one in memory, writing it, and finding the last one after a crash.
 *
 * Locking: none of its own.  The log's `commit` mutex protects its staging; recovery runs before the log is used.
 */
#ifndef KERNEL_FS_RECOVER_H
#define KERNEL_FS_RECOVER_H

#include "fs/volume.h"

/* A slot's image in memory: the record, then the blocks, physically contiguous so that one request writes many. */
struct log_staging {
	struct log_record *record;
	u8 *blocks;
	u32 order; /* of the allocation */
};

/* For `limit` blocks.  0 or -ENOMEM. */
int log_staging_alloc(struct log_staging *staging, u32 limit);
void log_staging_free(struct log_staging *staging);

/* Take a copy of data as the i-th block. */
void log_staging_set(struct log_staging *staging, u32 i, u32 home, const void *data);

/* All `count` blocks are set: complete the record. */
void log_staging_finish(struct log_staging *staging, u64 seq, u32 count);

/* The steps of a commit, see log.h; all 0 or -EIO.  None flushes. */
int log_write_blocks(const struct log_staging *staging);
int log_write_record(const struct log_staging *staging);
int log_install(const struct log_staging *staging);

/* Mark the transaction as installed.  It does not matter whether that reaches the disk. */
void log_release(const struct log_staging *staging);

/*
 * Install the last complete transaction of volume.dev, unless it is marked as installed.  *seq is its number, from
 * which to go on; *count how many blocks it had.  0, -ENOMEM, -EIO (also: a complete record with wrong blocks behind
 * it).
 */
int log_recover(u64 *seq, u32 *count);

#endif
