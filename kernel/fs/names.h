/*
 * What creating, removing and renaming share.
 */
#ifndef KERNEL_FS_NAMES_H
#define KERNEL_FS_NAMES_H

#include "fs/path.h"

void names_init(void);

/*
 * The lock on directories (RANK_RENAME).  Whoever removes or moves a directory holds it, and so does whoever locks two
 * directories.  While it is held no directory changes its place.  See node.h for the order of locks.
 */
void names_lock_directories(void);
void names_unlock_directories(void);

/* May the last name of a path be removed or renamed?  0, -EBUSY (the root), -EINVAL ("." or ".."). */
int names_check_removable(const struct path_end *end);

/* Lock a directory for a change of its entries.  0, -ENOTDIR, -ENOENT (it has been removed), -EIO, -ENOMEM. */
int names_lock_dir(struct inode *dir);

/* Take one name from ip; a directory loses its "." too, and dir its "..".  Both are locked for a change. */
void names_drop_link(struct log_op *op, struct inode *dir, struct inode *ip);

/* Can names_drop_link() be done?  0, -ENOTEMPTY, -EIO (the link counts are wrong), -ENOMEM. */
int names_check_drop(struct inode *dir, struct inode *ip);

#endif
