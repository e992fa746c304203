/*
 * mmu/tdp's surroundings, for tests: see stage2.h.  Compiled for the format of this machine's second stage.
 */
#include "grading/suites/hyp/stage2.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mmu/tdp/tdp.h"

struct host {
	struct host_root *root;
	u32 held; /* how often the lock is held, in this mode */
	enum host_lock mode;
};

struct stage2 {
	struct host host;
	struct tdp_root tdp;
};

/* ---- mmu/host.h ---------------------------------------------------------------------------------------- */

hpa_t host_table_alloc(struct host *h, int order)
{
	return buddy_alloc(order);
}

void host_table_free(struct host *h, hpa_t table, int order)
{
	buddy_free(table, order);
}

uint64_t host_table_window(struct host *h)
{
	return (u64)hpa_to_ptr(hpa(0));
}

void host_lock(struct host *h, enum host_lock mode)
{
	h->held++;
	h->mode = mode;
}

void host_unlock(struct host *h, enum host_lock mode)
{
	h->held--;
}

bool host_lock_is_held(struct host *h, enum host_lock mode)
{
	return h->held && h->mode == mode;
}

bool host_should_yield(struct host *h)
{
	return false;
}

struct host_root *host_root_open(struct host *h, hpa_t table, int levels, int extra)
{
	root_init(h->root, table, levels);
	return h->root;
}

void host_root_close(struct host *h, struct host_root *root)
{
}

void host_flush(struct host *h, struct host_root *root, ia_t start, ia_t end, enum host_flush_what what)
{
	root_flush(root);
}

void host_page_mark(struct host *h, ia_t at, hpa_t page, uint64_t size, unsigned ad)
{
}

void host_trace(struct host *h, enum host_trace what, ia_t at, int level, uint64_t count)
{
}

void host_bug(struct host *h, const char *text, uint64_t a, uint64_t b)
{
	panic("mmu: %s (0x%lx, 0x%lx)", text, a, b);
}

/* ---- stage2.h ------------------------------------------------------------------------------------------ */

_Static_assert(PT_READ == (int)STAGE2_READ && PT_WRITE == (int)STAGE2_WRITE && PT_EXEC == (int)STAGE2_EXEC,
	       "the same bits");

struct stage2 *stage2_create(struct host_root *root)
{
	struct stage2 *s = kmalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->host.root = root;
	if (tdp_root_create(&s->tdp, &s->host, PT_LEVELS_MIN, PT_ROOT_EXTRA_MIN)) {
		kfree(s);
		return NULL;
	}
	return s;
}

void stage2_destroy(struct stage2 *s)
{
	tdp_root_destroy(&s->tdp);
	kfree(s);
}

int stage2_map(struct stage2 *s, gpa_t at, hpa_t page, u64 size, u32 rights)
{
	struct tdp_map map = { .page = page, .prot = rights, .max_level = PT_LEAF_LEVEL_MAX };

	return tdp_map_range(&s->tdp, at, gpa_add(at, size), &map);
}

int stage2_unmap(struct stage2 *s, gpa_t at, u64 size)
{
	return tdp_unmap_range(&s->tdp, at, gpa_add(at, size));
}
