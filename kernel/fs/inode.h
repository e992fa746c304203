/*
 * Files and directories: what the system calls ask of the file system.
 *
 * A `struct inode *` is a counted reference (inode_get, inode_put in fs/fs.h).  Paths are zero-terminated kernel
 * strings; a relative path starts at the directory `start`.  Buffers are kernel memory.  Every function takes the
 * locks it needs, may sleep, and is atomic: after a crash all of it or nothing of it is there (inode_write and
 * inode_write_end: of each chunk; inode_truncate: all or nothing).  What was done is on disk after inode_sync() or
 * fs_sync().
 *
 * Errors common to all: -EIO (the device failed, or the image is damaged), -ENOMEM.
 * Of paths: -ENOENT, -ENOTDIR, -ENAMETOOLONG (a name above NAME_MAX, a path above PATH_MAX).
 * A failed call changed nothing, except that a write may stop short.
 *
 * Locking: callers hold no inode's lock and no spinning lock; a file's lock (RANK_FILE) is allowed.
 */
#ifndef KERNEL_FS_INODE_H
#define KERNEL_FS_INODE_H

#include "fs/fs.h"

/* ---- Names --------------------------------------------------------------------------------------------- */

/*
 * For open() with O_CREATE: the file at path, counted, created empty if it is not there.  With O_EXCL in flags it must
 * not be: -EEXIST.  What is there may be of any type; the caller looks.  NULL with *error set: -ENOSPC, -EISDIR (the
 * path ends in a slash).
 */
struct inode *fs_create(struct inode *start, const char *path, u32 flags, int *error);

/* -EEXIST, -ENOSPC, -EMLINK. */
int fs_mkdir(struct inode *start, const char *path);

/* A device node.  -EEXIST, -ENOSPC, -EINVAL (a number that does not fit the format). */
int fs_mknod(struct inode *start, const char *path, u32 major, u32 minor);

/* Another name for a file or device.  -EEXIST, -ENOSPC, -EMLINK, -EPERM (a directory). */
int fs_link(struct inode *start, const char *old_path, const char *new_path);

/*
 * Remove a name: of a file, a device or an empty directory.  An inode without a name lives until its last reference
 * goes.  -ENOTEMPTY, -EINVAL ("." or ".."), -EBUSY (the root).
 */
int fs_unlink(struct inode *start, const char *path);

/*
 * Give an inode another name.  A file or device that has the new name is replaced, so is an empty directory by a
 * directory; at every moment, also after a crash, the new name is either the old or the new inode.  Two names of one
 * inode stay as they are.  -EISDIR, -ENOTDIR (a file and a directory), -ENOTEMPTY, -EINVAL (into itself; "." or ".."),
 * -EBUSY (the root), -ENOSPC, -EMLINK.
 */
int fs_rename(struct inode *start, const char *old_path, const char *new_path);

/* The absolute path of a directory, with its zero; its length without.  -ERANGE, -ENOENT (it has been removed). */
s64 fs_path(struct inode *dir, char *buf, size_t size);

/* ---- Content ------------------------------------------------------------------------------------------- */
/* inode_read() and inode_type() are in fs/fs.h.  Read, write and truncate: files only, else -EISDIR or -EINVAL. */

/*
 * Write size bytes at offset; the count, or negative.  Less than size when the disk fills up or fails on the way.  A
 * gap between the end and offset reads as zeros and takes no space.  -ENOSPC, -EFBIG.  Writes to one inode exclude
 * each other.
 */
s64 inode_write(struct inode *ip, u64 offset, const void *buf, size_t size);

/* The same at the end of the file, wherever that is then; *offset becomes the offset behind what was written. */
s64 inode_write_end(struct inode *ip, const void *buf, size_t size, u64 *offset);

/* Cut or, with zeros, extend.  -EFBIG. */
int inode_truncate(struct inode *ip, u64 size);

/* What was done to this inode before the call (and, in effect, to all others) is on disk after it.  0 or -EIO. */
int inode_sync(struct inode *ip);

int inode_stat(struct inode *ip, struct stat *stat);

/* Of a T_DEV; zeros otherwise.  Constant while the inode is referenced. */
u32 inode_major(struct inode *ip);
u32 inode_minor(struct inode *ip);

/*
 * Read up to count entries of a directory, "." and ".." included, from position *offset, which is 0 at the start and
 * moves on; how many, 0 at the end.  Entries that are there all the time are read exactly once.  -ENOTDIR;
 * -EINVAL (an offset that no call gave).
 */
s64 inode_getdents(struct inode *dir, u64 *offset, struct dirent *entries, size_t count);

#endif
