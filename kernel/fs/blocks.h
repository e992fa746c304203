/*
 * The tree of blocks of an inode.
 *
 *   disk.block[0..21]   the first 22 blocks
 *   disk.block[22]      an indirect block: the numbers of the next 1,024
 *   disk.block[23]      a double-indirect block: the numbers of 1,024 indirect blocks
 *
 * A number 0 anywhere is a hole.
 *
 * Locking: the inode is locked (for a change, where there is an operation).
 */
#ifndef KERNEL_FS_BLOCKS_H
#define KERNEL_FS_BLOCKS_H

#include "fs/node.h"

/* The number of the index-th block; *block is 0 in a hole.  0, -EIO, -ENOMEM. */
int blocks_find(struct inode *ip, u64 index, u32 *block);

/*
 * The buffer of the index-th block, for a change: a hole is filled with a block of zeros.  With BLOCK_REPLACE the
 * caller is going to write the whole block, and its old content is not read.  Changes at most BLOCKS_MAKE_ROOM
 * blocks, the returned one (which is in the log already) and the inode included.  0, -ENOSPC, -EIO, -ENOMEM with
 * nothing changed.
 */
enum block_use { BLOCK_MODIFY, BLOCK_REPLACE };
#define BLOCKS_MAKE_ROOM 8u
int blocks_make(struct log_op *op, struct inode *ip, u64 index, enum block_use use, struct buffer **out);

/*
 * Free the blocks from the index-th on, as far as there is room in the operation, always keeping room for the
 * inode.  0 when all are free, BLOCKS_MORE if the work goes on in another operation, or negative.
 */
#define BLOCKS_MORE 1
int blocks_trim(struct log_op *op, struct inode *ip, u64 first);

#endif
