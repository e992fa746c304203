/*
 * Making an empty file system: superblock, log, bitmap, and a root directory.  The rest of the image is zero.
 */
#include "make.h"
#include "kernel.h"
#include "host/host.h"

#define GROUP_BLOCKS (FS_BLOCK_SIZE * 8)
#define INODE_RATIO        4   /* blocks per inode */
#define LOG_CAPACITY_USUAL 64u /* at least */

static u32 clamp(u64 value, u32 low, u32 high)
{
	return value < low ? low : value > high ? high : (u32)value;
}

static const char *lay_out(struct fs_super *super, u64 block_count, const struct make_options *options)
{
	u64 inodes = options->inode_count ? options->inode_count : block_count / INODE_RATIO;
	u64 end;

	if (block_count > 0xffffffffull)
		return "too large: block numbers have 32 bits";
	memset(super, 0, sizeof(*super));
	super->magic = FS_MAGIC;
	super->version = FS_VERSION;
	super->block_size = FS_BLOCK_SIZE;
	super->block_count = (u32)block_count;
	super->inode_count = (u32)ALIGN_UP(MAX(inodes, 2ull), (u64)INODES_PER_BLOCK);
	super->log_start = 1;
	super->log_capacity = options->log_capacity ? options->log_capacity
						    : clamp(block_count / 64, LOG_CAPACITY_USUAL, LOG_CAPACITY_MAX);
	super->bitmap_start = 1 + LOG_SLOTS * (super->log_capacity + 1);
	super->inode_start = super->bitmap_start + (u32)((block_count + GROUP_BLOCKS - 1) / GROUP_BLOCKS);
	end = super->inode_start + (u64)super->inode_count / INODES_PER_BLOCK;
	super->data_start = (u32)end;
	super->checksum = fs_super_checksum(super);
	if (super->log_capacity < LOG_CAPACITY_MIN || super->log_capacity > LOG_CAPACITY_MAX)
		return "this log capacity is out of range";
	if (end >= block_count)
		return "too small for its superblock, log and inodes";
	return NULL;
}

/* The bits of all blocks before data_start, of the root directory's block, and behind the last block. */
static void fill_bitmap_block(const struct fs_super *super, u32 group, u8 *block)
{
	memset(block, 0, FS_BLOCK_SIZE);
	for (u32 bit = 0; bit < GROUP_BLOCKS; bit++) {
		u64 number = (u64)group * GROUP_BLOCKS + bit;

		if (number <= super->data_start || number >= super->block_count)
			block[bit / 8] |= (u8)(1 << bit % 8);
	}
}

static int write_bitmap(struct block_device *dev, const struct fs_super *super, u8 *block)
{
	int error = 0;

	for (u32 group = 0; super->bitmap_start + group < super->inode_start && !error; group++) {
		fill_bitmap_block(super, group, block);
		error = dev->write(dev, super->bitmap_start + group, 1, block);
	}
	return error;
}

static int write_root(struct block_device *dev, const struct fs_super *super, u8 *block)
{
	struct disk_inode *root = (struct disk_inode *)block + FS_ROOT_INO;
	struct disk_dirent *entry = (struct disk_dirent *)block;
	int error;

	memset(block, 0, FS_BLOCK_SIZE);
	root->type = INODE_DIR;
	root->nlink = 2;
	root->size = 2 * sizeof(*entry);
	root->block[0] = super->data_start;
	error = dev->write(dev, super->inode_start, 1, block);
	if (error)
		return error;
	memset(block, 0, FS_BLOCK_SIZE);
	entry[0] = (struct disk_dirent){ FS_ROOT_INO, "." };
	entry[1] = (struct disk_dirent){ FS_ROOT_INO, ".." };
	return dev->write(dev, super->data_start, 1, block);
}

int make_empty_log(struct block_device *dev, const struct fs_super *super)
{
	u8 *block = host_alloc(FS_BLOCK_SIZE);
	struct log_record *record = (struct log_record *)block;
	int error = 0;

	for (u32 i = 1; i < LOG_SLOTS * (super->log_capacity + 1) && !error; i++)
		error = dev->write(dev, super->log_start + i, 1, block);
	record->magic = LOG_MAGIC;
	record->checksum = log_record_checksum(record);
	if (!error)
		error = dev->write(dev, super->log_start, 1, block);
	host_free(block);
	return error;
}

const char *make_fs(struct block_device *dev, const struct make_options *options)
{
	struct fs_super super;
	const char *fault = lay_out(&super, dev->block_count, options);
	u8 *block;
	int error;

	if (fault)
		return fault;
	block = host_alloc(FS_BLOCK_SIZE);
	memcpy(block, &super, sizeof(super));
	error = dev->write(dev, 0, 1, block);
	if (!error)
		error = make_empty_log(dev, &super);
	if (!error)
		error = write_bitmap(dev, &super, block);
	if (!error)
		error = write_root(dev, &super, block);
	host_free(block);
	return error ? "writing failed" : NULL;
}
