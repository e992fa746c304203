/*
 * Pages of RAM: a record for each 4 KiB, with a reference count.
 *
 * Counts are always per 4 KiB page, also inside larger blocks: whoever wants a block whose pages live and die on their
 * own (2 MiB user pages) uses page_alloc_block(); the allocator joins the pages again when they are free.  So splitting
 * a 2 MiB mapping changes no count.
 */
#ifndef KERNEL_MM_PAGE_H
#define KERNEL_MM_PAGE_H

#include "kernel.h"
#include "lib/list.h"
#include "mmu/pt/addr.h"

enum page_state { PAGE_NONE, PAGE_FREE_HEAD, PAGE_FREE_TAIL, PAGE_ALLOCATED, PAGE_RESERVED };
enum { PAGE_ACCESSED = 1, PAGE_DIRTY = 2 }; /* flags: what translations that no longer exist have seen */

/* One per 4 KiB of RAM; 32 bytes. */
struct page {
	struct list link; /* the allocator's while free; its owner's while allocated */
	u64 owner;        /* its owner's; 0 after allocation */
	u32 count;        /* references; atomic; 0 while free */
	u8 flags;         /* atomic */
	u8 order;         /* of the free block that starts here; the allocator's lock */
	u8 state;         /* enum page_state; the allocator's lock */
};

/* One page, zeroed, with count 1; hpa(0) if there is none. */
hpa_t page_alloc(void);

/* A block of 4 KiB << order of which every page is zeroed and has count 1; hpa(0) if there is none. */
hpa_t page_alloc_block(u32 order);

/* Count references; the page is freed with its last. */
void page_get(hpa_t page);
void page_put(hpa_t page);
u32 page_count(hpa_t page);

/* Note PAGE_ flags of the page. */
void page_mark(hpa_t page, u32 flags);

/* The record of the page that contains pa; NULL if pa is no RAM. */
struct page *page_of(hpa_t pa);

/* Where the kernel reads and writes physical memory, and back.  Devices below DIRECT_SIZE too. */
void *hpa_to_ptr(hpa_t pa);
hpa_t ptr_to_hpa(const void *p);

#endif
