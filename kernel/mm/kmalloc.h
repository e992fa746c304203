/*
 * Small kernel objects: size classes of powers of two from 16 bytes to 2 KiB in slabs of one page; above that whole
 * blocks of the buddy allocator (up to 4 MiB).
 *
 * Locking: any context with interrupts on or off, below RANK_KMALLOC.  Never sleeps.
 */
#ifndef KERNEL_MM_KMALLOC_H
#define KERNEL_MM_KMALLOC_H

#include "kernel.h"

/* Zeroed memory, 16-aligned (page-aligned from 4 KiB up); NULL if there is none. */
void *kmalloc(size_t size);

/* NULL is allowed.  Debug builds poison the memory and catch double frees. */
void kfree(void *p);

/* Objects allocated and not freed. */
u64 kmalloc_count(void);

#endif
