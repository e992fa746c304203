/*
 * The plain model: a sorted list of extents.
 */
#include "grading/suites/mmu/ref.h"
#include "grading/sim/guest.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)

void ref_clear(struct ref *ref)
{
	ref->count = 0;
}

bool ref_is_free(const struct ref *ref, uint64_t start, uint64_t end)
{
	for (int i = 0; i < ref->count; i++)
		if (ref->extents[i].start < end && start < ref->extents[i].end)
			return false;
	return true;
}

const struct ref_extent *ref_find(const struct ref *ref, uint64_t at)
{
	for (int i = 0; i < ref->count; i++)
		if (ref->extents[i].start <= at && at < ref->extents[i].end)
			return &ref->extents[i];
	return NULL;
}

static void insert(struct ref *ref, int i, const struct ref_extent *extent)
{
	EXPECT(ref->count < REF_MAX, "the model has no room for more extents");
	for (int j = ref->count++; j > i; j--)
		ref->extents[j] = ref->extents[j - 1];
	ref->extents[i] = *extent;
}

void ref_map(struct ref *ref, const struct ref_extent *extent)
{
	struct ref_extent copy = *extent;
	int i = 0;

	while (i < ref->count && ref->extents[i].start < copy.start)
		i++;
	insert(ref, i, &copy);
}

/* Make `at` a border of extents. */
static void cut(struct ref *ref, uint64_t at)
{
	for (int i = 0; i < ref->count; i++) {
		struct ref_extent *e = &ref->extents[i], rest = *e;

		if (e->start >= at || at >= e->end)
			continue;
		rest.start = at;
		rest.page = hpa_add(e->page, at - e->start);
		e->end = at;
		insert(ref, i + 1, &rest);
		return;
	}
}

void ref_unmap(struct ref *ref, uint64_t start, uint64_t end)
{
	int kept = 0;

	cut(ref, start);
	cut(ref, end);
	for (int i = 0; i < ref->count; i++)
		if (ref->extents[i].end <= start || end <= ref->extents[i].start)
			ref->extents[kept++] = ref->extents[i];
	ref->count = kept;
}

void ref_protect(struct ref *ref, uint64_t start, uint64_t end, pt_prot_t prot)
{
	cut(ref, start);
	cut(ref, end);
	for (int i = 0; i < ref->count; i++)
		if (ref->extents[i].start >= start && ref->extents[i].end <= end)
			ref->extents[i].prot = prot;
}

/* ---- Comparing ---------------------------------------------------------------------------------------------- */

void ref_compare_page(const struct ref *ref, uint64_t at)
{
	const struct ref_extent *e = ref_find(ref, at);
	struct sim_mapping m = sim_mapping_of(world.root.pt.root, ia(at));
	unsigned rights = e ? world_rights(e->prot) : 0;
	uint64_t out = e ? e->page.raw + (at - e->start) : 0;

	EXPECT(m.rights || !e, "[MAP-MISSING] 0x%lx should be mapped, to 0x%lx; hardware finds nothing",
	       (unsigned long)at, (unsigned long)out);
	EXPECT(!m.rights || e, "[MAP-TOO-MUCH] 0x%lx should not be mapped; hardware finds 0x%lx", (unsigned long)at,
	       (unsigned long)m.out.raw);
	EXPECT(!e || m.out.raw == out, "[WRONG-PAGE] 0x%lx should be mapped to 0x%lx; hardware finds 0x%lx",
	       (unsigned long)at, (unsigned long)out, (unsigned long)m.out.raw);
	EXPECT(m.rights == rights, "[WRONG-RIGHTS] 0x%lx should have rights %x; hardware finds %x", (unsigned long)at,
	       rights, m.rights);
}

/* First and last page of [start, end), those beside the middle, and one in between. */
static void compare_part(const struct ref *ref, uint64_t start, uint64_t end, uint64_t *random)
{
	uint64_t pages = (end - start) / PAGE;

	if (start >= end)
		return;
	ref_compare_page(ref, start);
	ref_compare_page(ref, end - PAGE);
	ref_compare_page(ref, start + pages / 2 * PAGE);
	ref_compare_page(ref, start + check_random(random) % pages * PAGE);
}

void ref_compare(const struct ref *ref, uint64_t *random, int samples)
{
	uint64_t end = pt_ia_end(&world.root.pt), at = 0;

	for (int i = 0; i < ref->count; i++) {
		compare_part(ref, at, ref->extents[i].start, random);
		compare_part(ref, ref->extents[i].start, ref->extents[i].end, random);
		at = ref->extents[i].end;
	}
	compare_part(ref, at, end, random);
	for (int i = 0; i < samples; i++)
		ref_compare_page(ref, check_random(random) % end / PAGE * PAGE);
}
