/*
 * The file system, as the rest of the kernel sees it.
 */
#ifndef KERNEL_FS_FS_H
#define KERNEL_FS_FS_H

#include "kernel.h"
#include "abi/syscall.h"
#include "dev/block.h"

struct inode;

/* Recover the log of dev and take it as the root.  0, -EINVAL (not a Flatland file system), -ENOMEM, -EIO. */
int fs_mount(struct block_device *dev);

/* Write everything down and forget it.  -EBUSY, nothing done: inodes are in use.  -EIO: not all was written. */
int fs_unmount(void);

/* Everything that was done before is on the disk after it.  0 or -EIO. */
int fs_sync(void);

/* The inode at path, counted, from directory `start` for relative paths; NULL with *error set to a negative errno. */
struct inode *fs_lookup(struct inode *start, const char *path, int *error);
struct inode *fs_root(void);
void inode_get(struct inode *ip);
void inode_put(struct inode *ip);

/* Up to size bytes at offset; the count, 0 at or behind the end, or negative.  Takes the inode's lock. */
s64 inode_read(struct inode *ip, u64 offset, void *buf, size_t size);
u32 inode_type(struct inode *ip); /* enum file_type */

/* Blocks of 4 KiB and inodes: how many there are, and are free. */
struct fs_stats {
	u64 block_count, block_free;
	u64 inode_count, inode_free;
};

void fs_stats(struct fs_stats *stats);

/* A thread that commits what waited for a second; started after the mount. */
void fs_start_flusher(void);

#endif
