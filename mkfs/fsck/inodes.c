/*
 * fsck's rules for inodes and blocks: every block has one owner or is free.
 */
#include "fsck.h"

#include <string.h>

/* An inode being looked at. */
struct node {
	struct fsck *fsck;
	u32 ino;
	const struct disk_inode *disk;
	u64 end;     /* how many blocks its size takes */
	int pending; /* may own blocks behind that */
};

static int is_zero(const void *data, size_t size)
{
	const u8 *p = data;

	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

/* ---- Blocks -------------------------------------------------------------------------------------------- */

/* Note the owner of a block whose first use is for the index-th block of the file.  0 if it must not be followed. */
static int own(struct node *node, u32 block, u64 index)
{
	struct fsck *fsck = node->fsck;

	if (!fsck_is_data(fsck, block)) {
		fsck_fault(fsck, "block-range", "inode %u has block %u", node->ino, block);
		return 0;
	}
	if (fsck->owner[block]) {
		fsck_fault(fsck, "block-shared", "block %u belongs to inode %u and to inode %u", block,
			   fsck->owner[block], node->ino);
		return 0;
	}
	fsck->owner[block] = node->ino;
	fsck->used_block_count++;
	if (index >= node->end && !node->pending)
		fsck_fault(fsck, "block-beyond", "inode %u has block %u behind its end", node->ino, block);
	return 1;
}

/* A block number that stands `depth` levels above the file's blocks, the first of which is number `index`. */
static void own_tree(struct node *node, u32 block, u32 depth, u64 index)
{
	const u32 *entry = (const u32 *)fsck_block(node->fsck, block);
	u64 span = depth == 2 ? FS_INDIRECT_COUNT : 1;

	if (block == 0 || !own(node, block, index) || depth == 0)
		return;
	for (u32 i = 0; i < FS_INDIRECT_COUNT; i++)
		own_tree(node, entry[i], depth - 1, index + i * span);
}

static void own_all(struct node *node)
{
	for (u32 i = 0; i < INODE_DIRECT; i++)
		own_tree(node, node->disk->block[i], 0, i);
	own_tree(node, node->disk->block[INODE_SINGLE], 1, INODE_DIRECT);
	own_tree(node, node->disk->block[INODE_DOUBLE], 2, INODE_DIRECT + FS_INDIRECT_COUNT);
}

/* ---- One inode ----------------------------------------------------------------------------------------- */

static void check_fields(struct node *node)
{
	const struct disk_inode *disk = node->disk;
	struct fsck *fsck = node->fsck;
	u32 ino = node->ino;

	if (disk->flags & ~INODE_TRIM)
		fsck_fault(fsck, "inode-flags", "inode %u has flags %x", ino, disk->flags);
	if (disk->zero != 0)
		fsck_fault(fsck, "inode-zero", "inode %u uses a reserved field", ino);
	if (disk->nlink > FS_LINK_MAX)
		fsck_fault(fsck, "inode-links", "inode %u has %u links", ino, disk->nlink);
	if (disk->size > FS_FILE_MAX)
		fsck_fault(fsck, "inode-size", "inode %u has %lu bytes", ino, (unsigned long)disk->size);
	if (disk->type == INODE_DEV)
		return;
	if (disk->major != 0 || disk->minor != 0)
		fsck_fault(fsck, "inode-device", "inode %u is no device but has the numbers %u, %u", ino,
			   disk->major, disk->minor);
}

static void check_device(struct node *node)
{
	const struct disk_inode *disk = node->disk;

	node->fsck->device_count++;
	if (disk->major == 0 || disk->major > FS_MAJOR_MAX || disk->minor > FS_MINOR_MAX)
		fsck_fault(node->fsck, "inode-device", "device inode %u has the numbers %u, %u", node->ino,
			   disk->major, disk->minor);
	if (disk->size != 0 || !is_zero(disk->block, sizeof(disk->block)))
		fsck_fault(node->fsck, "inode-device", "device inode %u has content", node->ino);
}

/* The bytes of the last block behind the end are zero, so that a longer file shows no old data. */
static void check_tail(struct node *node)
{
	u32 within = (u32)(node->disk->size % FS_BLOCK_SIZE), block;

	if (within == 0 || node->disk->size > FS_FILE_MAX)
		return;
	block = fsck_find_block(node->fsck, node->disk, node->disk->size / FS_BLOCK_SIZE);
	if (block && !is_zero(fsck_block(node->fsck, block) + within, FS_BLOCK_SIZE - within))
		fsck_fault(node->fsck, "file-tail", "file %u has bytes behind its end", node->ino);
}

static void check_directory_size(struct node *node)
{
	u64 size = node->disk->size;

	node->fsck->directory_count++;
	if (size % sizeof(struct disk_dirent) != 0 || size < 2 * sizeof(struct disk_dirent)) {
		fsck_fault(node->fsck, "dir-size", "directory %u has %lu bytes", node->ino, (unsigned long)size);
		return;
	}
	if (node->disk->nlink == 0 || size > FS_FILE_MAX)
		return;
	for (u64 i = 0; i < node->end; i++)
		if (fsck_find_block(node->fsck, node->disk, i) == 0) {
			fsck_fault(node->fsck, "dir-hole", "directory %u lacks block %lu", node->ino,
				   (unsigned long)i);
			return;
		}
}

static void check_inode(struct node *node)
{
	check_fields(node);
	own_all(node);
	if (node->disk->nlink == 0 || node->disk->flags & INODE_TRIM)
		node->fsck->pending_count++;
	switch (node->disk->type) {
	case INODE_FILE:
		node->fsck->file_count++;
		if (node->disk->nlink > 0)
			check_tail(node);
		break;
	case INODE_DIR:
		check_directory_size(node);
		break;
	case INODE_DEV:
		check_device(node);
		break;
	default:
		fsck_fault(node->fsck, "inode-type", "inode %u has type %u", node->ino, node->disk->type);
	}
}

void fsck_inodes(struct fsck *fsck)
{
	for (u32 ino = 0; ino < fsck->super.inode_count; ino++) {
		const struct disk_inode *disk = fsck_inode(fsck, ino);
		struct node node = { fsck, ino, disk, (disk->size + FS_BLOCK_SIZE - 1) / FS_BLOCK_SIZE,
				     disk->nlink == 0 || disk->flags & INODE_TRIM };

		if (disk->type != INODE_FREE && ino > 0)
			check_inode(&node);
		else if (!is_zero(disk, sizeof(*disk)))
			fsck_fault(fsck, "inode-free", "free inode %u is not zero", ino);
	}
}

/* ---- The bitmap ---------------------------------------------------------------------------------------- */

static void check_bit(struct fsck *fsck, u64 block, int used)
{
	if (block >= fsck->super.block_count) {
		if (!used)
			fsck_fault(fsck, "bitmap-end", "block %lu does not exist and is marked free",
				   (unsigned long)block);
	} else if (block < fsck->super.data_start) {
		if (!used)
			fsck_fault(fsck, "bitmap-fixed", "block %lu holds the file system itself and is marked free",
				   (unsigned long)block);
	} else if (used && !fsck->owner[block]) {
		fsck_fault(fsck, "block-leak", "block %lu is marked used and belongs to nobody",
			   (unsigned long)block);
	} else if (!used && fsck->owner[block]) {
		fsck_fault(fsck, "block-free", "block %lu of inode %u is marked free", (unsigned long)block,
			   fsck->owner[block]);
	}
}

void fsck_bitmap(struct fsck *fsck)
{
	const u8 *bitmap = fsck_block(fsck, fsck->super.bitmap_start);
	u64 bits = (u64)(fsck->super.inode_start - fsck->super.bitmap_start) * FS_BLOCK_SIZE * 8;

	for (u64 block = 0; block < bits; block++)
		check_bit(fsck, block, bitmap[block / 8] >> block % 8 & 1);
}
