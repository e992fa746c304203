/*
 * Access points: bad stores are found, hardware strikes when it should, actors run there.
 */
#include "grading/sim/test/test.h"

/* ---- Stores --------------------------------------------------------------------------------------------- */

static struct walk_word bad_word(int level)
{
	for (int i = 0; i < known_count; i++)
		if (known[i].means.kind == WALK_BAD && known[i].level == level)
			return known[i].word;
	return (struct walk_word){ 0, 0 };
}

static void value_that_hardware_rejects(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 1, word_empty());
	store_at(HERE, 1, bad_word(1));
	sim_point_settle();
}

static void value_that_hardware_rejects_is_found_before_a_guest_runs(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 1, word_empty());
	store_at(HERE, 1, bad_word(1));
	touch(0, HERE, WALK_READ);
}

static void value_that_hardware_rejects_may_stand_in_an_unlinked_table(void)
{
	hpa_t table = new_table(0);

	store(table, bad_word(1));
	sim_point_settle();
}

static void value_that_hardware_rejects_is_linked(void)
{
	hpa_t table = new_table(0);

	make_tables(HERE, 1);
	store(hpa_add(table, 64), bad_word(1).low ? bad_word(1) : bad_word(0));
	store_at(HERE, 2, word_empty());
	store_at(HERE, 2, word_table(table));
	sim_point_settle();
}

static void table_linked_before_it_is_complete(void)
{
	make_tables(HERE, 1);
	store_at(HERE, 1, word_table(sim_mem_alloc(0)));
	sim_point_settle();
}

static void table_linked_twice(void)
{
	hpa_t table = new_table(0);

	make_tables(HERE, 1);
	store_at(HERE, 1, word_table(table));
	store_at(HERE + LARGE(1), 1, word_table(table));
	sim_point_settle();
}

static void table_linked_that_is_no_table(void)
{
	make_tables(HERE, 1);
	store_at(HERE, 1, word_table(THERE));
	sim_point_settle();
}

static void table_replaced_by_a_table(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 1, word_table(new_table(0)));
	sim_point_settle();
}

static void table_replaced_by_a_leaf(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 1, word_leaf(hpa(LARGE(1)), 1, RW, AD));
	sim_point_settle();
}

static void leaf_replaced_by_a_leaf(void)
{
	map(HERE, 0, THERE, RW);
	store_at(HERE, 0, word_leaf(hpa(0x9000), 0, RW, AD));
	sim_point_settle();
}

static void leaf_replaced_by_a_table(void)
{
	map(HERE, 1, hpa(LARGE(1)), RW);
	store_at(HERE, 1, word_table(new_table(0)));
	sim_point_settle();
}

/* Several levels become linked, and unlinked, by one store. */
static void tree_is_linked_at_once(void)
{
	hpa_t upper = new_table(0), lower = new_table(0);

	if (scene.levels > 3)
		make_tables(HERE, 2);
	store(hpa_add(upper, 8 * walk_format.entry_size), word_table(lower));
	store_at(HERE, 2, word_table(upper));
	sim_point_settle();
	CHECK(sim_slot_is_linked(sim_mem_pointer(lower)) && sim_mem_block(lower)->level == 0);
	sim_point_learn(scene.root);
	CHECK(sim_mem_block(lower)->level == 0);
	store_at(HERE, 2, word_empty());
	sim_point_settle();
	CHECK(!sim_slot_is_linked(sim_mem_pointer(lower)) && !sim_slot_is_linked(sim_mem_pointer(upper)));
}

