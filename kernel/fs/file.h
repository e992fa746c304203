/*
 * Open files and descriptor tables.
 *
 * A struct file is what open(), pipe() and dup() share: counted, with an offset.  What it stands for - an inode, a
 * pipe end, a device - is behind its ops.  Files and devices see kernel memory only; the system calls copy.
 */
#ifndef KERNEL_FS_FILE_H
#define KERNEL_FS_FILE_H

#include "kernel.h"
#include "lock.h"
#include "mmu/pt/addr.h"
#include "abi/syscall.h"

#define FD_MAX 64

struct file;
struct inode;

/* Any op may be NULL: read and write are -EBADF then, ioctl -ENOTTY, seek -ESPIPE, mmap_check -ENODEV. */
struct file_ops {
	/* At most size bytes at file->offset, which they advance; under file->lock unless no_offset; the count, 0 at
	 * the end, or negative. */
	s64 (*read)(struct file *file, void *buf, size_t size);
	s64 (*write)(struct file *file, const void *buf, size_t size);
	/* The new offset.  Under file->lock. */
	s64 (*seek)(struct file *file, s64 offset, int whence);
	/* arg is the user's: a value, or an address to use with uaccess.h. */
	s64 (*ioctl)(struct file *file, u32 request, u64 arg);
	/* May [offset, offset + size) be mapped with these PROT_ rights?  0 or negative. */
	int (*mmap_check)(struct file *file, u64 offset, u64 size, u32 prot);
	/* The page at `offset` of a mapping that mmap_check allowed; hpa(0) if it is gone.  The caller takes its own
	 * reference with page_get() if it is RAM.  Called with the address space's lock held. */
	hpa_t (*mmap_page)(struct file *file, u64 offset);
	/* NULL: what the inode says. */
	int (*stat)(struct file *file, struct stat *stat);
	/* The last reference went away.  May sleep. */
	void (*release)(struct file *file);
};

struct file {
	const struct file_ops *ops; /* constant once open */
	u32 flags;                  /* O_ flags of open(); constant */
	bool no_offset;             /* constant once open; pipes, console: a stream, read without file->lock */
	u32 count;                  /* references; atomic */
	u64 id;                     /* of this file alone for ever, never 0; names a futex in its pages; constant */
	struct mutex lock;          /* rank RANK_FILE */
	u64 offset;                 /* lock; at most 2^63 - 1 */
	struct inode *inode;        /* constant once open, counted; NULL for pipes */
	void *private;              /* the ops' own */
};

/* A file with count 1, or NULL without memory.  ops may be NULL for file_bind_inode(). */
struct file *file_alloc(const struct file_ops *ops, u32 flags);
void file_get(struct file *file);

/* May sleep: with the last reference the file is closed. */
void file_put(struct file *file);

/*
 * Make a file of file_alloc(NULL, flags) stand for an inode, whose reference moves to the file: a file, a directory or
 * a device.  0, -EISDIR (a directory for writing), -ENXIO (no such device), or what the device answers; then the file
 * is only good for file_put().
 */
int file_bind_inode(struct file *file, struct inode *ip);

bool file_can_read(const struct file *file);
bool file_can_write(const struct file *file);

/* ---- Descriptors --------------------------------------------------------------------------------------- */

/* The open files of a process. */
struct fdtable {
	struct spinlock lock; /* rank RANK_FDTABLE */
	struct file *file[FD_MAX]; /* NULL: free; FD_RESERVED: see fd_reserve() */
	struct inode *cwd;    /* under lock; counted; NULL: none yet */
};

/* Make `to` an empty table, or one that shares from's files and working directory (fork). */
void fdtable_init(struct fdtable *to);
void fdtable_copy(struct fdtable *to, struct fdtable *from);
/* Close all.  May sleep. */
void fdtable_clear(struct fdtable *t);

/* The working directory, counted; NULL if there is none. */
struct inode *fdtable_cwd_get(struct fdtable *t);
/* Make dir, whose reference moves to the table, the working directory.  May sleep. */
void fdtable_cwd_set(struct fdtable *t, struct inode *dir);

/* The file behind fd, counted; NULL if there is none. */
struct file *fd_get(struct fdtable *t, u64 fd);

/* The lowest free descriptor for file, whose reference moves to the table.  -EMFILE: it stays the caller's. */
int fd_install(struct fdtable *t, struct file *file);

/*
 * In two steps, for calls that have to give the number away before the file may be used: take the lowest free
 * descriptor, or -EMFILE; then fill it, moving the reference, or let it go.  Until then it looks closed to all others.
 */
int fd_reserve(struct fdtable *t);
void fd_fill(struct fdtable *t, int fd, struct file *file);
void fd_release(struct fdtable *t, int fd);

/* 0 or -EBADF.  May sleep. */
int fd_close(struct fdtable *t, u64 fd);

/* Make `to` another descriptor of from's file, closing what it was.  `to`, -EBADF, or -EBUSY (it is reserved). */
int fd_dup_to(struct fdtable *t, u64 from, u64 to);

/* ---- Devices ------------------------------------------------------------------------------------------- */

enum device_major { DEV_NULL = 1, DEV_ZERO, DEV_CONSOLE, DEV_TRACE, DEV_RANDOM, DEV_VM, DEVICE_MAJORS };

struct device {
	const char *name;
	/* Prepare a file that was just opened on (major, minor): sets its ops.  0; or negative, and nothing is left to
	 * release. */
	int (*open)(struct file *file, u32 minor);
};

/* At boot. */
void device_register(u32 major, const struct device *device);
/* For open(): -ENXIO if there is no such device. */
int device_open(struct file *file, u32 major, u32 minor);

#endif
