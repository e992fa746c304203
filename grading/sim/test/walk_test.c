/*
 * The walker: what words mean, and where a walk goes.
 */
#include "grading/sim/test/test.h"

/* ---- Words ---------------------------------------------------------------------------------------------- */

static void known_words_mean_what_manuals_say(void)
{
	struct walk_entry entry;

	for (int i = 0; i < known_count; i++) {
		const struct walk_entry *means = &known[i].means;

		walk_decode(known[i].word, known[i].level, &entry);
		if (entry.kind == means->kind && entry.out.raw == means->out.raw && entry.rights == means->rights &&
		    entry.ad == means->ad)
			continue;
		printf("# %llx level %d: kind %d, out %llx, rights %x, ad %x\n",
		       (unsigned long long)known[i].word.low, known[i].level, entry.kind,
		       (unsigned long long)entry.out.raw, entry.rights, entry.ad);
		CHECK(!"a known word means something else");
	}
}

/* The build's geometry.h is given data; the walker's facts were written without looking at it. */
static void facts_agree_with_geometry(void)
{
	CHECK(walk_format.entry_size == sizeof(pte_t));
	CHECK(walk_format.index_bits == PT_INDEX_BITS);
	CHECK(walk_format.levels_min == PT_LEVELS_MIN && walk_format.levels_max == PT_LEVELS_MAX);
	CHECK(walk_format.extra_min == PT_ROOT_EXTRA_MIN && walk_format.extra_max == PT_ROOT_EXTRA_MAX);
	CHECK(walk_format.ia_bits_max == PT_IA_BITS_MAX);
	CHECK(walk_format.oa_bits == PT_OA_BITS);
	CHECK(walk_format.id_bits == PT_ID_BITS);
	CHECK(walk_format.leaf_level_max == PT_LEAF_LEVEL_MAX);
	CHECK(walk_format.empty_may_be_cached == PT_EMPTY_MAY_BE_CACHED);
	CHECK(walk_format.less_may_be_cached == PT_LESS_MAY_BE_CACHED);
	CHECK(walk_format.break_before_make == PT_BREAK_BEFORE_MAKE);
	CHECK((walk_format.ad_modes >> WALK_AD_SETS & 1) == PT_HW_SETS_AD);
}

static void shapes_are_those_of_geometry(void)
{
	for (int levels = 1; levels < 8; levels++)
		for (int extra = -1; extra < 7; extra++) {
			struct walk_root root = { scene.root, levels, extra };
			struct pt pt = { .levels = levels, .root_extra = extra };

			CHECK(walk_root_exists(&root) == pt_shape_ok(levels, extra));
			CHECK(!pt_shape_ok(levels, extra) || walk_ia_bits(&root) == pt_ia_bits(&pt));
		}
}

/* ---- Walks ---------------------------------------------------------------------------------------------- */

static struct walk_result walk_for(uint64_t at, unsigned access, enum walk_ad ad)
{
	struct walk_root root = { scene.root, scene.levels, scene.extra };
	struct walk_request request = { root, walk_at_root(&root), at, access, ad };
	struct walk_result result;

	walk(sim_memory(), &request, &result);
	return result;
}

static void page_is_found_through_all_levels(void)
{
	struct walk_result result;

	map(HERE, 0, THERE, RWX);
	result = walk_for(HERE + 0x123, WALK_WRITE, usual_ad());
	CHECK(result.fault == WALK_OK && result.level == 0);
	CHECK(result.out.raw == THERE.raw + 0x123 && result.page.raw == THERE.raw);
	CHECK(result.rights == RWX && result.ad == AD);
	CHECK(result.step_count == scene.levels);
	for (int i = 0; i < result.step_count; i++) {
		CHECK(result.steps[i].level == scene.levels - 1 - i);
		CHECK(result.steps[i].slot.raw == slot_at(HERE, scene.levels - 1 - i).raw);
	}
}

static void large_leaf_keeps_lower_address_bits(void)
{
	struct walk_result result;

	map(HERE, 1, hpa(LARGE(1) * 5), WALK_READ);
	result = walk_for(HERE, WALK_READ, usual_ad());
	CHECK(result.fault == WALK_OK && result.level == 1);
	CHECK(result.out.raw == LARGE(1) * 5 + (HERE & (LARGE(1) - 1)));
}

static void each_way_to_fault_has_its_name(void)
{
	struct walk_root root = { scene.root, scene.levels, scene.extra };
	int top = scene.levels - 1;

	CHECK(walk_for(HERE, WALK_READ, usual_ad()).fault == WALK_NOT_MAPPED);
	CHECK(walk_for(HERE, WALK_READ, usual_ad()).level == top);
	CHECK(walk_for((uint64_t)1 << walk_ia_bits(&root), WALK_READ, usual_ad()).fault == WALK_ADDRESS);
	map(HERE, 0, THERE, WALK_READ);
	CHECK(walk_for(HERE, WALK_WRITE, usual_ad()).fault == WALK_DENIED);
	CHECK(walk_for(HERE, WALK_EXEC, usual_ad()).fault == WALK_DENIED);
	CHECK(walk_for(HERE, WALK_READ, usual_ad()).fault == WALK_OK);
	CHECK(walk_for(HERE + PAGE, WALK_READ, usual_ad()).fault == WALK_NOT_MAPPED);
	CHECK(walk_for(HERE + PAGE, WALK_READ, usual_ad()).level == 0);
}