static void linked_tables_are_known(void)
{
	void *slot;

	map(HERE, 0, THERE, RW);
	slot = sim_mem_pointer(slot_at(HERE, 0));
	sim_point_settle();
	CHECK(sim_slot_is_linked(slot) && sim_slot_is_linked(sim_mem_pointer(scene.root)));
	store_at(HERE, scene.levels - 1, word_empty());
	sim_point_settle();
	CHECK(!sim_slot_is_linked(slot) && sim_slot_is_linked(sim_mem_pointer(scene.root)));
	CHECK(!sim_slot_is_linked(sim_mem_pointer(new_table(0))));
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

static void entry_of_a_freed_table_is_read(void)
{
	hpa_t table = new_table(0);

	sim_mem_free(table, 0, 0);
	sim_access_point(sim_mem_pointer(table), "read");
}

static void entry_beside_a_table_is_read(void)
{
	sim_access_point((char *)sim_mem_pointer(new_table(0)) + PAGE, "read");
}

static void dying_table_is_read_by_whom_it_waits_for(void)
{
	hpa_t table = new_table(0);

	sim_mem_free(table, 0, 1 << 2);
	sim_actor_set(2);
	sim_access_point(sim_mem_pointer(table), "read");
}

static void dying_table_is_found_by_somebody_else(void)
{
	hpa_t table = new_table(0);

	sim_mem_free(table, 0, 1 << 2);
	sim_actor_set(1);
	sim_access_point(sim_mem_pointer(table), "read");
}

static void accesses_are_counted_and_logged(void)
{
	struct sim_point_record record;
	hpa_t table = new_table(0);
	uint64_t before = sim_point_count();

	sim_work_reset();
	sim_access_point(sim_mem_pointer(table), "read");
	sim_actor_set(3);
	sim_access_point(sim_mem_pointer(hpa_add(table, 16)), "cas");
	store(table, word_empty());
	CHECK(sim_work()->reads == 1 && sim_work()->cas == 1 && sim_work()->xchgs == 1);
	CHECK(sim_point_count() == before + 3);
	CHECK(sim_point_record(1, &record) && record.actor == 3 && contains(record.what, "cas"));
	CHECK(record.slot == sim_mem_pointer(hpa_add(table, 16)) && record.number == before + 2);
	CHECK(!sim_point_record(before + 3, &record));
}

/* ---- Hardware and actors at points ------------------------------------------------------------------------ */

static unsigned ad_at(uint64_t at)
{
	return sim_mapping_of(scene.root, ia(at)).ad;
}

static void hardware_strikes_at_the_nth_point(void)
{
	void *slot;

	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, 0));
	slot = sim_mem_pointer(slot_at(HERE, 0));
	sim_point_strike(2, 0, ia(HERE), WALK_WRITE);
	sim_access_point(slot, "read");
	CHECK(ad_at(HERE) == 0);
	sim_access_point(slot, "xchg");
	CHECK(ad_at(HERE) == AD);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, 0));
	sim_access_point(slot, "read");
	CHECK(ad_at(HERE) == 0);
}

static int point_calls;

static void other_actor_maps(void *arg, const void *slot, const char *what)
{
	if (point_calls++ == 0) {
		sim_actor_set(5);
		map(HERE, 0, THERE, WALK_READ);
	}
}

static void other_actor_runs_at_a_point(void)
{
	const struct test_env with_actor = { .point = other_actor_maps };

	point_calls = 1;
	test_restart(usual_ad(), &with_actor);
	make_tables(HERE, 0);
	point_calls = 0;
	sim_access_point(sim_mem_pointer(slot_at(HERE, 0)), "read");
	CHECK(point_calls > 1 && sim_actor() == 0);
	CHECK(sim_mapping_of(scene.root, ia(HERE)).out.raw == THERE.raw);
}

static void other_actor_frees(void *arg, const void *slot, const char *what)
{
	if (point_calls++ == 0)
		sim_mem_free(hpa(sim_mem_hpa(slot).raw & ~(PAGE - 1)), 0, 0);
}

static void table_is_freed_at_the_point_before_the_access(void)
{
	const struct test_env with_actor = { .point = other_actor_frees };

	point_calls = 1;
	test_restart(usual_ad(), &with_actor);
	point_calls = 0;
	sim_access_point(sim_mem_pointer(new_table(0)), "cas");
}

static const struct test_case cases[] = {
	CASE(value_that_hardware_rejects, "hardware rejects an entry of level 1"),
	CASE(value_that_hardware_rejects_is_found_before_a_guest_runs, "hardware rejects an entry of level 1"),
	CASE(value_that_hardware_rejects_may_stand_in_an_unlinked_table),
	CASE(value_that_hardware_rejects_is_linked, "hardware rejects an entry"),
	CASE(table_linked_before_it_is_complete, "is linked before it is complete"),
	CASE(table_linked_twice, "is linked twice"),
	CASE(table_linked_that_is_no_table, "where no table is"),
	CASE(table_replaced_by_a_table, "to something else directly"),
	CASE(table_replaced_by_a_leaf, "to something else directly"),
	CASE(leaf_replaced_by_a_leaf, "goes from page 0x76543000 to page 0x9000 directly"),
	CASE(leaf_replaced_by_a_table, "becomes a table directly", .when = IF_BREAKS),
	CASE(leaf_replaced_by_a_table, .when = IF_BREAKS_NOT),
	CASE(tree_is_linked_at_once),
	CASE(linked_tables_are_known),
	CASE(entry_of_a_freed_table_is_read, "the table is freed"),
	CASE(entry_beside_a_table_is_read, "it lies beside a table"),
	CASE(dying_table_is_read_by_whom_it_waits_for),
	CASE(dying_table_is_found_by_somebody_else, "the table is freed"),
	CASE(accesses_are_counted_and_logged),
	CASE(hardware_strikes_at_the_nth_point, .when = IF_SETS_AD),
	CASE(other_actor_runs_at_a_point),
	CASE(table_is_freed_at_the_point_before_the_access, "the table is freed"),
};
SUITE(suite_point, cases);
