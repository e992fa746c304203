/*
 * Bad input: a negative errno, and nothing has changed.
 */
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/ref.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define PAGE ((uint64_t)4096)

static struct ref ref;

/* Something to be damaged, at both ends of the space and at what bad addresses might be taken for. */
static void start_with_landmarks(void)
{
	uint64_t end, places[3];
	pt_prot_t prot;

	world_start();
	end = pt_ia_end(&world.root.pt);
	places[0] = 0;
	places[1] = pt_span(1);
	places[2] = end - PAGE;
	ref_clear(&ref);
	world_prot(0, &prot);
	for (int i = 0; i < 3; i++) {
		EXPECT(world_map(places[i], places[i] + PAGE, (i + 1) * PAGE, 0, 0) == 0,
		       "[MAP-ERRNO] did map a page | got an error");
		ref_map(&ref, &(struct ref_extent){ places[i], places[i] + PAGE, hpa((i + 1) * PAGE), prot });
	}
	sim_work_reset();
}

static void nothing_has_changed(void)
{
	const struct sim_work *work = sim_work();
	uint64_t random = 1;

	EXPECT(work->allocs == 0 && work->xchgs == 0 && work->cas == 0, "what is refused changes no entry");
	EXPECT(sim_lock_is_free(), "what is refused holds no lock");
	ref_compare(&ref, &random, 16);
	world_check();
}

/* ---- Ranges ------------------------------------------------------------------------------------------------- */

static void refuse_range(uint64_t start, uint64_t end)
{
	struct tdp_map map = { .page = hpa(16 * PAGE), .prot = PT_READ, .max_level = 1 };
	int mapped = tdp_map_range(&world.root, ia(start), ia(end), &map);
	int unmapped = tdp_unmap_range(&world.root, ia(start), ia(end));
	int protected = tdp_protect_range(&world.root, ia(start), ia(end), PT_READ);

	EXPECT(mapped == -TDP_EINVAL && unmapped == -TDP_EINVAL && protected == -TDP_EINVAL,
	       "0x%lx-0x%lx: map returns %d, unmap %d, protect %d; all must be -EINVAL", (unsigned long)start,
	       (unsigned long)end, mapped, unmapped, protected);
}

static void refuse_ranges(void)
{
	uint64_t end, far = (uint64_t)1 << 63;

	start_with_landmarks();
	end = pt_ia_end(&world.root.pt);
	refuse_range(PAGE, PAGE);
	refuse_range(0, 0);
	refuse_range(2 * PAGE, PAGE);
	refuse_range(1, PAGE);
	refuse_range(PAGE, 2 * PAGE + 1);
	refuse_range(PAGE + 8, 2 * PAGE + 8);
	refuse_range(end, end + PAGE);
	refuse_range(end - PAGE, end + PAGE);
	refuse_range(end + pt_span(1), end + pt_span(1) + PAGE);
	refuse_range(far, far + PAGE);
	refuse_range(-PAGE, 0);
	refuse_range(end - PAGE, 0);
	refuse_range(0, ~(uint64_t)0);
	refuse_range(-PAGE, PAGE);
	nothing_has_changed();
	world_finish();
}

static void bad_ranges_are_refused(uint64_t seed)
{
	for_each_shape(refuse_ranges);
}

/* ---- What is mapped ----------------------------------------------------------------------------------------- */

static void refuse_map(uint64_t page, pt_prot_t prot, int max_level)
{
	struct tdp_map map = { .page = hpa(page), .prot = prot, .max_level = max_level };
	int error = tdp_map_range(&world.root, ia(8 * PAGE), ia(10 * PAGE), &map);

	EXPECT(error == -TDP_EINVAL, "a map of 0x%lx with rights 0x%x, level %d, returns %d", (unsigned long)page, prot,
	       max_level, error);
}

static void refuse_maps(void)
{
	uint64_t end = (uint64_t)1 << PT_OA_BITS;

	start_with_landmarks();
	refuse_map(1, PT_READ, 0);
	refuse_map(PAGE / 2, PT_READ, 0);
	refuse_map(end, PT_READ, 0);
	refuse_map(end - PAGE, PT_READ, 0);
	refuse_map((uint64_t)1 << 63, PT_READ, 0);
	refuse_map(-2 * PAGE, PT_READ, 0);
	refuse_map(-PAGE, PT_READ, 0);
	refuse_map(PAGE, PT_READ, -1);
	for (pt_prot_t prot = 0; prot < 256; prot++) {
		if (pte_leaf_ok(0, prot))
			continue;
		refuse_map(PAGE, prot, 0);
		EXPECT(tdp_protect_range(&world.root, ia(0), ia(PAGE), prot) == -TDP_EINVAL, "protect with rights 0x%x",
		       prot);
	}
	nothing_has_changed();
	world_finish();
}

