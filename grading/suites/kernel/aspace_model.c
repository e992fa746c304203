/*
 * Random operations on a few address spaces, against a model: an array that says of each page whether it is mapped,
 * with which rights, and what it holds.  After each operation the spaces must be consistent, now and then equal to the
 * model.
 *
 * With large pages the model is the same: whether memory is large must not show.
 */
#include "space.h"
#include "mm/buddy.h"

#define SPACES     3
#define PAGES_MAX  (3 * 512)
#define START      (AREA - 16 * PAGE_SIZE) /* some pages before a boundary of 2 MiB */

struct model_page {
	bool mapped;
	u8 prot;
	u64 value; /* of its first word */
};

struct model {
	struct aspace *as;
	struct model_page page[PAGES_MAX];
};

static struct model model[SPACES];
static u64 page_total;    /* of the area */
static u32 map_flags;
static struct ktest_random rng;

static struct hva_range area_range(u64 first, u64 end)
{
	return pages_of(hva(START), first, end);
}

/* Some range; with large pages often one that starts or ends where large pages do. */
static void random_range(u64 *first, u64 *end)
{
	u64 a = random_below(&rng, page_total), size = random_below(&rng, page_total / 4) + 1;

	if (map_flags && random_below(&rng, 2))
		a = 16 + 512 * random_below(&rng, 2);
	if (map_flags && random_below(&rng, 3) == 0)
		size = 512;
	*first = a;
	*end = MIN(a + size, page_total);
}

static u32 random_prot(void)
{
	static const u32 prots[] = { PROT_NONE, PROT_READ, RW, RW, PROT_READ | PROT_EXEC };

	return prots[random_below(&rng, ARRAY_SIZE(prots))];
}

static u64 mapped_count(const struct model *m, u64 first, u64 end)
{
	u64 count = 0;

	for (u64 i = first; i < end; i++)
		count += m->page[i].mapped;
	return count;
}

/* ---- Operations: on the space, and on the model -------------------------------------------------------- */

static void do_map(struct model *m, u64 first, u64 end)
{
	u32 prot = random_prot();
	struct map_request q = {
		.addr = page_at(hva(START), first), .size = (end - first) * PAGE_SIZE, .prot = prot,
		.flags = MAP_PRIVATE | MAP_ANON | MAP_FIXED | map_flags,
	};
	bool is_free = mapped_count(m, first, end) == 0;

	EXPECT_EQ(aspace_map(m->as, &q), is_free ? (s64)q.addr.raw : -EEXIST);
	for (u64 i = first; is_free && i < end; i++)
		m->page[i] = (struct model_page){ .mapped = true, .prot = prot };
}

static void do_unmap(struct model *m, u64 first, u64 end)
{
	EXPECT_EQ(aspace_unmap(m->as, area_range(first, end)), 0);
	for (u64 i = first; i < end; i++)
		m->page[i] = (struct model_page){ 0 };
}

static void do_protect(struct model *m, u64 first, u64 end)
{
	u32 prot = random_prot();
	bool whole = mapped_count(m, first, end) == end - first;

	EXPECT_EQ(aspace_protect(m->as, area_range(first, end), prot), whole ? 0 : -ENOMEM);
	for (u64 i = first; whole && i < end; i++)
		m->page[i].prot = prot;
}

static void do_dontneed(struct model *m, u64 first, u64 end)
{
	bool whole = mapped_count(m, first, end) == end - first;

	EXPECT_EQ(aspace_dontneed(m->as, area_range(first, end)), whole ? 0 : -ENOMEM);
	for (u64 i = first; whole && i < end; i++)
		m->page[i].value = 0;
}

static void do_move(struct model *m, u64 first, u64 end)
{
	bool whole = mapped_count(m, first, end) == end - first;

	EXPECT_EQ(aspace_move(m->as, area_range(first, end)), whole ? 0 : -ENOMEM);
}

static void do_write(struct model *m, u64 first, u64 end)
{
	for (u64 i = first; i < MIN(end, first + 20); i++) {
		struct model_page *p = &m->page[i];
		u64 value = random_next(&rng);
		bool may = p->mapped && (p->prot & PROT_WRITE);
		int error = aspace_write(m->as, page_at(hva(START), i), &value, sizeof(value));

		EXPECT_EQ(error, may ? 0 : -EFAULT, "page %lu", i);
		if (may)
			p->value = value;
	}
}

static void do_fork(struct model *m, u64 first, u64 end)
{
	struct model *child = &model[random_below(&rng, SPACES)];

	if (child == m)
		return;
	if (child->as)
		space_destroy(child->as);
	child->as = aspace_fork(m->as);
	space_adopt(child->as);
	memcpy(child->page, m->page, sizeof(child->page));
}

/* ---- Comparing ----------------------------------------------------------------------------------------- */

static void compare_page(const struct model *m, u64 i)
{
	const struct model_page *p = &m->page[i];
	u64 value = 0;
	int error = aspace_read(m->as, &value, page_at(hva(START), i), sizeof(value));

	EXPECT_EQ(error, p->mapped && (p->prot & PROT_READ) ? 0 : -EFAULT, "page %lu", i);
	if (!error)
		EXPECT_EQ(value, p->value, "page %lu", i);
}

static void compare(const struct model *m)
{
	for (u64 i = 0; i < page_total && !ktest_has_failed(); i++)
		compare_page(m, i);
}

static void check(const struct model *m, u32 step)
{
	aspace_check(m->as);
	compare_page(m, random_below(&rng, page_total));
	if (step % 100 == 99)
		compare(m);
}

static void check_all(u32 step)
{
	for (u32 s = 0; s < SPACES; s++)
		if (model[s].as)
			check(&model[s], step);
}

/* ---- The case ------------------------------------------------------------------------------------------ */

static void (*const operation[])(struct model *m, u64 first, u64 end) = {
	do_map, do_map, do_unmap, do_protect, do_dontneed, do_move, do_write, do_write, do_write, do_fork,
};

static void run(u64 pages, u32 flags, u32 steps)
{
	memset(model, 0, sizeof(model));
	rng = ktest_random(0);
	page_total = pages;
	map_flags = flags;
	model[0].as = space_create();
	for (u32 step = 0; step < steps && !ktest_has_failed(); step++) {
		struct model *m = &model[random_below(&rng, SPACES)];
		u64 first, end;

		if (!m->as)
			m = &model[0];
		random_range(&first, &end);
		operation[random_below(&rng, ARRAY_SIZE(operation))](m, first, end);
		check(m, step);
		if (step % 20 == 19)
			check_all(step);
		if (ktest_has_failed())
			ktest_note("in step %u, pages %lu to %lu of space %ld", step, first, end, m - model);
	}
}

static void small_pages_agree_with_a_model(void)
{
	run(48, 0, 1200);
}

static void large_pages_agree_with_a_model(void)
{
	run(16 + 2 * 512 + 16, MAP_HUGE, 300);
}

static const struct ktest_case cases[] = {
	CASE(small_pages_agree_with_a_model, .budget = 1000 * MILLION),
	CASE(large_pages_agree_with_a_model, .budget = 2000 * MILLION),
};
KTEST_SUITE(aspace_model, cases);
