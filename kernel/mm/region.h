/*
 * The list of an address space's regions.  For the files of mm/ only.
 *
 * Locking: the address space's lock: for reading to look, for writing to change.
 */
#ifndef KERNEL_MM_REGION_H
#define KERNEL_MM_REGION_H

#include "mm/aspace.h"

/* The highest end of what mmap() chooses: below the stack and a page that is never mapped. */
#define MMAP_END (USER_END - PAGE_SIZE - STACK_SIZE - PAGE_SIZE)

/* The region that contains va, or NULL. */
struct region *region_find(const struct aspace *as, hva_t va);

/* The first region that ends above va, or NULL. */
struct region *region_first_above(const struct aspace *as, hva_t va);

/* The region behind r, or NULL. */
struct region *region_next(const struct aspace *as, const struct region *r);

/* For each region that touches the range, whose start is in a region. */
#define for_each_region(r, as, range)                                                                                 \
	for (struct region *r = region_find(as, (range).start); r && r->start.raw < (range).end.raw; \
	     r = region_next(as, r))

/* Is there a region at every address of the range, or at none? */
bool region_covers(const struct aspace *as, struct hva_range range);
bool region_is_free(const struct aspace *as, struct hva_range range);

/* The highest free place of `size` bytes, aligned to `align`; hva(0) if there is none. */
hva_t region_find_hole(const struct aspace *as, u64 size, u64 align);

/* Put r into the list.  Its range is free. */
void region_insert(struct aspace *as, struct region *r);

/* Make sure that a region that contains va starts there.  0 or -ENOMEM (also: too many regions). */
int region_split(struct aspace *as, hva_t va);

/* Join neighbours in and at the edges of the range that differ in nothing but their place. */
void region_merge(struct aspace *as, struct hva_range range);

/* Move all regions of the range to `removed`; the range's edges have been split. */
void region_remove(struct aspace *as, struct hva_range range, struct list *removed);

/* Put the files of removed regions, and free them.  May sleep; the lock must not be held. */
void region_free_all(struct list *removed);

#endif
