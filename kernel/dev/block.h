/*
 * Block devices: 4 KiB blocks, synchronous, flushed on demand.
 */
#ifndef KERNEL_DEV_BLOCK_H
#define KERNEL_DEV_BLOCK_H

#include "abi/types.h"

#define BLOCK_SIZE 4096u

struct block_device {
	const char *name;
	u64 block_count;
	/*
	 * Transfer `count` blocks from number `first` on, to or from physically contiguous kernel memory; sleeps until
	 * it is done.  0 or -EIO.  Requests of several threads may be in flight at once, and complete in any order.
	 */
	int (*read)(struct block_device *dev, u64 first, u32 count, void *buf);
	int (*write)(struct block_device *dev, u64 first, u32 count, const void *buf);
	/* All writes that were done before the call are on stable storage after it.  0 or -EIO. */
	int (*flush)(struct block_device *dev);
	void *private;
};

#endif
