/*
 * The kernel's allocators for host programs.  Under a sanitizer every block has its own red zones, and leaks show.
 */
#include "host.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "os.h"

static u64 page_total = 65536;
static u64 allocated;
static u64 attempts, fail_at;
static enum fail_mode fail_how;

void host_set_page_total(u64 pages)
{
	page_total = pages;
}

u64 host_allocation_count(void)
{
	return __atomic_load_n(&allocated, __ATOMIC_RELAXED);
}

u64 alloc_fail_nth(u64 n, enum fail_mode mode)
{
	u64 made = attempts;

	attempts = 0;
	fail_at = n;
	fail_how = mode;
	return made;
}

bool alloc_should_fail(void)
{
	u64 n = __atomic_add_fetch(&attempts, 1, __ATOMIC_RELAXED);

	return fail_at != 0 && (n == fail_at || (n > fail_at && fail_how == FAIL_ALWAYS));
}

static void *allocate(size_t size)
{
	void *p = alloc_should_fail() ? NULL : os_alloc_page_aligned(size);

	if (p)
		__atomic_add_fetch(&allocated, 1, __ATOMIC_RELAXED);
	return p;
}

static void release(void *p)
{
	if (!p)
		return;
	__atomic_sub_fetch(&allocated, 1, __ATOMIC_RELAXED);
	os_free(p);
}

/* ---- The kernel's names -------------------------------------------------------------------------------- */

void *kmalloc(size_t size)
{
	void *p = allocate(size);

	if (p)
		memset(p, 0, size);
	return p;
}

void kfree(void *p)
{
	release(p);
}

hpa_t buddy_alloc(u32 order)
{
	void *p = allocate(PAGE_SIZE << order);

	if (p)
		memset(p, 0xa5, PAGE_SIZE << order);
	return p ? ptr_to_hpa(p) : hpa(0);
}

void buddy_free(hpa_t block, u32 order)
{
	release(hpa_to_ptr(block));
}

void *hpa_to_ptr(hpa_t pa)
{
	return (void *)(uintptr_t)pa.raw;
}

hpa_t ptr_to_hpa(const void *p)
{
	return hpa((uintptr_t)p);
}

void buddy_stats(struct buddy_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->page_total = page_total;
}

/* ---- For the host programs themselves ------------------------------------------------------------------ */

void *host_alloc(size_t size)
{
	void *p = os_alloc_page_aligned(size);

	if (!p)
		host_die("no memory");
	memset(p, 0, size);
	return p;
}

void host_free(void *p)
{
	os_free(p);
}
