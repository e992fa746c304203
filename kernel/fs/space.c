/*
 * Free blocks and inodes.  See space.h.
 *
 * A bitmap block describes a group of 32,768 blocks (128 MiB).  The free blocks of each group are counted in memory, so
 * a search reads only bitmap blocks that have one.
 *
 * I1  group_free[g] is the number of zero bits of group g.
 * I2  Blocks before data_start are never given out or taken, whatever their bits say.
 */
#include "fs/space.h"
#include "lib/bits.h"
#include "mm/kmalloc.h"

#define GROUP_BLOCKS (FS_BLOCK_SIZE * 8)
#define WORD_BITS    64u

static struct {
	/* constant while open */
	u32 group_count;

	struct mutex lock;
	/* lock */
	u32 *group_free;
	u32 hint;         /* where to look for a block when there is no goal */
	u64 *inode_map;   /* bit set: in use */
	u32 inode_hint;
	u64 free_blocks, free_inodes;
} space;

/* ---- Bits ---------------------------------------------------------------------------------------------- */

static bool bit_is_set(const u64 *map, u32 bit)
{
	return map[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

static void bit_flip(u64 *map, u32 bit)
{
	map[bit / WORD_BITS] ^= 1ull << bit % WORD_BITS;
}

/* The first zero bit in [start, end); `end` if there is none. */
static u32 find_zero_bit(const u64 *map, u32 start, u32 end)
{
	u32 bit = start;

	while (bit < end) {
		u64 zeros = ~map[bit / WORD_BITS] >> bit % WORD_BITS;

		if (zeros) {
			bit += bit_lowest(zeros);
			return MIN(bit, end);
		}
		bit = ALIGN_DOWN(bit, WORD_BITS) + WORD_BITS;
	}
	return end;
}

static u32 count_zero_bits(const u64 *map, u32 start, u32 end)
{
	u32 count = 0;

	for (u32 bit = find_zero_bit(map, start, end); bit < end; bit = find_zero_bit(map, bit + 1, end))
		count++;
	return count;
}

/* ---- Opening and closing ------------------------------------------------------------------------------- */

/* The bits of group g that stand for blocks which inodes may own: [first, end). */
static u32 group_first(u32 g)
{
	u32 start = g * GROUP_BLOCKS;

	return volume.super.data_start > start ? MIN(volume.super.data_start - start, GROUP_BLOCKS) : 0;
}

static u32 group_end(u32 g)
{
	return MIN(volume.super.block_count - g * GROUP_BLOCKS, GROUP_BLOCKS);
}

static int count_group(u32 g)
{
	struct buffer *buffer;
	int error = buffer_get(volume.super.bitmap_start + g, &buffer);

	if (error)
		return error;
	space.group_free[g] = count_zero_bits((u64 *)buffer->data, group_first(g), group_end(g));
	space.free_blocks += space.group_free[g];
	buffer_put(buffer);
	return 0;
}

int space_open(void)
{
	u32 inode_count = volume.super.inode_count;
	int error = 0;

	memset(&space, 0, sizeof(space));
	mutex_init(&space.lock, "space", RANK_FS_MAP);
	space.group_count = volume.super.inode_start - volume.super.bitmap_start;
	space.group_free = kmalloc(space.group_count * sizeof(*space.group_free));
	space.inode_map = kmalloc(ALIGN_UP(inode_count, WORD_BITS) / 8);
	if (!space.group_free || !space.inode_map)
		error = -ENOMEM;
	for (u32 g = 0; g < space.group_count && !error; g++)
		error = count_group(g);
	if (error) {
		space_close();
		return error;
	}
	space.free_inodes = inode_count;
	space_mark_inode(0);
	return 0;
}

void space_close(void)
{
	kfree(space.group_free);
	kfree(space.inode_map);
	memset(&space, 0, sizeof(space));
}

/* ---- Blocks -------------------------------------------------------------------------------------------- */

/* Take a free block of group g, at or behind bit `start` if there is one, else any.  0, -ENOSPC, -EIO. */
static int take_from_group(struct log_op *op, u32 g, u32 start, u32 *block)
{
	u32 end = group_end(g), bit;
	struct buffer *buffer;
	int error;

	if (space.group_free[g] == 0)
		return -ENOSPC;
	error = buffer_get(volume.super.bitmap_start + g, &buffer);
	if (error)
		return error;
	bit = find_zero_bit((u64 *)buffer->data, MAX(start, group_first(g)), end);
	if (bit >= end)
		bit = find_zero_bit((u64 *)buffer->data, group_first(g), end);
	if (bit < end) {
		bit_flip((u64 *)buffer->data, bit);
		log_write(op, buffer);
		space.group_free[g]--;
		space.free_blocks--;
		*block = g * GROUP_BLOCKS + bit;
	} else {
		error = volume_damaged("count of free blocks in group", g);
	}
	buffer_put(buffer);
	return error;
}

static int alloc_block_locked(struct log_op *op, u32 goal, u32 *block)
{
	u32 start = goal ? goal : space.hint;
	u32 g = start / GROUP_BLOCKS % space.group_count;
	int error = take_from_group(op, g, start % GROUP_BLOCKS, block);

	for (u32 i = 1; i < space.group_count && error == -ENOSPC; i++)
		error = take_from_group(op, (g + i) % space.group_count, 0, block);
	if (!error && !goal)
		space.hint = *block + 1;
	return error;
}

int space_alloc_block(struct log_op *op, u32 goal, u32 *block)
{
	int error;

	mutex_lock(&space.lock);
	error = alloc_block_locked(op, goal, block);
	mutex_unlock(&space.lock);
	return error;
}

static int free_block_locked(struct log_op *op, u32 block)
{
	u32 g = block / GROUP_BLOCKS;
	struct buffer *buffer;
	int error;

	if (!volume_has_data_block(block))
		return volume_damaged("number of a block to free:", block);
	error = buffer_get(volume.super.bitmap_start + g, &buffer);
	if (error)
		return error;
	if (bit_is_set((u64 *)buffer->data, block % GROUP_BLOCKS)) {
		bit_flip((u64 *)buffer->data, block % GROUP_BLOCKS);
		log_write(op, buffer);
		space.group_free[g]++;
		space.free_blocks++;
	} else {
		error = volume_damaged("block in use that is marked free:", block);
	}
	buffer_put(buffer);
	return error;
}

int space_free_block(struct log_op *op, u32 block)
{
	int error;

	mutex_lock(&space.lock);
	error = free_block_locked(op, block);
	mutex_unlock(&space.lock);
	return error;
}

/* ---- Inodes -------------------------------------------------------------------------------------------- */

int space_alloc_inode(u32 *ino)
{
	u32 end = volume.super.inode_count, found;

	mutex_lock(&space.lock);
	found = find_zero_bit(space.inode_map, space.inode_hint, end);
	if (found == end)
		found = find_zero_bit(space.inode_map, 0, end);
	if (found < end) {
		bit_flip(space.inode_map, found);
		space.free_inodes--;
		space.inode_hint = found + 1;
	}
	mutex_unlock(&space.lock);
	*ino = found;
	return found < end ? 0 : -ENOSPC;
}

void space_free_inode(u32 ino)
{
	mutex_lock(&space.lock);
	ASSERT(bit_is_set(space.inode_map, ino), "space: inode %u is free already", ino);
	bit_flip(space.inode_map, ino);
	space.free_inodes++;
	space.inode_hint = MIN(space.inode_hint, ino);
	mutex_unlock(&space.lock);
}

void space_mark_inode(u32 ino)
{
	mutex_lock(&space.lock);
	ASSERT(!bit_is_set(space.inode_map, ino), "space: inode %u is in use already", ino);
	bit_flip(space.inode_map, ino);
	space.free_inodes--;
	mutex_unlock(&space.lock);
}

u64 space_free_block_count(void)
{
	return READ_ONCE(space.free_blocks);
}

u64 space_free_inode_count(void)
{
	return READ_ONCE(space.free_inodes);
}
