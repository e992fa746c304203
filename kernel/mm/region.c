/*
 * Regions: a list in the order of addresses, short enough to search from the front (REGIONS_MAX bounds it).
 */
#include "mm/region.h"
#include "mm/kmalloc.h"
#include "fs/file.h"

struct region *region_next(const struct aspace *as, const struct region *r)
{
	return r->link.next == &as->regions ? NULL : list_first(&r->link, struct region, link);
}

struct region *region_first_above(const struct aspace *as, hva_t va)
{
	struct region *r;

	list_for_each(r, &as->regions, link)
		if (r->end.raw > va.raw)
			return r;
	return NULL;
}

struct region *region_find(const struct aspace *as, hva_t va)
{
	struct region *r = region_first_above(as, va);

	return r && r->start.raw <= va.raw ? r : NULL;
}

bool region_covers(const struct aspace *as, struct hva_range range)
{
	hva_t at = range.start;

	while (at.raw < range.end.raw) {
		struct region *r = region_find(as, at);

		if (!r)
			return false;
		at = r->end;
	}
	return true;
}

bool region_is_free(const struct aspace *as, struct hva_range range)
{
	struct region *r = region_first_above(as, range.start);

	return !r || r->start.raw >= range.end.raw;
}

/* From the top down: each gap between two regions, then the one below the lowest. */
hva_t region_find_hole(const struct aspace *as, u64 size, u64 align)
{
	u64 top = MMAP_END;
	const struct list *link = as->regions.prev;

	for (;; link = link->prev) {
		const struct region *r = link == &as->regions ? NULL : list_entry(link, struct region, link);
		u64 bottom = r ? r->end.raw : PAGE_SIZE;

		if (top >= size && ALIGN_DOWN(top - size, align) >= bottom && top > bottom)
			return hva(ALIGN_DOWN(top - size, align));
		if (!r)
			return hva(0);
		top = MIN(top, r->start.raw);
	}
}

void region_insert(struct aspace *as, struct region *r)
{
	struct region *next = region_first_above(as, r->start);

	ASSERT(region_is_free(as, (struct hva_range){ r->start, r->end }), "region_insert: 0x%lx-0x%lx is not free",
	       r->start.raw, r->end.raw);
	list_insert_before(next ? &next->link : &as->regions, &r->link);
	as->region_count++;
}

int region_split(struct aspace *as, hva_t va)
{
	struct region *r = region_find(as, va), *upper;

	if (!r || r->start.raw == va.raw)
		return 0;
	if (as->region_count >= REGIONS_MAX)
		return -ENOMEM;
	upper = kmalloc(sizeof(*upper));
	if (!upper)
		return -ENOMEM;
	*upper = *r;
	upper->start = va;
	upper->offset = r->offset + (va.raw - r->start.raw);
	if (upper->file)
		file_get(upper->file);
	r->end = va;
	list_push_front(&r->link, &upper->link);
	as->region_count++;
	return 0;
}

static bool can_merge(const struct region *a, const struct region *b)
{
	return a->end.raw == b->start.raw && a->prot == b->prot && a->flags == b->flags && !a->file && !b->file;
}

void region_merge(struct aspace *as, struct hva_range range)
{
	struct region *r = region_first_above(as, hva(range.start.raw - 1));

	while (r && r->start.raw <= range.end.raw) {
		struct region *next = region_next(as, r);

		if (!next || !can_merge(r, next)) {
			r = next;
			continue;
		}
		r->end = next->end;
		list_remove(&next->link);
		as->region_count--;
		kfree(next);
	}
}

void region_remove(struct aspace *as, struct hva_range range, struct list *removed)
{
	struct region *r = region_first_above(as, range.start);

	while (r && r->start.raw < range.end.raw) {
		struct region *next = region_next(as, r);

		ASSERT(r->start.raw >= range.start.raw && r->end.raw <= range.end.raw,
		       "region_remove: 0x%lx-0x%lx is not split at 0x%lx-0x%lx", r->start.raw, r->end.raw,
		       range.start.raw, range.end.raw);
		list_remove(&r->link);
		list_push_back(removed, &r->link);
		as->region_count--;
		r = next;
	}
}

void region_free_all(struct list *removed)
{
	while (!list_is_empty(removed)) {
		struct region *r = list_first(removed, struct region, link);

		list_remove(&r->link);
		if (r->file)
			file_put(r->file);
		kfree(r);
	}
}
