/*
 * Virtio block devices on the memory-mapped transport, version 2.
 * Hardware: [VIRTIO] "Virtio Over MMIO", "Block Device".
 */
#ifndef KERNEL_DEV_VIRTIO_BLK_H
#define KERNEL_DEV_VIRTIO_BLK_H

#include "dev/block.h"
#include "mmu/pt/addr.h"

/*
 * Set up the device behind the window at `base`, if it is a block device, and let its interrupts in.  At boot, in a
 * thread.  -ENODEV (empty, another kind, or only the legacy interface), -ENOMEM, -EIO (it refuses).
 */
int virtio_blk_probe(hpa_t base, u32 irq, struct block_device **out);

#endif
