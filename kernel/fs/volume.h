/*
 * The mounted file system: what all its files share.
 *
 * One file system is mounted at a time.  The layers, each seeing only those below it:
 *
 *   names.c rename.c path.c   names: create, link, unlink, rename, lookup
 *   inode.c                   content: read, write, truncate, stat
 *   directory.c               entries of a directory
 *   node.c blocks.c           an inode in memory; its tree of blocks
 *   space.c                   free blocks and inodes
 *   log.c                     transactions
 *   buffer.c                  blocks in memory
 *   dev/block.h               the device
 *
 * Read format.h first, then log.h.  docs/filesystem.md draws the life of a write.
 */
#ifndef KERNEL_FS_VOLUME_H
#define KERNEL_FS_VOLUME_H

#include "kernel.h"
#include "dev/block.h"
#include "fs/format.h"

/* Constant from mount to unmount. */
struct volume {
	struct block_device *dev;
	struct fs_super super;
	struct inode *root;
};

extern struct volume volume;

/*
 * The image contradicts itself: say what and where (the first few times) and return -EIO.  Nothing on disk is trusted
 * to be right: whatever is read is checked where it is used, so that a damaged image costs errors, not the kernel.
 */
int volume_damaged(const char *what, u64 number);

/* Is this a block that an inode may own? */
bool volume_has_data_block(u32 block);

#endif
