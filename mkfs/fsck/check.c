/*
 * fsck as a whole, and its small tools.  See fsck.h.
 */
#include "fsck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fsck_fault(struct fsck *fsck, const char *key, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fsck->fault_count++;
	if (fsck->report)
		fsck->report(fsck, key, text);
}

void *fsck_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p) {
		fprintf(stderr, "fsck: no memory\n");
		exit(2);
	}
	return p;
}

u8 *fsck_block(struct fsck *fsck, u32 block)
{
	return fsck->image + (u64)block * FS_BLOCK_SIZE;
}

struct disk_inode *fsck_inode(struct fsck *fsck, u32 ino)
{
	return (struct disk_inode *)fsck_block(fsck, fsck->super.inode_start) + ino;
}

int fsck_is_data(const struct fsck *fsck, u32 block)
{
	return block >= fsck->super.data_start && block < fsck->super.block_count;
}

/* Entry i of an indirect block; 0 if there is no such block. */
static u32 indirect_entry(struct fsck *fsck, u32 block, u64 i)
{
	return fsck_is_data(fsck, block) ? ((u32 *)fsck_block(fsck, block))[i] : 0;
}

u32 fsck_find_block(struct fsck *fsck, const struct disk_inode *inode, u64 index)
{
	u32 found;

	if (index < INODE_DIRECT) {
		found = inode->block[index];
	} else if (index < INODE_DIRECT + FS_INDIRECT_COUNT) {
		found = indirect_entry(fsck, inode->block[INODE_SINGLE], index - INODE_DIRECT);
	} else {
		index -= INODE_DIRECT + FS_INDIRECT_COUNT;
		found = indirect_entry(fsck, inode->block[INODE_DOUBLE], index / FS_INDIRECT_COUNT);
		found = indirect_entry(fsck, found, index % FS_INDIRECT_COUNT);
	}
	return fsck_is_data(fsck, found) ? found : 0;
}

/* ---- The superblock ------------------------------------------------------------------------------------ */

/* Each area begins where the one before ends. */
static int layout_is_right(const struct fs_super *s)
{
	u64 at = 1;

	if (s->log_start != at || s->log_capacity < LOG_CAPACITY_MIN || s->log_capacity > LOG_CAPACITY_MAX)
		return 0;
	at += 2 * ((u64)s->log_capacity + 1);
	if (s->bitmap_start != at)
		return 0;
	at += ((u64)s->block_count + 32767) / 32768;
	if (s->inode_start != at || s->inode_count == 0 || s->inode_count % 32 != 0)
		return 0;
	at += s->inode_count / 32;
	return s->data_start == at && at < s->block_count;
}

int fsck_super(struct fsck *fsck)
{
	struct fs_super *s = &fsck->super;
	u32 before = fsck->fault_count;

	if (fsck->size < FS_BLOCK_SIZE) {
		fsck_fault(fsck, "image-short", "%lu bytes are no image", (unsigned long)fsck->size);
		return 0;
	}
	memcpy(s, fsck->image, sizeof(*s));
	if (s->magic != FS_MAGIC)
		fsck_fault(fsck, "super-magic", "this is no Flatland file system");
	else if (s->checksum != fs_super_checksum(s))
		fsck_fault(fsck, "super-checksum", "the superblock's checksum is wrong");
	else if (s->version != FS_VERSION || s->block_size != FS_BLOCK_SIZE)
		fsck_fault(fsck, "super-version", "version %u with blocks of %u bytes", s->version, s->block_size);
	else if (!layout_is_right(s))
		fsck_fault(fsck, "super-layout", "the superblock's areas do not fit together");
	else if ((u64)s->block_count * FS_BLOCK_SIZE > fsck->size)
		fsck_fault(fsck, "image-short", "%u blocks should be here, %lu are", s->block_count,
			   (unsigned long)(fsck->size / FS_BLOCK_SIZE));
	return fsck->fault_count == before;
}

/* ---- All rules ----------------------------------------------------------------------------------------- */

u32 fsck_check(struct fsck *fsck)
{
	fsck->fault_count = fsck->replayed_count = fsck->pending_count = 0;
	fsck->file_count = fsck->directory_count = fsck->device_count = fsck->used_block_count = 0;
	if (!fsck_super(fsck) || !fsck_log(fsck))
		return fsck->fault_count;
	fsck->owner = fsck_alloc((size_t)fsck->super.block_count * sizeof(u32));
	fsck->links = fsck_alloc((size_t)fsck->super.inode_count * sizeof(u32));
	fsck->parent = fsck_alloc((size_t)fsck->super.inode_count * sizeof(u32));
	fsck_inodes(fsck);
	fsck_bitmap(fsck);
	fsck_tree(fsck);
	free(fsck->owner);
	free(fsck->links);
	free(fsck->parent);
	return fsck->fault_count;
}
