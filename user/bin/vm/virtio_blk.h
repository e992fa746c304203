/*
 * A virtio block device with one queue, behind a window of registers.
 * Hardware: [VIRTIO] "Virtio Over MMIO", "Block Device".
 *
 * A request is done at once, by the thread of the vCPU that rang the bell, with machine.lock held: others that touch a
 * device wait for the file meanwhile.
 */
#ifndef VM_VIRTIO_BLK_H
#define VM_VIRTIO_BLK_H

#include "bus.h"
#include "disk.h"
#include "queue.h"

#define VIRTIO_WINDOW 0x200

struct virtio_blk {
	struct device device;
	u32 line;
	struct disk disk;

	u32 status, interrupt, queue_select, device_select, driver_select;
	u64 accepted; /* features */
	struct queue queue;
	struct chain chain; /* the one that is worked on */
};

/* device.base, line and disk are filled in. */
void virtio_blk_init(struct virtio_blk *v);

#endif
