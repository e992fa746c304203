/*
 * A disk for tests.  See fs_disk.h.
 */
#include "fs_disk.h"
#include "boot_info.h"
#include "init.h"
#include "kernel.h"
#include "lock.h"
#include "fs/fs.h"
#include "fs/volume.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "arch/arch.h"

#define HISTORY_MAX 200

static struct {
	struct block_device dev;
	const u8 *base;          /* the RAM disk */

	struct spinlock lock;
	/* lock */
	u8 **changed;            /* of each block: NULL, or what was written */
	u32 fail_kinds, fail_in;
	u32 writes_left;
	u32 read_count;
	char history[HISTORY_MAX];
	u32 history_length;
} disk;

/* ---- Requests ------------------------------------------------------------------------------------------ */

static bool fails_locked(enum disk_failure kind)
{
	return disk.fail_kinds & kind && disk.fail_in > 0 && --disk.fail_in == 0;
}

static void note_locked(char letter)
{
	u32 *length = &disk.history_length;

	if (*length > 0 && disk.history[*length - 1] == letter)
		return;
	if (*length < HISTORY_MAX - 1)
		disk.history[(*length)++] = letter;
}

static char letter_of(u64 block)
{
	const struct fs_super *super = (const struct fs_super *)disk.base;
	u64 at = block - super->log_start;

	if (block < super->log_start || block >= super->bitmap_start)
		return 'H';
	return at % (super->log_capacity + 1) == 0 ? 'R' : 'L';
}

static int disk_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	bool fails;

	spin_lock(&disk.lock);
	fails = fails_locked(DISK_READS);
	disk.read_count++;
	for (u32 i = 0; i < count && !fails; i++) {
		const u8 *from = disk.changed[first + i];

		memcpy((u8 *)buf + i * BLOCK_SIZE, from ? from : disk.base + (first + i) * BLOCK_SIZE, BLOCK_SIZE);
	}
	spin_unlock(&disk.lock);
	return fails ? -EIO : 0;
}

static int write_block_locked(u64 block, const u8 *from)
{
	if (!disk.changed[block])
		disk.changed[block] = kmalloc(BLOCK_SIZE);
	if (!disk.changed[block])
		return -EIO;
	memcpy(disk.changed[block], from, BLOCK_SIZE);
	return 0;
}

static int disk_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	int error = 0;

	spin_lock(&disk.lock);
	if (fails_locked(DISK_WRITES))
		error = -EIO;
	for (u32 i = 0; i < count && !error && disk.writes_left > 0; i++) {
		note_locked(letter_of(first + i));
		error = write_block_locked(first + i, (const u8 *)buf + i * BLOCK_SIZE);
		if (disk.writes_left != ~0u)
			disk.writes_left--;
	}
	spin_unlock(&disk.lock);
	return error;
}

static int disk_flush(struct block_device *dev)
{
	bool fails;

	spin_lock(&disk.lock);
	fails = fails_locked(DISK_FLUSHES);
	note_locked('F');
	spin_unlock(&disk.lock);
	return fails ? -EIO : 0;
}

/* ---- For the cases ------------------------------------------------------------------------------------- */

static void disk_close(void *unused)
{
	for (u64 i = 0; i < disk.dev.block_count; i++)
		kfree(disk.changed[i]);
	kfree(disk.changed);
	disk.changed = NULL;
}

struct block_device *disk_open(void)
{
	const struct hpa_range *initrd = &boot_info()->initrd;
	u64 blocks = (initrd->end.raw - initrd->start.raw) / BLOCK_SIZE;

	if (blocks == 0)
		SKIP("no RAM disk");
	memset(&disk, 0, sizeof(disk));
	spin_init(&disk.lock, "test disk", RANK_DISK_RING);
	disk.dev = (struct block_device){ "test disk", blocks, disk_read, disk_write, disk_flush, NULL };
	disk.base = hpa_to_ptr(initrd->start);
	disk.writes_left = ~0u;
	disk.changed = kmalloc(blocks * sizeof(*disk.changed));
	ASSERT_TRUE(disk.changed != NULL);
	ktest_defer(disk_close, NULL);
	return &disk.dev;
}

static void unmount(void *unused)
{
	disk_fail(0, 0);
	if (volume.dev)
		EXPECT_EQ(fs_unmount(), 0);
}

void disk_mount(void)
{
	struct block_device *dev = disk_open();

	ASSERT_EQ(fs_mount(dev), 0);
	ktest_defer(unmount, NULL);
	disk_history();
}

void disk_remount(void)
{
	ASSERT_EQ(fs_unmount(), 0);
	disk_freeze_after(~0u);
	ASSERT_EQ(fs_mount(&disk.dev), 0);
}

void disk_fail(u32 kinds, u32 n)
{
	spin_lock(&disk.lock);
	disk.fail_kinds = kinds;
	disk.fail_in = n;
	spin_unlock(&disk.lock);
}

void disk_freeze_after(u32 writes)
{
	spin_lock(&disk.lock);
	disk.writes_left = writes;
	spin_unlock(&disk.lock);
}

u32 disk_read_count(void)
{
	return READ_ONCE(disk.read_count);
}

const char *disk_history(void)
{
	static char copy[HISTORY_MAX];

	spin_lock(&disk.lock);
	memcpy(copy, disk.history, sizeof(copy));
	copy[disk.history_length] = 0;
	disk.history_length = 0;
	spin_unlock(&disk.lock);
	return copy;
}
