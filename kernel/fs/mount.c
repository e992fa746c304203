/*
 * Mounting: from a block device to a root directory, and back.
 *
 * The order matters: the log is recovered before anything else is read, the free blocks are known before pending
 * inodes are finished.
 */
#include "fs/fs.h"
#include "fs/buffer.h"
#include "fs/inode.h"
#include "fs/log.h"
#include "fs/names.h"
#include "fs/node.h"
#include "fs/space.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

struct volume volume;

/* How many contradictions of the image have been reported. */
static u32 damage_count;
#define DAMAGE_REPORTS_MAX 10u

int volume_damaged(const char *what, u64 number)
{
	u32 count = __atomic_add_fetch(&damage_count, 1, __ATOMIC_RELAXED);

	if (count <= DAMAGE_REPORTS_MAX)
		printk("fs: the image is damaged: %s %lu%s\n", what, (unsigned long)number,
		       count == DAMAGE_REPORTS_MAX ? " (no further reports)" : "");
	return -EIO;
}

bool volume_has_data_block(u32 block)
{
	return block >= volume.super.data_start && block < volume.super.block_count;
}

/* ---- The superblock ------------------------------------------------------------------------------------ */

static bool layout_is_valid(const struct fs_super *s)
{
	u64 log_end = 1 + (u64)LOG_SLOTS * (s->log_capacity + 1ull);
	u64 bitmap_end = log_end + (s->block_count + FS_BLOCK_SIZE * 8ull - 1) / (FS_BLOCK_SIZE * 8ull);
	u64 inode_end = bitmap_end + s->inode_count / INODES_PER_BLOCK;

	return s->log_start == 1 && s->log_capacity >= LOG_CAPACITY_MIN &&
	       s->log_capacity <= LOG_CAPACITY_MAX && s->bitmap_start == log_end &&
	       s->inode_start == bitmap_end && s->inode_count % INODES_PER_BLOCK == 0 &&
	       s->inode_count > 0 && s->data_start == inode_end && s->data_start < s->block_count;
}

/* What is wrong with it; NULL if nothing is. */
static const char *super_fault(const struct fs_super *s)
{
	if (s->magic != FS_MAGIC)
		return "no Flatland file system";
	if (s->checksum != fs_super_checksum(s))
		return "wrong checksum of the superblock";
	if (s->version != FS_VERSION || s->block_size != FS_BLOCK_SIZE)
		return "a version that this kernel does not know";
	if (!layout_is_valid(s))
		return "a superblock that contradicts itself";
	if (s->block_count > volume.dev->block_count)
		return "a file system larger than its device";
	return NULL;
}

static int read_super(void)
{
	struct fs_super *block = kmalloc(FS_BLOCK_SIZE);
	const char *fault;
	int error;

	if (!block)
		return -ENOMEM;
	error = volume.dev->read(volume.dev, 0, 1, block);
	volume.super = *block;
	kfree(block);
	if (error)
		return error;
	fault = super_fault(&volume.super);
	if (!fault)
		return 0;
	printk("fs: %s: %s\n", volume.dev->name, fault);
	return -EINVAL;
}

/* ---- Mounting ------------------------------------------------------------------------------------------ */

/*
 * A sixteenth of the memory for buffers.  A third of them may be in the open transaction and a third in the sealed
 * one, so a third is always left to work with.
 */
#define CACHE_MIN (3 * LOG_CAPACITY_MIN)
#define CACHE_MAX 3072u

static u32 cache_size(void)
{
	struct buddy_stats stats;

	buddy_stats(&stats);
	return (u32)MIN(MAX(stats.page_total / 16, (u64)CACHE_MIN), (u64)CACHE_MAX);
}

static int open_root(void)
{
	int error = node_get(FS_ROOT_INO, &volume.root);

	if (error)
		return error;
	error = inode_lock(volume.root);
	if (!error) {
		if (volume.root->disk.type != T_DIR || volume.root->disk.nlink == 0)
			error = volume_damaged("root directory: inode", FS_ROOT_INO);
		inode_unlock(volume.root);
	}
	if (error)
		inode_put(volume.root);
	return error;
}

static int open_space(void)
{
	int error = space_open();

	if (error)
		return error;
	error = node_scan();
	if (!error)
		error = open_root();
	if (error)
		space_close();
	return error;
}

static int open_log(u32 limit)
{
	u32 recovered = 0;
	int error = log_open(limit, &recovered);

	if (error)
		return error;
	if (recovered > 0)
		printk("fs: %s: recovered a transaction of %u blocks\n", volume.dev->name, recovered);
	error = open_space();
	if (error)
		log_close();
	return error;
}

int fs_mount(struct block_device *dev)
{
	u32 buffers = cache_size();
	int error;

	ASSERT(!volume.dev, "fs: mount of %s while %s is mounted", dev->name, volume.dev->name);
	volume.dev = dev;
	damage_count = 0;
	node_cache_init();
	names_init();
	error = read_super();
	if (!error)
		error = buffer_cache_open(dev, buffers);
	if (!error) {
		error = open_log(buffers / 3);
		if (error)
			buffer_cache_close();
	}
	if (error)
		volume.dev = NULL;
	return error;
}

int fs_sync(void)
{
	return volume.dev ? log_commit() : 0;
}

int fs_unmount(void)
{
	int error;

	if (node_count() > 1)
		return -EBUSY;
	error = log_commit();
	inode_put(volume.root);
	space_close();
	log_close();
	buffer_cache_close();
	volume.dev = NULL;
	volume.root = NULL;
	return error;
}

struct inode *fs_root(void)
{
	inode_get(volume.root);
	return volume.root;
}

void fs_stats(struct fs_stats *stats)
{
	stats->block_count = volume.super.block_count;
	stats->block_free = space_free_block_count();
	stats->inode_count = volume.super.inode_count;
	stats->inode_free = space_free_inode_count();
}
