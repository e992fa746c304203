/*
 * Inodes in memory.  The contract and the order of locks are in node.h.
 *
 * I1  The cache holds at most one struct inode for a number, exactly while refs > 0.
 * I2  Only the holder of the last reference frees an inode on disk, and nobody can find it then: it has no name.
 */
#include "fs/node.h"
#include "fs/blocks.h"
#include "fs/space.h"
#include "fs/inode.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

#define NODE_BUCKETS 64u

_Static_assert(INODE_FILE == (int)T_FILE && INODE_DIR == (int)T_DIR && INODE_DEV == (int)T_DEV, "types on disk");

static struct {
	struct spinlock lock;
	/* lock */
	struct list buckets[NODE_BUCKETS];
	u32 count;
} nodes;

/* ---- References ---------------------------------------------------------------------------------------- */

void node_cache_init(void)
{
	spin_init(&nodes.lock, "inodes", RANK_INODE_CACHE);
	for (u32 i = 0; i < NODE_BUCKETS; i++)
		list_init(&nodes.buckets[i]);
	nodes.count = 0;
}

u32 node_count(void)
{
	return READ_ONCE(nodes.count);
}

static struct inode *node_find_locked(u32 ino)
{
	struct inode *ip;

	list_for_each(ip, &nodes.buckets[ino % NODE_BUCKETS], link)
		if (ip->ino == ino)
			return ip;
	return NULL;
}

static struct inode *node_alloc_locked(u32 ino)
{
	struct inode *ip = kmalloc(sizeof(*ip));

	if (!ip)
		return NULL;
	ip->ino = ino;
	mutex_init(&ip->write, "inode write", RANK_INODE_WRITE);
	mutex_init(&ip->lock, "inode", RANK_INODE);
	list_push_front(&nodes.buckets[ino % NODE_BUCKETS], &ip->link);
	nodes.count++;
	return ip;
}

int node_get(u32 ino, struct inode **out)
{
	struct inode *ip;

	if (ino == 0 || ino >= volume.super.inode_count)
		return volume_damaged("inode number", ino);
	spin_lock(&nodes.lock);
	ip = node_find_locked(ino);
	if (!ip)
		ip = node_alloc_locked(ino);
	if (ip)
		ip->refs++;
	spin_unlock(&nodes.lock);
	*out = ip;
	return ip ? 0 : -ENOMEM;
}

void inode_get(struct inode *ip)
{
	spin_lock(&nodes.lock);
	ASSERT(ip->refs > 0, "node: inode %u is got without a reference", ip->ino);
	ip->refs++;
	spin_unlock(&nodes.lock);
}

/* ---- Reading and writing ------------------------------------------------------------------------------- */

static u32 home_block(u32 ino)
{
	return volume.super.inode_start + ino / INODES_PER_BLOCK;
}

static struct disk_inode *home_slot(struct buffer *home, u32 ino)
{
	return (struct disk_inode *)home->data + ino % INODES_PER_BLOCK;
}

static bool node_is_sane(const struct disk_inode *disk)
{
	if (disk->type != T_FILE && disk->type != T_DIR && disk->type != T_DEV)
		return false;
	if (disk->flags & ~INODE_TRIM || disk->nlink > FS_LINK_MAX || disk->size > FS_FILE_MAX)
		return false;
	return disk->type != T_DIR || disk->size % sizeof(struct disk_dirent) == 0;
}

static int node_load(struct inode *ip)
{
	struct buffer *home;
	int error = buffer_get(home_block(ip->ino), &home);

	if (error)
		return error;
	ip->disk = *home_slot(home, ip->ino);
	buffer_put(home);
	ip->loaded = true;
	return 0;
}

int inode_lock(struct inode *ip)
{
	int error = 0;

	mutex_lock(&ip->lock);
	if (!ip->loaded)
		error = node_load(ip);
	if (!error && !node_is_sane(&ip->disk)) {
		ip->loaded = false;
		error = volume_damaged("inode", ip->ino);
	}
	if (error)
		mutex_unlock(&ip->lock);
	return error;
}

int inode_lock_change(struct inode *ip)
{
	int error = inode_lock(ip);

	if (error)
		return error;
	error = buffer_get(home_block(ip->ino), &ip->home);
	if (error)
		mutex_unlock(&ip->lock);
	return error;
}

void inode_unlock(struct inode *ip)
{
	if (ip->home)
		buffer_put(ip->home);
	ip->home = NULL;
	mutex_unlock(&ip->lock);
}

void inode_store(struct log_op *op, struct inode *ip)
{
	ASSERT(mutex_is_held(&ip->lock) && ip->home, "node: inode %u is stored but not locked for it", ip->ino);
	*home_slot(ip->home, ip->ino) = ip->disk;
	log_write(op, ip->home);
}

/* ---- Creating ------------------------------------------------------------------------------------------ */

/* Lock the inode of a number that was free until now, and have its home. */
static int node_lock_free(struct inode *ip)
{
	int error;

	mutex_lock(&ip->lock);
	error = buffer_get(home_block(ip->ino), &ip->home);
	if (!error && home_slot(ip->home, ip->ino)->type != T_NONE)
		error = volume_damaged("inode that should be free:", ip->ino);
	if (error)
		inode_unlock(ip);
	return error;
}

