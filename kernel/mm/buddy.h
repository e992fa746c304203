/*
 * Physical memory: a buddy allocator of blocks of 4 KiB << order, and a struct page for each 4 KiB page.
 *
 * Blocks are naturally aligned in physical address.  Order 9 is 2 MiB, order 18 is 1 GiB.
 *
 * Counts are always per 4 KiB page: whoever allocates a larger block to hand its pages out one by one (2 MiB user
 * pages) uses page_alloc_block(), and from then on the 512 pages live and die on their own; the allocator joins them
 * again when they are free.  So splitting a 2 MiB mapping changes no count.
 */
#ifndef KERNEL_MM_BUDDY_H
#define KERNEL_MM_BUDDY_H

#include "kernel.h"
#include "boot_info.h"
#include "lib/list.h"

#define ORDER_HUGE 9
#define ORDER_MAX  18

/* One per 4 KiB of RAM.  32 bytes. */
struct page {
	struct list link; /* the allocator's while free; its owner's while allocated */
	u32 count;        /* references; atomic; 0 while free */
	u16 flags;        /* atomic */
	u8 order;         /* of the free block that starts here; the allocator's lock */
	u8 state;         /* enum page_state; the allocator's lock */
	u64 owner;        /* free for the page's owner to use */
};

enum page_state { PAGE_NONE, PAGE_FREE_HEAD, PAGE_FREE_TAIL, PAGE_ALLOCATED, PAGE_RESERVED };
enum { PAGE_ACCESSED = 1, PAGE_DIRTY = 2 }; /* flags: what translations that no longer exist have seen */

/* Take all RAM that info does not reserve.  Once, at boot, before any other call. */
void buddy_init(const struct boot_info *info);

/* A block of 4 KiB << order bytes, content undefined; the null address hpa(0) if there is none. */
hpa_t buddy_alloc(u32 order);

/* Free a block that buddy_alloc() gave, with the same order. */
void buddy_free(hpa_t block, u32 order);

/* One page, zeroed, with count 1; hpa(0) if there is none. */
hpa_t page_alloc(void);

/* A block of which every 4 KiB page is zeroed and has count 1; hpa(0) if there is none. */
hpa_t page_alloc_block(u32 order);

/* Count references; the page is freed with its last. */
void page_get(hpa_t page);
void page_put(hpa_t page);
u32 page_count(hpa_t page);

/* The record of the page that contains pa; NULL if pa is no RAM. */
struct page *page_of(hpa_t pa);
bool hpa_is_ram(hpa_t pa);

/* Where the kernel reads and writes physical memory, and back.  Devices below DIRECT_SIZE too. */
void *hpa_to_ptr(hpa_t pa);
hpa_t ptr_to_hpa(const void *p);

struct buddy_stats {
	u64 page_total, page_free;
	u64 largest_free;             /* bytes */
	u64 free_blocks[ORDER_MAX + 1];
};

void buddy_stats(struct buddy_stats *stats);

/* Verify that free lists, states and counts agree; panics with values if not.  Slow. */
void buddy_check(void);

/*
 * Fault injection, for tests: of the allocations (buddy_alloc, page_alloc, page_alloc_block, kmalloc) that the calling thread
 * makes from here on, let the n-th (1 is the next) fail, once or from then on.  0 turns it off.  Returns how many
 * allocations the thread has made since the last call.
 */
enum fail_mode { FAIL_ONCE, FAIL_ALWAYS };
u64 alloc_fail_nth(u64 n, enum fail_mode mode);

/* For allocators: is this allocation the one that shall fail? */
bool alloc_should_fail(void);

#endif
