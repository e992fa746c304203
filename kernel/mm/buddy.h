/*
 * Physical memory: a buddy allocator of blocks of 4 KiB << order.
 *
 * Blocks are naturally aligned in physical address.  Order 9 is 2 MiB, order 18 is 1 GiB.
 */
#ifndef KERNEL_MM_BUDDY_H
#define KERNEL_MM_BUDDY_H

#include "kernel.h"
#include "boot_info.h"
#include "mm/page.h"

#define ORDER_HUGE 9
#define ORDER_MAX  18

/* Take all RAM that info does not reserve.  Once, at boot, before any other call. */
void buddy_init(const struct boot_info *info);

/* A block of 4 KiB << order bytes, content undefined, counts 0; hpa(0) if there is none. */
hpa_t buddy_alloc(u32 order);

/* Free a block that buddy_alloc() gave, with the same order. */
void buddy_free(hpa_t block, u32 order);

struct buddy_stats {
	u64 page_total, page_free;
	u64 largest_free; /* bytes */
	u64 free_blocks[ORDER_MAX + 1];
};

void buddy_stats(struct buddy_stats *stats);

/* How many pages there are, free or not. */
u64 buddy_page_total(void);

/* Verify that free lists, states and counts agree; panics with values if not.  Slow. */
void buddy_check(void);

#endif
