/*
 * The RAM disk: transfers are copies, and nothing happens later, so runs from it repeat exactly.
 */
#include "dev/ramdisk.h"
#include "kernel.h"
#include "mm/page.h"

static hpa_t disk_start;

static void *block_ptr(u64 block)
{
	return hpa_to_ptr(hpa_add(disk_start, block * BLOCK_SIZE));
}

static bool is_inside(const struct block_device *dev, u64 first, u32 count)
{
	return first <= dev->block_count && count <= dev->block_count - first;
}

static int ramdisk_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	if (!is_inside(dev, first, count))
		return -EIO;
	memcpy(buf, block_ptr(first), (size_t)count * BLOCK_SIZE);
	return 0;
}

static int ramdisk_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	if (!is_inside(dev, first, count))
		return -EIO;
	memcpy(block_ptr(first), buf, (size_t)count * BLOCK_SIZE);
	return 0;
}

static int ramdisk_flush(struct block_device *dev)
{
	return 0;
}

static struct block_device ramdisk = {
	.name = "ramdisk",
	.read = ramdisk_read,
	.write = ramdisk_write,
	.flush = ramdisk_flush,
};

struct block_device *ramdisk_create(hpa_t start, u64 size)
{
	disk_start = start;
	ramdisk.block_count = size / BLOCK_SIZE;
	return &ramdisk;
}
