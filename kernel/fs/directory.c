/*
 * The entries of a directory.  See directory.h.
 */
#include "fs/directory.h"
#include "fs/blocks.h"

#define DIRENT_SIZE sizeof(struct disk_dirent)

/* ---- Walking through the entries ----------------------------------------------------------------------- */

/* A cursor.  It holds the buffer of the block that it stands in. */
struct dir_scan {
	struct inode *dir;
	u64 offset;            /* of the next entry */
	struct buffer *buffer;
};

static void scan_end(struct dir_scan *scan)
{
	if (scan->buffer)
		buffer_put(scan->buffer);
	scan->buffer = NULL;
}

static int dir_block(struct inode *dir, u64 index, struct buffer **out)
{
	u32 block;
	int error = blocks_find(dir, index, &block);

	if (error)
		return error;
	if (block == 0)
		return volume_damaged("hole in directory", dir->ino);
	return buffer_get(block, out);
}

/* The next entry, free or not: 1, 0 behind the last, or negative.  Call scan_end() afterwards in any case. */
static int scan_next(struct dir_scan *scan, struct disk_dirent **entry)
{
	u32 within = (u32)(scan->offset % FS_BLOCK_SIZE);
	int error;

	if (scan->offset >= scan->dir->disk.size)
		return 0;
	if (within == 0)
		scan_end(scan);
	if (!scan->buffer) {
		error = dir_block(scan->dir, scan->offset / FS_BLOCK_SIZE, &scan->buffer);
		if (error)
			return error;
	}
	*entry = (struct disk_dirent *)(scan->buffer->data + within);
	scan->offset += DIRENT_SIZE;
	return 1;
}

static bool has_name(const struct disk_dirent *entry, const char *name)
{
	return entry->ino != 0 && strncmp(entry->name, name, FS_NAME_SIZE) == 0;
}

static bool is_dot_or_dotdot(const struct disk_dirent *entry)
{
	return has_name(entry, ".") || has_name(entry, "..");
}

/* The scan stands on what was looked for: its buffer becomes the slot's. */
static int scan_found(struct dir_scan *scan, struct disk_dirent *entry, struct dir_slot *slot)
{
	slot->buffer = scan->buffer;
	slot->entry = entry;
	return 0;
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

int dir_find(struct inode *dir, const char *name, struct dir_slot *slot)
{
	struct dir_scan scan = { .dir = dir };
	struct disk_dirent *entry;
	int result;

	while ((result = scan_next(&scan, &entry)) > 0)
		if (has_name(entry, name))
			return scan_found(&scan, entry, slot);
	scan_end(&scan);
	return result ? result : -ENOENT;
}

int dir_find_ino(struct inode *dir, u32 ino, struct dir_slot *slot)
{
	struct dir_scan scan = { .dir = dir };
	struct disk_dirent *entry;
	int result;

	while ((result = scan_next(&scan, &entry)) > 0)
		if (entry->ino == ino && !is_dot_or_dotdot(entry))
			return scan_found(&scan, entry, slot);
	scan_end(&scan);
	return result ? result : -ENOENT;
}

int dir_check_empty(struct inode *dir)
{
	struct dir_scan scan = { .dir = dir };
	struct disk_dirent *entry;
	int result;

	while ((result = scan_next(&scan, &entry)) > 0)
		if (entry->ino != 0 && !is_dot_or_dotdot(entry))
			break;
	scan_end(&scan);
	return result > 0 ? -ENOTEMPTY : result;
}

/* ---- Changing ------------------------------------------------------------------------------------------ */

/* All entries are in use: one more, in a new block if the last one is full. */
static int dir_grow(struct log_op *op, struct inode *dir, struct dir_slot *slot)
{
	u64 offset = dir->disk.size;
	int error;

	if (offset >= FS_FILE_MAX)
		return -ENOSPC;
	error = blocks_make(op, dir, offset / FS_BLOCK_SIZE, BLOCK_MODIFY, &slot->buffer);
	if (error)
		return error;
	slot->entry = (struct disk_dirent *)(slot->buffer->data + offset % FS_BLOCK_SIZE);
	slot->entry->ino = 0;
	dir->disk.size = offset + DIRENT_SIZE;
	inode_store(op, dir);
	return 0;
}

int dir_make_room(struct log_op *op, struct inode *dir, struct dir_slot *slot)
{
	struct dir_scan scan = { .dir = dir };
	struct disk_dirent *entry;
	int result;

	while ((result = scan_next(&scan, &entry)) > 0)
		if (entry->ino == 0)
			return scan_found(&scan, entry, slot);
	scan_end(&scan);
	return result ? result : dir_grow(op, dir, slot);
}

void dir_set(struct log_op *op, const struct dir_slot *slot, const char *name, u32 ino)
{
	memset(slot->entry, 0, sizeof(*slot->entry));
	slot->entry->ino = ino;
	memcpy(slot->entry->name, name, strnlen(name, FS_NAME_SIZE - 1));
	log_write(op, slot->buffer);
}

void dir_clear(struct log_op *op, const struct dir_slot *slot)
{
	memset(slot->entry, 0, sizeof(*slot->entry));
	log_write(op, slot->buffer);
}

void dir_slot_put(struct dir_slot *slot)
{
	if (slot->buffer)
		buffer_put(slot->buffer);
	slot->buffer = NULL;
}

int dir_init(struct log_op *op, struct inode *dir, u32 parent_ino)
{
	struct dir_slot slot;
	int error = blocks_make(op, dir, 0, BLOCK_REPLACE, &slot.buffer);

	if (error)
		return error;
	slot.entry = (struct disk_dirent *)slot.buffer->data;
	dir_set(op, &slot, ".", dir->ino);
	slot.entry++;
	dir_set(op, &slot, "..", parent_ino);
	dir_slot_put(&slot);
	dir->disk.size = 2 * DIRENT_SIZE;
	inode_store(op, dir);
	return 0;
}

/* ---- For getdents() ------------------------------------------------------------------------------------ */

static int copy_entry(struct inode *dir, const struct disk_dirent *from, struct dirent *to)
{
	if (from->name[FS_NAME_SIZE - 1] != 0)
		return volume_damaged("name without an end in directory", dir->ino);
	to->ino = from->ino;
	memcpy(to->name, from->name, FS_NAME_SIZE);
	return 0;
}

s64 dir_read(struct inode *dir, u64 *offset, struct dirent *entries, size_t count)
{
	struct dir_scan scan = { .dir = dir, .offset = *offset };
	struct disk_dirent *entry;
	size_t filled = 0;
	int result = 1;

	if (*offset % DIRENT_SIZE != 0 || *offset > FS_FILE_MAX)
		return -EINVAL;
	while (filled < count && (result = scan_next(&scan, &entry)) > 0) {
		if (entry->ino != 0) {
			result = copy_entry(dir, entry, &entries[filled]);
			if (result)
				break;
			filled++;
		}
		*offset = scan.offset;
	}
	scan_end(&scan);
	return filled > 0 || result > 0 ? (s64)filled : result;
}