static void table_outside_memory_is_no_table(void)
{
	uint64_t at = LARGE(scene.levels - 1);
	struct walk_word *slot;

	slot = sim_mem_pointer(slot_at(at, scene.levels - 1));
	slot->low = word_table(THERE).low;
	CHECK(walk_for(at, WALK_READ, usual_ad()).fault == WALK_NO_TABLE);
}

/* The last entry of the root: all index bits count, also those that only a root has. */
static void whole_root_is_used(void)
{
	struct walk_root root = { scene.root, scene.levels, scene.extra };
	uint64_t last = (((uint64_t)1 << walk_ia_bits(&root)) - 1) & ~(PAGE - 1);

	map(last, 0, THERE, WALK_READ);
	CHECK(walk_for(last, WALK_READ, usual_ad()).fault == WALK_OK);
	for (int bit = 12; bit < walk_ia_bits(&root); bit++)
		CHECK(walk_for(last ^ (uint64_t)1 << bit, WALK_READ, usual_ad()).fault == WALK_NOT_MAPPED);
}

static void hardware_sets_accessed_then_dirty(void)
{
	struct walk_result result;
	struct walk_entry entry;

	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, 0));
	result = walk_for(HERE, WALK_READ, WALK_AD_SETS);
	CHECK(result.fault == WALK_OK && result.steps[result.step_count - 1].set == WALK_ACCESSED);
	walk_decode(load_at(HERE, 0), 0, &entry);
	CHECK(entry.ad == 0);
	walk_apply(sim_memory(), &result);
	walk_decode(load_at(HERE, 0), 0, &entry);
	CHECK(entry.ad == WALK_ACCESSED && entry.out.raw == THERE.raw && entry.rights == RW);
	result = walk_for(HERE, WALK_WRITE, WALK_AD_SETS);
	CHECK(result.steps[result.step_count - 1].set == WALK_DIRTY);
	walk_apply(sim_memory(), &result);
	walk_decode(load_at(HERE, 0), 0, &entry);
	CHECK(entry.ad == AD);
}

static void hardware_without_updates_faults(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, 0));
	CHECK(walk_for(HERE, WALK_READ, WALK_AD_FAULTS).fault == WALK_AD_CLEAR);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, WALK_ACCESSED));
	CHECK(walk_for(HERE, WALK_READ, WALK_AD_FAULTS).fault == WALK_OK);
	CHECK(walk_for(HERE, WALK_WRITE, WALK_AD_FAULTS).fault == WALK_DENIED);
}

/* x86 joins the rights of all levels, and sets accessed in all. */
static void tables_have_rights_too(void)
{
	struct walk_word table;
	struct walk_result result;

	map(HERE, 0, THERE, RWX);
	table = load_at(HERE, 1);
	table.low &= ~(uint64_t)2;
	store_at(HERE, 1, table);
	result = walk_for(HERE, WALK_WRITE, WALK_AD_SETS);
	CHECK(result.fault == WALK_DENIED && result.rights == (WALK_READ | WALK_EXEC));
	result = walk_for(HERE, WALK_READ, WALK_AD_SETS);
	CHECK(result.fault == WALK_OK && result.steps[0].set == WALK_ACCESSED);
	walk_apply(sim_memory(), &result);
	CHECK(walk_for(HERE, WALK_READ, WALK_AD_SETS).steps[0].set == 0);
}

static void user_pages_are_not_the_kernels(void)
{
	unsigned kernel = walk_format.kernel_rights_of_user_pages;

	CHECK(walk_allows(RWX, WALK_EXEC) && walk_allows(RWX, RW));
	CHECK(!walk_allows(RWX, WALK_READ | WALK_USER));
	CHECK(walk_allows(RWX | WALK_USER, RWX | WALK_USER));
	for (unsigned access = WALK_READ; access <= WALK_EXEC; access <<= 1)
		CHECK(walk_allows(RWX | WALK_USER, access) == !!(kernel & access));
}

static const struct test_case cases[] = {
	CASE(known_words_mean_what_manuals_say),
	CASE(facts_agree_with_geometry),
	CASE(shapes_are_those_of_geometry),
	CASE(page_is_found_through_all_levels),
	CASE(large_leaf_keeps_lower_address_bits),
	CASE(each_way_to_fault_has_its_name),
	CASE(table_outside_memory_is_no_table),
	CASE(whole_root_is_used),
	CASE(hardware_sets_accessed_then_dirty, .when = IF_SETS_AD),
	CASE(hardware_without_updates_faults, .when = IF_FAULTS_AD),
	CASE(tables_have_rights_too, .when = IF_LEVELS_OF_TABLES),
	CASE(user_pages_are_not_the_kernels),
};
SUITE(suite_walk, cases);