static void bad_mappings_are_refused(uint64_t seed)
{
	for_each_shape(refuse_maps);
}

/* As large as it can be: the last page of both address spaces, leaves of any size. */
static void accept_extremes(void)
{
	uint64_t end, oa_end = (uint64_t)1 << PT_OA_BITS;

	start_with_landmarks();
	end = pt_ia_end(&world.root.pt);
	EXPECT(world_map(end - 2 * PAGE, end - PAGE, oa_end - PAGE, 0, 1000) == 0, "the last page of output addresses");
	EXPECT(sim_mapping_of(world.root.pt.root, ia(end - 2 * PAGE)).out.raw == oa_end - PAGE,
	       "[WRONG-PAGE] did map the last page of output addresses | got another one");
	EXPECT(tdp_unmap_range(&world.root, ia(0), ia(end)) == 0, "the whole space can be unmapped");
	EXPECT(world.root.table_count == 1, "[TABLE-LEAKED] and then no table is left");
	EXPECT(world_map(end - PAGE, end, PAGE, 0, 0) == 0, "the last page can be mapped");
	EXPECT(world_access(0, end - PAGE, WALK_READ), "and be read");
	EXPECT(tdp_protect_range(&world.root, ia(end - PAGE), ia(end), PT_READ) == 0, "and protected");
	EXPECT(!world_access(0, end - PAGE, WALK_WRITE), "and not be written then");
	EXPECT(tdp_unmap_range(&world.root, ia(end - PAGE), ia(end)) == 0, "and unmapped");
	EXPECT(!world_access(0, end - PAGE, WALK_READ), "and not be read then");
	world_check();
	world_finish();
}

static void the_last_page_is_as_good_as_any(uint64_t seed)
{
	for_each_shape(accept_extremes);
}

/* ---- What is there already ---------------------------------------------------------------------------------- */

static void refuse_overlaps(void)
{
	uint64_t span = pt_span(1);
	int level = PT_LEAF_LEVEL_MAX > 0;

	start_with_landmarks();
	EXPECT(world_map(8 * span, 9 * span, 8 * span, 0, level) == 0, "map a large leaf");
	sim_work_reset();
	EXPECT(world_map(0, PAGE, PAGE, 0, 0) == -TDP_EEXIST,
	       "[MAP-OVERWRITES] did map over a mapped page | got no -EEXIST");
	EXPECT(world_map(8 * span + PAGE, 8 * span + 2 * PAGE, PAGE, 0, 0) == -TDP_EEXIST,
	       "[MAP-OVERWRITES] did map over a page of a large leaf | got no -EEXIST");
	EXPECT(sim_work()->allocs == 0 && sim_work()->xchgs == 0, "what is refused changes no entry");
	EXPECT(world_map(span - 8 * PAGE, span + PAGE, PAGE, 0, 0) == -TDP_EEXIST,
	       "[MAP-OVERWRITES] did map a range that ends in a mapped page | got no -EEXIST");
	EXPECT(world_map(7 * span, 9 * span, span, 0, level) == -TDP_EEXIST,
	       "[MAP-OVERWRITES] did map a range that ends in a large leaf | got no -EEXIST");
	EXPECT(world_map(0, 16 * span, 0, 0, level) == -TDP_EEXIST,
	       "[MAP-OVERWRITES] did map a range over everything | got no -EEXIST");
	ref_map(&ref, &(struct ref_extent){ 8 * span, 9 * span, hpa(8 * span), PT_READ | PT_WRITE });
	ref_compare(&ref, &(uint64_t){ 1 }, 16);
	world_check();
	world_finish();
}

static void what_is_mapped_is_not_mapped_over(uint64_t seed)
{
	for_each_shape(refuse_overlaps);
}

/* ---- Shapes ------------------------------------------------------------------------------------------------- */

static void refuse_shape(int levels, int extra)
{
	struct tdp_root root;
	int error = tdp_root_create(&root, sim_host(), levels, extra);

	EXPECT(error == -TDP_EINVAL, "a root with %d levels and %d extra bits: %d", levels, extra, error);
}

