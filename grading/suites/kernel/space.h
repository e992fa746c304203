/*
 * Address spaces for tests: made directly, without a process, and gone when the case ends.
 */
#ifndef SUITES_SPACE_H
#define SUITES_SPACE_H

#include "grading/ktest/ktest.h"
#include "mm/aspace.h"
#include "mm/page.h"

/* Where tests map with MAP_FIXED: 2 MiB aligned, with much free room behind. */
#define AREA 0x40000000ull

#define RW (PROT_READ | PROT_WRITE)

/* ASSERT that there is memory. */
struct aspace *space_create(void);
struct aspace *space_fork(struct aspace *from);

/* Before the case ends. */
void space_destroy(struct aspace *as);

/* Destroy what aspace_fork() or the like has given, which is nobody else's to destroy. */
void space_adopt(struct aspace *as);

/* Private anonymous memory, where the kernel likes or at an address; flags as MAP_HUGE are added.  ASSERTs success. */
hva_t space_map(struct aspace *as, u64 pages, u32 prot, u32 flags);
hva_t space_map_at(struct aspace *as, hva_t at, u64 pages, u32 prot, u32 flags);

/* The address of page n of a mapping, and a range of pages. */
static inline hva_t page_at(hva_t start, u64 n)
{
	return hva_add(start, n * PAGE_SIZE);
}

static inline struct hva_range pages_of(hva_t start, u64 first, u64 end)
{
	return (struct hva_range){ page_at(start, first), page_at(start, end) };
}

/* Write and read the u64 at va as a program would.  EXPECT success. */
void space_put(struct aspace *as, hva_t va, u64 value);
u64 space_get(struct aspace *as, hva_t va);

/* The error of reading or writing at va, without wanting the value. */
int space_try_read(struct aspace *as, hva_t va);
int space_try_write(struct aspace *as, hva_t va);

/* Put start + n to each of `count` pages; EXPECT to find that. */
void space_fill(struct aspace *as, hva_t va, u64 count, u64 start);
void space_expect(struct aspace *as, hva_t va, u64 count, u64 start);

/* What the tables hold for va: the page, hpa(0) for none; the leaf's level, -1 for none; its rights, 0 for none. */
hpa_t space_page(struct aspace *as, hva_t va);
int space_level(struct aspace *as, hva_t va);
u32 space_rights(struct aspace *as, hva_t va);

#endif
