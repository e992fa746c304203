/*
 * The tree of blocks of an inode.  See blocks.h.
 *
 * Every number read from disk is checked before it is used.  Holding a buffer of the tree keeps it in memory, so a
 * change that has all its buffers cannot fail any more.
 */
#include "fs/blocks.h"
#include "fs/space.h"

#define DEPTH_MAX 2u

/* The way to a block: block[root] of the inode, then entry[0..depth) of indirect blocks. */
struct block_path {
	u32 root;
	u32 depth;
	u32 entry[DEPTH_MAX];
};

static void path_to(u64 index, struct block_path *path)
{
	ASSERT(index < FS_FILE_BLOCKS, "blocks: no file has a block %lu", (unsigned long)index);
	path->depth = 0;
	path->root = (u32)index;
	if (index < INODE_DIRECT)
		return;
	index -= INODE_DIRECT;
	if (index < FS_INDIRECT_COUNT) {
		path->root = INODE_SINGLE;
		path->depth = 1;
		path->entry[0] = (u32)index;
		return;
	}
	index -= FS_INDIRECT_COUNT;
	path->root = INODE_DOUBLE;
	path->depth = 2;
	path->entry[0] = (u32)(index / FS_INDIRECT_COUNT);
	path->entry[1] = (u32)(index % FS_INDIRECT_COUNT);
}

/* A block of the tree whose number came from disk. */
static int get_checked(struct inode *ip, u32 block, struct buffer **out)
{
	if (!volume_has_data_block(block))
		return volume_damaged("block number in inode", ip->ino);
	return buffer_get(block, out);
}

static u32 *entries_of(struct buffer *buffer)
{
	return (u32 *)buffer->data;
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

/*
 * The place that holds the number of a block, or of the topmost missing block above it: an entry of `parent`, or of
 * the inode if parent is NULL.
 */
struct block_slot {
	struct buffer *parent; /* counted */
	u32 *number;
	u32 level;             /* how many indirect blocks were passed */
};

static void slot_put(struct block_slot *slot)
{
	if (slot->parent)
		buffer_put(slot->parent);
}

static int slot_find(struct inode *ip, const struct block_path *path, struct block_slot *slot)
{
	struct buffer *next;
	int error;

	slot->parent = NULL;
	slot->number = &ip->disk.block[path->root];
	for (slot->level = 0; slot->level < path->depth && *slot->number; slot->level++) {
		error = get_checked(ip, *slot->number, &next);
		slot_put(slot);
		if (error)
			return error;
		slot->parent = next;
		slot->number = &entries_of(next)[path->entry[slot->level]];
	}
	return 0;
}

int blocks_find(struct inode *ip, u64 index, u32 *block)
{
	struct block_path path;
	struct block_slot slot;
	int error;

	path_to(index, &path);
	error = slot_find(ip, &path, &slot);
	if (error)
		return error;
	*block = READ_ONCE(*slot.number);
	slot_put(&slot);
	if (*block && !volume_has_data_block(*block))
		return volume_damaged("block number in inode", ip->ino);
	return 0;
}

/* ---- Filling holes ------------------------------------------------------------------------------------- */

/* A new block of zeros, in the log. */
static int alloc_zeroed(struct log_op *op, struct inode *ip, struct buffer **out)
{
	u32 block;
	int error = space_alloc_block(op, ip->goal, &block);

	if (error)
		return error;
	error = buffer_get_zeroed(block, out);
	if (error) {
		space_free_block(op, block);
		return error;
	}
	log_write(op, *out);
	ip->goal = block + 1;
	return 0;
}

static void free_fresh(struct log_op *op, struct buffer *const *fresh, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		space_free_block(op, fresh[i]->block);
		buffer_put(fresh[i]);
	}
}

/* All of count blocks, or none. */
static int alloc_fresh(struct log_op *op, struct inode *ip, struct buffer **fresh, u32 count)
{
	int error;

	for (u32 i = 0; i < count; i++) {
		error = alloc_zeroed(op, ip, &fresh[i]);
		if (error) {
			free_fresh(op, fresh, i);
			return error;
		}
	}
	return 0;
}

/* The slot is empty: allocate what is missing below it, and when all is there, link it. */
static int fill_slot(struct log_op *op, struct inode *ip, const struct block_path *path,
		     const struct block_slot *slot, struct buffer **out)
{
	struct buffer *fresh[DEPTH_MAX + 1];
	u32 last = path->depth - slot->level; /* fresh[last] is the block asked for, the others lead to it */
	int error = alloc_fresh(op, ip, fresh, last + 1);

	if (error)
		return error;
	for (u32 i = 0; i < last; i++) {
		entries_of(fresh[i])[path->entry[slot->level + i]] = fresh[i + 1]->block;
		buffer_put(fresh[i]);
	}
	*slot->number = fresh[0]->block;
	if (slot->parent)
		log_write(op, slot->parent);
	inode_store(op, ip);
	*out = fresh[last];
	return 0;
}

