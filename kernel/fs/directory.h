/*
 * The entries of a directory.
 *
 * A directory is an array of entries; a free one has number 0.  Entries never move, and a directory never shrinks.
 *
 * Locking: the directory is locked, for a change where there is an operation.
 */
#ifndef KERNEL_FS_DIRECTORY_H
#define KERNEL_FS_DIRECTORY_H

#include "fs/node.h"

/* An entry in memory.  While it is held its buffer stays, so that changing the entry cannot fail. */
struct dir_slot {
	struct buffer *buffer;
	struct disk_dirent *entry;
};

/* The entry with this name.  0, -ENOENT, -EIO, -ENOMEM. */
int dir_find(struct inode *dir, const char *name, struct dir_slot *slot);

/* The entry of this inode, but not "." or "..".  As dir_find(). */
int dir_find_ino(struct inode *dir, u32 ino, struct dir_slot *slot);

/*
 * A free entry; the directory grows if there is none.  Changes at most BLOCKS_MAKE_ROOM + 1 blocks.  0, -ENOSPC, -EIO,
 * -ENOMEM.  The directory is sound if the entry is then not used.
 */
int dir_make_room(struct log_op *op, struct inode *dir, struct dir_slot *slot);

/* Change an entry.  Changes one block. */
void dir_set(struct log_op *op, const struct dir_slot *slot, const char *name, u32 ino);
void dir_clear(struct log_op *op, const struct dir_slot *slot);
void dir_slot_put(struct dir_slot *slot);

/* Give a new directory its first block, with "." and "..".  0, -ENOSPC, -EIO, -ENOMEM with nothing changed. */
int dir_init(struct log_op *op, struct inode *dir, u32 parent_ino);

/* 0, -ENOTEMPTY, -EIO, -ENOMEM. */
int dir_check_empty(struct inode *dir);

/* For getdents(), see inode_getdents(). */
s64 dir_read(struct inode *dir, u64 *offset, struct dirent *entries, size_t count);

#endif
