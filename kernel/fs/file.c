/*
 * Open files: see file.h.  Descriptor tables are in fdtable.c.
 *
 * Life: file_alloc (count 1) -> fd_install -> any number of fd_get ... file_put -> the last file_put releases it.  A
 * thread in a system call has its own reference, so that a close() by another thread takes nothing away from it.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "mm/kmalloc.h"

/* Of a file that stands for nothing. */
static const struct file_ops no_ops = { 0 };

struct file *file_alloc(const struct file_ops *ops, u32 flags)
{
	static u64 last_id; /* atomic */
	struct file *file = kmalloc(sizeof(*file));

	if (!file)
		return NULL;
	file->ops = ops ? ops : &no_ops;
	file->flags = flags;
	file->count = 1;
	file->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	mutex_init(&file->lock, "file", RANK_FILE);
	return file;
}

void file_get(struct file *file)
{
	u32 before = __atomic_fetch_add(&file->count, 1, __ATOMIC_RELAXED);

	ASSERT(before > 0, "file_get: a closed file, ops %p", file->ops);
}

/* Ordering: each holder's use comes before its decrement, and all of them before the release. */
void file_put(struct file *file)
{
	u32 before = __atomic_fetch_sub(&file->count, 1, __ATOMIC_ACQ_REL);

	ASSERT(before > 0, "file_put: a closed file, ops %p", file->ops);
	if (before > 1)
		return;
	if (file->ops->release)
		file->ops->release(file);
	if (file->inode)
		inode_put(file->inode);
	kfree(file);
}

bool file_can_read(const struct file *file)
{
	return (file->flags & O_ACCESS) != O_WRONLY;
}

bool file_can_write(const struct file *file)
{
	return (file->flags & O_ACCESS) != O_RDONLY;
}

/* ---- Inodes -------------------------------------------------------------------------------------------- */

static s64 regular_read(struct file *file, void *buf, size_t size)
{
	s64 count = inode_read(file->inode, file->offset, buf, size);

	if (count > 0)
		file->offset += count;
	return count;
}

static s64 regular_write(struct file *file, const void *buf, size_t size)
{
	s64 count;

	if (file->flags & O_APPEND)
		return inode_write_end(file->inode, buf, size, &file->offset);
	count = inode_write(file->inode, file->offset, buf, size);
	if (count > 0)
		file->offset += count;
	return count;
}

/* Where whence counts from, or negative. */
static s64 seek_base(struct file *file, int whence)
{
	struct stat stat;
	int error;

	switch (whence) {
	case SEEK_SET: return 0;
	case SEEK_CUR: return file->offset;
	case SEEK_END: error = inode_stat(file->inode, &stat); return error ? error : (s64)stat.size;
	default: return -EINVAL;
	}
}

static s64 inode_seek(struct file *file, s64 offset, int whence)
{
	s64 base = seek_base(file, whence);

	if (base < 0)
		return base;
	if (__builtin_add_overflow(base, offset, &offset))
		return -EOVERFLOW;
	if (offset < 0)
		return -EINVAL;
	file->offset = offset;
	return offset;
}

static s64 directory_read(struct file *file, void *buf, size_t size)
{
	return -EISDIR;
}

static const struct file_ops regular_ops = {
	.read = regular_read,
	.write = regular_write,
	.seek = inode_seek,
};

static const struct file_ops directory_ops = {
	.read = directory_read,
	.seek = inode_seek,
};

static int open_by_type(struct file *file)
{
	switch (inode_type(file->inode)) {
	case T_FILE: file->ops = &regular_ops; return 0;
	case T_DIR: file->ops = &directory_ops; return file_can_write(file) ? -EISDIR : 0;
	case T_DEV: return device_open(file, inode_major(file->inode), inode_minor(file->inode));
	default: return -EIO;
	}
}

int file_bind_inode(struct file *file, struct inode *ip)
{
	int error;

	file->inode = ip;
	error = open_by_type(file);
	if (error)
		file->ops = &no_ops;
	return error;
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

static const struct device *devices[DEVICE_MAJORS];

void device_register(u32 major, const struct device *device)
{
	ASSERT(major > 0 && major < DEVICE_MAJORS && !devices[major], "device_register: %s wants major %u",
	       device->name, major);
	devices[major] = device;
}

int device_open(struct file *file, u32 major, u32 minor)
{
	if (major >= DEVICE_MAJORS || !devices[major])
		return -ENXIO;
	return devices[major]->open(file, minor);
}