static void bad_shapes_are_refused(uint64_t seed)
{
	world_smallest_shape();
	machine_start();
	refuse_shape(PT_LEVELS_MIN - 1, shape.extra);
	refuse_shape(PT_LEVELS_MAX + 1, PT_ROOT_EXTRA_MIN);
	refuse_shape(0, shape.extra);
	refuse_shape(-1, shape.extra);
	refuse_shape(shape.levels, PT_ROOT_EXTRA_MIN - 1);
	refuse_shape(shape.levels, PT_ROOT_EXTRA_MAX + 1);
	for (int levels = PT_LEVELS_MIN; levels <= PT_LEVELS_MAX; levels++)
		for (int extra = PT_ROOT_EXTRA_MIN; extra <= PT_ROOT_EXTRA_MAX; extra++)
			if (PT_PAGE_SHIFT + PT_INDEX_BITS * levels + extra > PT_IA_BITS_MAX)
				refuse_shape(levels, extra);
	EXPECT(sim_work()->allocs == 0, "what is refused allocates nothing");
	sim_finish();
}

/* ---- Entries that are not quite empty --------------------------------------------------------------------------- */

static void set_entry(uint64_t at, pte_t pte)
{
	struct tdp_range range = { ia(at), ia(at + PAGE) };
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(world.host, HOST_EXCLUSIVE);
	tdp_for_each(&it, &world.root, range, HOST_EXCLUSIVE, &debt)
		if (it.at.entry.level == 0)
			tdp_iter_set(&it, pte);
	tdp_debt_pay(&world.root, &debt);
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static void meet_frozen(void)
{
	start_with_landmarks();
	set_entry(8 * PAGE, pte_make_frozen());
	EXPECT(world_map(6 * PAGE, 10 * PAGE, PAGE, 0, 0) == -TDP_EAGAIN,
	       "[MAP-OVERWRITES] did map over a frozen entry | got no -EAGAIN");
	EXPECT(pte_kind(*tree_slot(&world.root.pt, ia(8 * PAGE), 0), 0) == PTE_FROZEN,
	       "[MAP-OVERWRITES] did map over a frozen entry | got the entry changed");
	set_entry(8 * PAGE, pte_make_empty());
	ref_compare(&ref, &(uint64_t){ 1 }, 16);
	world_check();
	world_finish();
}

static void a_frozen_entry_is_not_mapped_over(uint64_t seed)
{
	for_each_shape(meet_frozen);
}

/* An MMIO entry translates nothing; it goes when the range is unmapped, and a leaf may take its place. */
static void meet_mmio(void)
{
	uint64_t payload;

	start_with_landmarks();
	set_entry(8 * PAGE, pte_make_mmio(5));
	set_entry(9 * PAGE, pte_make_mmio(6));
	EXPECT(tdp_protect_range(&world.root, ia(8 * PAGE), ia(9 * PAGE), PT_READ) == 0, "protect");
	EXPECT(pte_mmio_payload(*tree_slot(&world.root.pt, ia(8 * PAGE), 0), &payload) && payload == 5,
	       "[PROT-TOO-MUCH] did protect an MMIO mark | got the mark changed");
	EXPECT(tdp_unmap_range(&world.root, ia(8 * PAGE), ia(9 * PAGE)) == 0, "unmap");
	EXPECT(pte_same(*tree_slot(&world.root.pt, ia(8 * PAGE), 0), pte_make_empty()),
	       "[UNMAP-LEAVES] did unmap an MMIO mark | got the mark still there");
	EXPECT(world_map(9 * PAGE, 10 * PAGE, 64 * PAGE, 0, 0) == 0,
	       "[MAP-ERRNO] did map over an MMIO mark | got an error");
	EXPECT(world_access(0, 9 * PAGE, WALK_READ),
	       "[MAP-MISSING] did map over an MMIO mark | got cpu 0 cannot read it");
	world_check();
	world_finish();
}

static void an_mmio_entry_is_nothing_mapped(uint64_t seed)
{
	for_each_shape(meet_mmio);
}

static const struct check_case cases[] = {
	{ "bad_ranges_are_refused", bad_ranges_are_refused },
	{ "bad_mappings_are_refused", bad_mappings_are_refused },
	{ "the_last_page_is_as_good_as_any", the_last_page_is_as_good_as_any },
	{ "what_is_mapped_is_not_mapped_over", what_is_mapped_is_not_mapped_over },
	{ "bad_shapes_are_refused", bad_shapes_are_refused },
	{ "a_frozen_entry_is_not_mapped_over", a_frozen_entry_is_not_mapped_over },
	{ "an_mmio_entry_is_nothing_mapped", an_mmio_entry_is_nothing_mapped },
};
CHECK_SUITE(suite_input, "input", cases);