int node_create(struct log_op *op, enum file_type type, struct inode **out)
{
	struct inode *ip;
	u32 ino;
	int error = space_alloc_inode(&ino);

	if (error)
		return error;
	error = node_get(ino, &ip);
	if (!error) {
		error = node_lock_free(ip);
		if (error)
			inode_put(ip);
	}
	if (error) {
		space_free_inode(ino);
		return error;
	}
	memset(&ip->disk, 0, sizeof(ip->disk));
	ip->disk.type = type;
	ip->loaded = true;
	inode_store(op, ip);
	*out = ip;
	return 0;
}

void node_destroy(struct log_op *op, struct inode *ip)
{
	memset(&ip->disk, 0, sizeof(ip->disk));
	inode_store(op, ip);
	space_free_inode(ip->ino);
}

/* ---- Ending -------------------------------------------------------------------------------------------- */

/* One operation's worth of freeing everything and then the inode itself.  As blocks_trim(). */
static int node_reclaim_step(struct inode *ip)
{
	struct log_op op;
	int result = log_begin(&op, log_op_limit());

	if (result)
		return result;
	result = inode_lock_change(ip);
	if (!result) {
		result = blocks_trim(&op, ip, 0);
		if (!result)
			node_destroy(&op, ip);
		inode_unlock(ip);
	}
	log_end(&op);
	return result;
}

static bool node_is_orphan(const struct inode *ip)
{
	return ip->loaded && ip->disk.type != T_NONE && ip->disk.nlink == 0;
}

/*
 * Asks again after reclaiming: as soon as the number is free another thread may have made a new inode of it, in this
 * same struct, and unlinked that too.  It leaves the freeing to us then, since we still hold a reference.
 */
void inode_put(struct inode *ip)
{
	int result = 0;
	bool last;

	spin_lock(&nodes.lock);
	ASSERT(ip->refs > 0, "node: put of inode %u, which nobody uses", ip->ino);
	while (ip->refs == 1 && node_is_orphan(ip) && result >= 0) {
		spin_unlock(&nodes.lock);
		result = node_reclaim_step(ip);
		spin_lock(&nodes.lock);
	}
	last = --ip->refs == 0;
	if (last) {
		list_remove(&ip->link);
		nodes.count--;
	}
	spin_unlock(&nodes.lock);
	if (last)
		kfree(ip);
}

static int trim_step(struct inode *ip)
{
	struct log_op op;
	int result = log_begin(&op, log_op_limit());

	if (result)
		return result;
	result = inode_lock_change(ip);
	if (!result) {
		result = blocks_trim(&op, ip, (ip->disk.size + FS_BLOCK_SIZE - 1) / FS_BLOCK_SIZE);
		if (!result) {
			ip->disk.flags &= (u16)~INODE_TRIM;
			inode_store(&op, ip);
		}
		inode_unlock(ip);
	}
	log_end(&op);
	return result;
}

int inode_finish_trim(struct inode *ip)
{
	int result;

	ASSERT(mutex_is_held(&ip->write), "node: inode %u is trimmed without its write lock", ip->ino);
	do {
		result = trim_step(ip);
	} while (result == BLOCKS_MORE);
	return result;
}

/* ---- The scan at mount --------------------------------------------------------------------------------- */

#define SCAN_ORDER  4
#define SCAN_BLOCKS (1u << SCAN_ORDER)

/* Complete what was under way at this inode.  An error has been reported, and the next mount tries again. */
static void finish_pending(u32 ino)
{
	struct inode *ip;

	if (node_get(ino, &ip))
		return;
	if (inode_lock(ip) == 0) {
		bool trim = ip->disk.flags & INODE_TRIM && ip->disk.nlink > 0;

		inode_unlock(ip);
		if (trim) {
			mutex_lock(&ip->write);
			inode_finish_trim(ip);
			mutex_unlock(&ip->write);
		}
	}
	inode_put(ip);
}

static void scan_inode(u32 ino, const struct disk_inode *disk)
{
	if (ino == 0 || disk->type == T_NONE)
		return;
	space_mark_inode(ino);
	if (disk->nlink == 0 || disk->flags & INODE_TRIM)
		finish_pending(ino);
}

int node_scan(void)
{
	u32 end = volume.super.data_start, count;
	hpa_t memory = buddy_alloc(SCAN_ORDER);
	struct disk_inode *table;
	int error = 0;

	if (memory.raw == 0)
		return -ENOMEM;
	table = hpa_to_ptr(memory);
	for (u32 block = volume.super.inode_start; block < end && !error; block += count) {
		u32 first_ino = (block - volume.super.inode_start) * INODES_PER_BLOCK;

		count = MIN(SCAN_BLOCKS, end - block);
		error = volume.dev->read(volume.dev, block, count, table);
		for (u32 i = 0; i < count * INODES_PER_BLOCK && !error; i++)
			scan_inode(first_ino + i, &table[i]);
	}
	buddy_free(memory, SCAN_ORDER);
	return error;
}