/* The block is there. */
static int use_block(struct log_op *op, struct inode *ip, u32 block, enum block_use use, struct buffer **out)
{
	int error;

	if (!volume_has_data_block(block))
		return volume_damaged("block number in inode", ip->ino);
	error = use == BLOCK_REPLACE ? buffer_get_zeroed(block, out) : buffer_get(block, out);
	if (!error)
		log_write(op, *out);
	return error;
}

int blocks_make(struct log_op *op, struct inode *ip, u64 index, enum block_use use, struct buffer **out)
{
	struct block_path path;
	struct block_slot slot;
	int error;

	path_to(index, &path);
	error = slot_find(ip, &path, &slot);
	if (error)
		return error;
	if (*slot.number)
		error = use_block(op, ip, *slot.number, use, out);
	else
		error = fill_slot(op, ip, &path, &slot, out);
	slot_put(&slot);
	return error;
}

/* ---- Trimming ------------------------------------------------------------------------------------------ */

/* What freeing one block changes: the bitmap, what pointed to the block, and some time the inode. */
#define TRIM_ROOM 3u

/* A place with the number of a block `depth` levels above the file's blocks. */
struct trim_slot {
	struct buffer *parent; /* NULL: the inode itself */
	u32 *number;
	u32 depth;
};

/* The block is freed before its number is forgotten: if the first fails, nothing has changed. */
static int trim_block(struct log_op *op, struct inode *ip, const struct trim_slot *slot)
{
	int error;

	if (log_room(op) < TRIM_ROOM)
		return BLOCKS_MORE;
	error = space_free_block(op, *slot->number);
	if (error)
		return error;
	*slot->number = 0;
	if (slot->parent)
		log_write(op, slot->parent);
	else
		inode_store(op, ip);
	return 0;
}

static int trim_leaf(struct log_op *op, struct inode *ip, struct buffer *leaf, u32 from)
{
	int result = 0;

	for (u32 i = FS_INDIRECT_COUNT; i > from && !result; i--) {
		struct trim_slot slot = { leaf, &entries_of(leaf)[i - 1], 0 };

		if (*slot.number)
			result = trim_block(op, ip, &slot);
	}
	return result;
}

/* Free the file's blocks from number `from` below the slot; if that is all of them, the indirect block too. */
static int trim_single(struct log_op *op, struct inode *ip, const struct trim_slot *slot, u32 from)
{
	struct buffer *leaf;
	int result;

	if (*slot->number == 0)
		return 0;
	result = get_checked(ip, *slot->number, &leaf);
	if (result)
		return result;
	result = trim_leaf(op, ip, leaf, from);
	buffer_put(leaf);
	if (!result && from == 0)
		result = trim_block(op, ip, slot);
	return result;
}

static int trim_double(struct log_op *op, struct inode *ip, const struct trim_slot *slot, u32 from)
{
	u32 first = from / FS_INDIRECT_COUNT;
	struct buffer *top;
	int result;

	if (*slot->number == 0)
		return 0;
	result = get_checked(ip, *slot->number, &top);
	if (result)
		return result;
	for (u32 i = FS_INDIRECT_COUNT; i > first && !result; i--) {
		struct trim_slot below = { top, &entries_of(top)[i - 1], 1 };

		result = trim_single(op, ip, &below, i - 1 == first ? from % FS_INDIRECT_COUNT : 0);
	}
	buffer_put(top);
	if (!result && from == 0)
		result = trim_block(op, ip, slot);
	return result;
}

int blocks_trim(struct log_op *op, struct inode *ip, u64 first)
{
	const u64 double_start = INODE_DIRECT + FS_INDIRECT_COUNT;
	int result = 0;

	if (first < FS_FILE_BLOCKS) {
		struct trim_slot slot = { NULL, &ip->disk.block[INODE_DOUBLE], 2 };

		result = trim_double(op, ip, &slot, first > double_start ? (u32)(first - double_start) : 0);
	}
	if (!result && first < double_start) {
		struct trim_slot slot = { NULL, &ip->disk.block[INODE_SINGLE], 1 };

		result = trim_single(op, ip, &slot, first > INODE_DIRECT ? (u32)(first - INODE_DIRECT) : 0);
	}
	for (u64 i = INODE_DIRECT; i > first && !result; i--) {
		struct trim_slot slot = { NULL, &ip->disk.block[i - 1], 0 };

		if (*slot.number)
			result = trim_block(op, ip, &slot);
	}
	return result;
}
