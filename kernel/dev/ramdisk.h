/*
 * The RAM disk: a file-system image that the boot loader left in memory, as a block device.
 */
#ifndef KERNEL_DEV_RAMDISK_H
#define KERNEL_DEV_RAMDISK_H

#include "dev/block.h"
#include "mmu/pt/addr.h"

/* The memory [start, start + size), which boot_info reserves, as a device.  At boot, once. */
struct block_device *ramdisk_create(hpa_t start, u64 size);

#endif
