/*
 * Address spaces for tests: see space.h.
 */
#include "space.h"

#define SPACES_MAX 24

static struct aspace *spaces[SPACES_MAX];
static bool armed; /* destroy_all() will be called */

static struct aspace **find(const struct aspace *as)
{
	for (u32 i = 0; i < SPACES_MAX; i++)
		if (spaces[i] == as)
			return &spaces[i];
	return NULL;
}

static void destroy_all(void *unused)
{
	armed = false;
	for (u32 i = 0; i < SPACES_MAX; i++)
		if (spaces[i])
			space_destroy(spaces[i]);
}

void space_adopt(struct aspace *as)
{
	struct aspace **place = find(NULL);

	ASSERT_NE(as, NULL);
	ASSERT_NE(place, NULL);
	*place = as;
	if (!armed)
		ktest_defer(destroy_all, NULL);
	armed = true;
}

struct aspace *space_create(void)
{
	struct aspace *as = aspace_create();

	space_adopt(as);
	return as;
}

struct aspace *space_fork(struct aspace *from)
{
	struct aspace *as = aspace_fork(from);

	space_adopt(as);
	return as;
}

void space_destroy(struct aspace *as)
{
	struct aspace **place = find(as);

	*place = NULL;
	aspace_destroy(as);
	aspace_put(as);
}

static hva_t map(struct aspace *as, const struct map_request *request)
{
	s64 start = aspace_map(as, request);

	ASSERT_GT(start, 0);
	return hva(start);
}

hva_t space_map(struct aspace *as, u64 pages, u32 prot, u32 flags)
{
	return map(as, &(struct map_request){ .size = pages * PAGE_SIZE, .prot = prot,
					      .flags = MAP_PRIVATE | MAP_ANON | flags });
}

hva_t space_map_at(struct aspace *as, hva_t at, u64 pages, u32 prot, u32 flags)
{
	return map(as, &(struct map_request){ .addr = at, .size = pages * PAGE_SIZE, .prot = prot,
					      .flags = MAP_PRIVATE | MAP_ANON | MAP_FIXED | flags });
}

/* ---- Contents ------------------------------------------------------------------------------------------ */

void space_put(struct aspace *as, hva_t va, u64 value)
{
	EXPECT_EQ(aspace_write(as, va, &value, sizeof(value)), 0, "at 0x%lx", va.raw);
}

u64 space_get(struct aspace *as, hva_t va)
{
	u64 value = ~0ull;

	EXPECT_EQ(aspace_read(as, &value, va, sizeof(value)), 0, "at 0x%lx", va.raw);
	return value;
}

int space_try_read(struct aspace *as, hva_t va)
{
	u64 value;

	return aspace_read(as, &value, va, sizeof(value));
}

int space_try_write(struct aspace *as, hva_t va)
{
	u64 value = 0x77;

	return aspace_write(as, va, &value, sizeof(value));
}

void space_fill(struct aspace *as, hva_t va, u64 count, u64 start)
{
	for (u64 i = 0; i < count; i++)
		space_put(as, page_at(va, i), start + i);
}

void space_expect(struct aspace *as, hva_t va, u64 count, u64 start)
{
	for (u64 i = 0; i < count; i++)
		EXPECT_EQ(space_get(as, page_at(va, i)), start + i, "page %lu", i);
}

/* ---- Tables -------------------------------------------------------------------------------------------- */

static struct upt_entry look(struct aspace *as, hva_t va)
{
	struct upt_entry e;

	spin_lock(&as->table_lock);
	e = upt_lookup(as->root, va);
	spin_unlock(&as->table_lock);
	return e;
}

hpa_t space_page(struct aspace *as, hva_t va)
{
	struct upt_entry e = look(as, va);

	if (upte_kind(e.pte, e.level) != UPT_LEAF)
		return hpa(0);
	return hpa_add(upte_hpa(e.pte), ALIGN_DOWN(va.raw - e.start.raw, PAGE_SIZE));
}

int space_level(struct aspace *as, hva_t va)
{
	struct upt_entry e = look(as, va);

	return upte_kind(e.pte, e.level) == UPT_LEAF ? e.level : -1;
}

u32 space_rights(struct aspace *as, hva_t va)
{
	struct upt_entry e = look(as, va);

	return upte_kind(e.pte, e.level) == UPT_LEAF ? upte_rights(e.pte) : 0;
}
