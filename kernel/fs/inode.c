/*
 * The contents of files.  The contract is in inode.h.
 *
 * A write is a series of operations, each of as many blocks as the log allows one; a truncation is one operation that
 * sets the size and INODE_TRIM, and as many more as it takes to free the blocks behind it.  The inode's `write` lock is
 * held over the series, its `lock` over one operation, so readers get in between.
 *
 * I1  The bytes of a file's last block behind its size are zero.  So a gap reads as zeros.
 * I2  While INODE_TRIM is set the size does not grow: old blocks are still behind it.
 */
#include "fs/inode.h"
#include "fs/blocks.h"
#include "fs/directory.h"

/* ---- Reading ------------------------------------------------------------------------------------------- */

static int check_file(const struct inode *ip)
{
	if (ip->disk.type == T_DIR)
		return -EISDIR;
	return ip->disk.type == T_FILE ? 0 : -EINVAL;
}

/* Read what [offset, offset + size), within one block, holds. */
static int read_block(struct inode *ip, u64 offset, void *to, size_t size)
{
	struct buffer *buffer;
	u32 block;
	int error = blocks_find(ip, offset / FS_BLOCK_SIZE, &block);

	if (error)
		return error;
	if (block == 0) {
		memset(to, 0, size);
		return 0;
	}
	error = buffer_get(block, &buffer);
	if (error)
		return error;
	memcpy(to, buffer->data + offset % FS_BLOCK_SIZE, size);
	buffer_put(buffer);
	return 0;
}

/* A read that begins a file, or where the last one ended, is going to go on: read what follows on disk too. */
static void read_ahead(struct inode *ip, u64 index)
{
	u64 end = MIN((ip->disk.size + FS_BLOCK_SIZE - 1) / FS_BLOCK_SIZE, index + BUFFER_READ_AHEAD);
	u32 first, next, count = 1;

	if (blocks_find(ip, index, &first) || first == 0 || buffer_is_cached(first))
		return;
	while (index + count < end && blocks_find(ip, index + count, &next) == 0 && next == first + count)
		count++;
	if (count > 1)
		buffer_read_ahead(first, count);
}

static size_t part_of_block(u64 offset, size_t size)
{
	return MIN(size, FS_BLOCK_SIZE - (size_t)(offset % FS_BLOCK_SIZE));
}

static s64 read_locked(struct inode *ip, u64 offset, u8 *to, size_t size)
{
	size_t done = 0, part;
	int error = check_file(ip);

	if (error || offset >= ip->disk.size)
		return error;
	size = (size_t)MIN((u64)size, ip->disk.size - offset);
	for (; done < size && !error; done += error ? 0 : part) {
		part = part_of_block(offset + done, size - done);
		if (offset + done == ip->read_end || offset + done == 0)
			read_ahead(ip, (offset + done) / FS_BLOCK_SIZE);
		error = read_block(ip, offset + done, to + done, part);
		ip->read_end = offset + done + part;
	}
	return done > 0 ? (s64)done : error;
}

