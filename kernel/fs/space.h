/*
 * Free space: the bitmap of blocks, and which inodes are free.
 *
 * The bitmap is on disk and changes through the log.  Inodes need none: a free inode is all zero, so a map in memory,
 * filled by the scan of the inode table at mount, is enough.
 *
 * Locking: one sleeping lock (RANK_FS_MAP) protects both, and the contents of the bitmap's buffers.
 */
#ifndef KERNEL_FS_SPACE_H
#define KERNEL_FS_SPACE_H

#include "fs/log.h"

/* Read the bitmap and count; all inodes are free until space_mark_inode() says otherwise.  0, -EIO, -ENOMEM. */
int space_open(void);
void space_close(void);

/* A free block, as near behind `goal` as there is one (0: anywhere).  Changes one bitmap block.  0, -ENOSPC, -EIO. */
int space_alloc_block(struct log_op *op, u32 goal, u32 *block);

/*
 * Give a block back; changes one bitmap block.  -EIO, nothing changed: no inode can own it, it is free already, or
 * the device failed.  Cannot fail for a block that the same operation allocated.
 */
int space_free_block(struct log_op *op, u32 block);

/* A free inode number, -ENOSPC.  In memory only: the caller writes the inode, or frees the number again. */
int space_alloc_inode(u32 *ino);
void space_free_inode(u32 ino);
void space_mark_inode(u32 ino);

u64 space_free_block_count(void);
u64 space_free_inode_count(void);

#endif
