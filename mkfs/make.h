/*
 * Making an empty file system.
 */
#ifndef MKFS_MAKE_H
#define MKFS_MAKE_H

#include "dev/block.h"
#include "fs/format.h"

/* 0 in a field means: choose. */
struct make_options {
	u32 inode_count;
	u32 log_capacity;
};

/*
 * Lay out a file system that fills dev, whose blocks are all zero.  NULL, or what is wrong: too small, too large,
 * numbers that do not fit, a device that fails.
 */
const char *make_fs(struct block_device *dev, const struct make_options *options);

/* Make the log as it was in the beginning.  The file system is not mounted.  0 or -EIO. */
int make_empty_log(struct block_device *dev, const struct fs_super *super);

#endif