s64 inode_read(struct inode *ip, u64 offset, void *buf, size_t size)
{
	s64 result = inode_lock(ip);

	if (result)
		return result;
	result = read_locked(ip, offset, buf, size);
	inode_unlock(ip);
	return result;
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

/* What remains to be written. */
struct source {
	u64 offset;
	const u8 *from;
	size_t left;
};

/* A write or truncation may begin: ip is a file, and no earlier truncation is unfinished. */
static int prepare_change(struct inode *ip)
{
	int error = inode_lock(ip);
	bool trim;

	if (error)
		return error;
	error = check_file(ip);
	trim = ip->disk.flags & INODE_TRIM;
	inode_unlock(ip);
	return error || !trim ? error : inode_finish_trim(ip);
}

static int write_block(struct log_op *op, struct inode *ip, struct source *source)
{
	size_t part = part_of_block(source->offset, source->left);
	enum block_use use = part == FS_BLOCK_SIZE ? BLOCK_REPLACE : BLOCK_MODIFY;
	struct buffer *buffer;
	int error = blocks_make(op, ip, source->offset / FS_BLOCK_SIZE, use, &buffer);

	if (error)
		return error;
	memcpy(buffer->data + source->offset % FS_BLOCK_SIZE, source->from, part);
	buffer_put(buffer);
	source->offset += part;
	source->from += part;
	source->left -= part;
	if (source->offset > ip->disk.size) {
		ip->disk.size = source->offset;
		inode_store(op, ip);
	}
	return 0;
}

/* One operation's worth of writing. */
static int write_step(struct inode *ip, struct source *source)
{
	u64 wanted = source->left / FS_BLOCK_SIZE + 2 + BLOCKS_MAKE_ROOM;
	struct log_op op;
	int error = log_begin(&op, (u32)MIN(wanted, (u64)log_op_limit()));

	if (error)
		return error;
	error = inode_lock_change(ip);
	if (!error) {
		while (!error && source->left > 0 && log_room(&op) >= BLOCKS_MAKE_ROOM)
			error = write_block(&op, ip, source);
		inode_unlock(ip);
	}
	log_end(&op);
	return error;
}

/* Holds ip->write. */
static s64 write_all(struct inode *ip, u64 offset, const void *buf, size_t size)
{
	struct source source = { offset, buf, size };
	int error = 0;

	if (size == 0)
		return 0;
	if (offset >= FS_FILE_MAX)
		return -EFBIG;
	size = source.left = (size_t)MIN((u64)size, FS_FILE_MAX - offset);
	while (source.left > 0 && !error)
		error = write_step(ip, &source);
	return source.left < size ? (s64)(size - source.left) : error;
}

s64 inode_write(struct inode *ip, u64 offset, const void *buf, size_t size)
{
	s64 result;

	mutex_lock(&ip->write);
	result = prepare_change(ip);
	if (!result)
		result = write_all(ip, offset, buf, size);
	mutex_unlock(&ip->write);
	return result;
}

s64 inode_write_end(struct inode *ip, const void *buf, size_t size, u64 *offset)
{
	s64 result;

	mutex_lock(&ip->write);
	result = prepare_change(ip);
	if (!result) {
		u64 end = ip->disk.size; /* only writers change it */

		result = write_all(ip, end, buf, size);
		if (result >= 0)
			*offset = end + (u64)result;
	}
	mutex_unlock(&ip->write);
	return result;
}

/* ---- Truncating ---------------------------------------------------------------------------------------- */

/* Keeps I1 when the file is cut at `size`. */
static int zero_tail(struct log_op *op, struct inode *ip, u64 size)
{
	u32 within = (u32)(size % FS_BLOCK_SIZE), block;
	struct buffer *buffer;
	int error;

	if (within == 0)
		return 0;
	error = blocks_find(ip, size / FS_BLOCK_SIZE, &block);
	if (error || block == 0)
		return error;
	error = blocks_make(op, ip, size / FS_BLOCK_SIZE, BLOCK_MODIFY, &buffer);
	if (error)
		return error;
	memset(buffer->data + within, 0, FS_BLOCK_SIZE - within);
	buffer_put(buffer);
	return 0;
}

/* Set the size.  When blocks may be left behind it, INODE_TRIM says so. */
static int set_size(struct log_op *op, struct inode *ip, u64 size)
{
	bool shrinks = size < ip->disk.size;
	int error = shrinks ? zero_tail(op, ip, size) : 0;

	if (error)
		return error;
	ip->disk.size = size;
	if (shrinks)
		ip->disk.flags |= INODE_TRIM;
	inode_store(op, ip);
	return 0;
}

/* Holds ip->write. */
static int truncate_locked(struct inode *ip, u64 size)
{
	struct log_op op;
	int error = log_begin(&op, BLOCKS_MAKE_ROOM);

	if (error)
		return error;
	error = inode_lock_change(ip);
	if (!error) {
		error = set_size(&op, ip, size);
		inode_unlock(ip);
	}
	log_end(&op);
	if (!error && ip->disk.flags & INODE_TRIM)
		inode_finish_trim(ip); /* if this fails, the next change or the next mount tries again */
	return error;
}

int inode_truncate(struct inode *ip, u64 size)
{
	int error;

	if (size > FS_FILE_MAX)
		return -EFBIG;
	mutex_lock(&ip->write);
	error = prepare_change(ip);
	if (!error)
		error = truncate_locked(ip, size);
	mutex_unlock(&ip->write);
	return error;
}

/* ---- The rest ------------------------------------------------------------------------------------------ */

int inode_sync(struct inode *ip)
{
	return log_commit();
}

u32 inode_type(struct inode *ip)
{
	return ip->disk.type;
}

u32 inode_major(struct inode *ip)
{
	return ip->disk.major;
}

u32 inode_minor(struct inode *ip)
{
	return ip->disk.minor;
}

int inode_stat(struct inode *ip, struct stat *stat)
{
	int error = inode_lock(ip);

	if (error)
		return error;
	memset(stat, 0, sizeof(*stat));
	stat->dev = 1;
	stat->ino = ip->ino;
	stat->type = ip->disk.type;
	stat->nlink = ip->disk.nlink;
	stat->major = ip->disk.major;
	stat->minor = ip->disk.minor;
	stat->size = ip->disk.size;
	inode_unlock(ip);
	return 0;
}

s64 inode_getdents(struct inode *dir, u64 *offset, struct dirent *entries, size_t count)
{
	s64 result = inode_lock(dir);

	if (result)
		return result;
	result = dir->disk.type == T_DIR ? dir_read(dir, offset, entries, count) : -ENOTDIR;
	inode_unlock(dir);
	return result;
}
