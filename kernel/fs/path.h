/*
 * Paths to directories and names.
 */
#ifndef KERNEL_FS_PATH_H
#define KERNEL_FS_PATH_H

#include "fs/node.h"

/* Where a path leads: a name in a directory. */
struct path_end {
	struct inode *dir;       /* counted */
	char name[FS_NAME_SIZE]; /* empty: the path is the root */
	bool wants_dir;          /* the path ends in a slash */
};

/* Follow all but the last name.  0 (then path_end_put() is due), or negative.  The last name need not exist. */
int path_walk(struct inode *start, const char *path, struct path_end *end);
void path_end_put(struct path_end *end);

/* The inode with this name in dir, counted and loaded.  0, -ENOENT, -ENOTDIR, -EIO, -ENOMEM. */
int path_step(struct inode *dir, const char *name, struct inode **out);

#endif
