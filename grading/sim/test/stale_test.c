/*
 * The staleness oracle: each kind of forgotten flush is found, and what is allowed is not.
 */
#include "grading/sim/test/test.h"

/* ---- Leaves --------------------------------------------------------------------------------------------- */

static void nothing_is_stale_at_first(void)
{
	map(HERE, 0, THERE, RWX);
	CHECK(sim_stale() == NULL);
	touch(0, HERE, WALK_WRITE);
	touch(1, HERE, WALK_EXEC);
	CHECK(sim_stale() == NULL);
}

static void unmapped_and_not_flushed(void)
{
	map(HERE, 0, THERE, RWX);
	touch(1, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	CHECK(stale_says("cpu 1, id 1: remembers 0x12345000 (level 0) as page 0x76543000 rwx--"));
	CHECK(stale_says("memory says: not mapped at 0x12345000 (level 0)"));
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(sim_stale() == NULL);
}

static void other_page_and_not_flushed(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	store_at(HERE, 0, word_leaf(hpa(0x9000), 0, WALK_READ, WALK_ACCESSED));
	CHECK(stale_says("memory says: 0x12345000 (level 0) is page 0x9000"));
}

static void right_taken_and_not_flushed(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ | WALK_EXEC, WALK_ACCESSED));
	CHECK(stale_says("memory says: 0x12345000 (level 0) is page 0x76543000 r-x--"));
	store_at(HERE, 0, word_leaf(THERE, 0, RW, AD));
	CHECK(stale_says("rw---"));
	store_at(HERE, 0, word_leaf(THERE, 0, RWX, AD));
	CHECK(sim_stale() == NULL);
}

static void flushed_on_one_cpu_alone(void)
{
	struct sim_flush_call call = { scene.root, ia(HERE), ia(HERE + PAGE), HOST_FLUSH_LEAVES, 1 };

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	touch(1, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	sim_flush_range(0, 1, &call);
	CHECK(stale_says("cpu 1"));
}

static void flushed_the_neighbour(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	flush(HERE + PAGE, PAGE, HOST_FLUSH_ALL);
	flush(HERE - PAGE, PAGE, HOST_FLUSH_ALL);
	CHECK(stale_says("remembers 0x12345000"));
}

static void flushed_one_page_of_two(void)
{
	map(HERE, 0, THERE, RWX);
	map(HERE + PAGE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	touch(0, HERE + PAGE, WALK_READ);
	store_at(HERE, 0, word_empty());
	store_at(HERE + PAGE, 0, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(stale_says("remembers 0x12346000"));
}

static void id_of_another_root_without_a_flush(void)
{
	hpa_t other = new_space();

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	sim_cpu_enter(0, other, 1);
	CHECK(stale_says("cpu 0, id 1: remembers"));
}

static void ids_of_two_roots_do_not_mix(void)
{
	hpa_t other = new_space();

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	sim_cpu_enter(0, other, 2);
	touch(0, HERE, WALK_READ);
	CHECK(sim_stale() == NULL);
}

static void dirty_cleared_and_not_flushed(void)
{
	map(HERE, 0, THERE, RW);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, WALK_ACCESSED));
	CHECK(stale_says("remembers 0x12345000"));
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(sim_stale() == NULL);
	touch(0, HERE, WALK_READ);
	CHECK(sim_stale() == NULL);
}

static void accessed_cleared_is_allowed(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, 0));
	CHECK(sim_stale() == NULL);
}

/* A leaf of device memory, where hardware can tell. */
static const struct known *device_leaf(void)
{
	for (int i = 0; i < known_count; i++)
		if (known[i].means.kind == WALK_LEAF && known[i].level == 0 && known[i].means.rights & WALK_DEVICE)
			return &known[i];
	return NULL;
}

static void type_of_memory_changed_and_not_flushed(void)
{
	const struct known *device = device_leaf();

	if (device == NULL)
		return;
	map(HERE, 0, device->means.out, device->means.rights & RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, device->word);
	CHECK(stale_says("-d") || stale_says("ud"));
}

/* ---- Sizes ---------------------------------------------------------------------------------------------- */

static void split(hpa_t page, unsigned rights)
{
	uint64_t base = HERE & ~(LARGE(1) - 1);
	hpa_t table = new_table(0);

	for (uint64_t i = 0; i < LARGE(1) / PAGE; i++)
		store(hpa_add(table, i * walk_format.entry_size),
		      word_leaf(hpa_add(page, i * PAGE), 0, rights, AD));
	if (walk_format.break_before_make)
		store_at(base, 1, word_empty());
	store_at(base, 1, word_table(table));
}

static void map_large(void)
{
	map(HERE, 1, hpa(LARGE(1) * 7), RW);
	touch(0, HERE, WALK_READ);
}

static void split_into_the_same_pages_is_allowed(void)
{
	map_large();
	split(hpa(LARGE(1) * 7), RW);
	CHECK(sim_stale() == NULL);
}

static void made_before_all_have_forgotten(void)
{
	sim_judge_makes();
	map_large();
	split(hpa(LARGE(1) * 7), RW);
	sim_point_settle();
}

static void split_without_a_flush_between(void)
{
	map_large();
	split(hpa(LARGE(1) * 7), RW);
	CHECK(stale_says("(level 1) as page"));
}

static void one_page_of_a_split_leaf_changed(void)
{
	uint64_t base = HERE & ~(LARGE(1) - 1);

	map_large();
	split(hpa(LARGE(1) * 7), RW);
	store_at(base + 9 * PAGE, 0, word_empty());
	CHECK(stale_says("(level 1) as page"));
	flush(base + 9 * PAGE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(sim_stale() == NULL);
}

static void merged_and_one_address_flushed(void)
{
	uint64_t base = HERE & ~(LARGE(1) - 1);

	map(base, 0, THERE, RW);
	map(base + PAGE, 0, hpa_add(THERE, PAGE), RW);
	touch(0, base, WALK_READ);
	touch(0, base + PAGE, WALK_READ);
	store_at(base, 1, word_empty());
	store_at(base, 1, word_leaf(hpa(LARGE(1) * 7), 1, RW, AD));
	flush(base, PAGE, HOST_FLUSH_ALL);
	CHECK(stale_says("(level 0) as page 0x76544000"));
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

static void table_unlinked_and_leaves_flushed(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 1, word_empty());
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_LEAVES);
	CHECK(stale_says("leads to the table"));
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_ALL);
	CHECK(sim_stale() == NULL);
}

static void table_replaced_and_leaves_flushed(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 1, word_empty());
	store_at(HERE, 1, word_table(new_table(0)));
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_LEAVES);
	CHECK(stale_says("leads to the table"));
}

static void table_lost_a_right_and_leaves_flushed(void)
{
	struct walk_word table;

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	table = load_at(HERE, 1);
	table.low &= ~(uint64_t)2;
	store_at(HERE, 1, table);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(stale_says("or not with these rights"));
}

static void table_unlinked_far_from_the_flush(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 1, word_empty());
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_LEAVES);
	flush((HERE & ~(LARGE(1) - 1)) + LARGE(1), LARGE(1), HOST_FLUSH_ALL);
	CHECK(stale_says("leads to the table"));
}

static void guest_walks_into_a_freed_table(void)
{
	hpa_t table;

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	table = hpa(slot_at(HERE, 0).raw & ~(PAGE - 1));
	store_at(HERE, 1, word_empty());
	sim_point_settle();
	sim_mem_free(table, 0, 0);
	touch(0, HERE + PAGE, WALK_READ);
}

/* ---- Refusals ------------------------------------------------------------------------------------------- */

static void mapped_and_emptiness_not_flushed(void)
{
	touch(0, HERE, WALK_READ);
	make_tables(HERE, 0);
	CHECK(sim_stale() == NULL);
	map(HERE, 0, THERE, WALK_READ);
	CHECK(stale_says("remembers that nothing is at"));
	sim_stale_refusals(SIM_REFUSALS_ALLOWED);
	CHECK(sim_stale() == NULL);
	sim_stale_refusals(SIM_REFUSALS_COUNT);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(sim_stale() == NULL);
}

static void mapped_and_nothing_to_flush(void)
{
	touch(0, HERE, WALK_READ);
	map(HERE, 0, THERE, WALK_READ);
	CHECK(sim_stale() == NULL);
}

static void right_added_and_not_flushed(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, AD));
	CHECK(stale_says("is page 0x76543000 rw---"));
	sim_stale_refusals(SIM_REFUSALS_ALLOWED);
	CHECK(sim_stale() == NULL);
}

static void right_added_and_nothing_to_flush(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, AD));
	CHECK(sim_stale() == NULL);
}

static void refusal_is_remembered_of_what_is_gone(void)
{
	test_restart(WALK_AD_FAULTS, NULL);
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, 0));
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	CHECK(sim_stale() == NULL);
}

static void closed_space_is_not_looked_at(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	sim_cpu_leave(0);
	sim_cpu_leave(1);
	sim_space_close(scene.root);
	store_at(HERE, 0, word_empty());
	CHECK(sim_stale() == NULL);
}

/* ---- Memory --------------------------------------------------------------------------------------------- */

static void page_taken_back_but_remembered(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	sim_page_gone(THERE, PAGE);
}

static void page_taken_back_but_mapped(void)
{
	map(HERE, 1, hpa(LARGE(1) * 7), RWX);
	sim_page_gone(hpa(LARGE(1) * 7 + PAGE), PAGE);
}

static void page_taken_back_after_unmapping(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	unmap(HERE, 0);
	sim_page_gone(THERE, PAGE);
	sim_page_gone(hpa_add(THERE, PAGE), PAGE);
}

static const struct test_case cases[] = {
	CASE(nothing_is_stale_at_first),
	CASE(unmapped_and_not_flushed),
	CASE(other_page_and_not_flushed),
	CASE(right_taken_and_not_flushed),
	CASE(flushed_on_one_cpu_alone),
	CASE(flushed_the_neighbour),
	CASE(flushed_one_page_of_two),
	CASE(id_of_another_root_without_a_flush),
	CASE(ids_of_two_roots_do_not_mix),
	CASE(dirty_cleared_and_not_flushed, .when = IF_SETS_AD),
	CASE(accessed_cleared_is_allowed, .when = IF_SETS_AD),
	CASE(type_of_memory_changed_and_not_flushed),
	CASE(split_into_the_same_pages_is_allowed, .when = IF_BREAKS_NOT),
	CASE(split_without_a_flush_between, .when = IF_BREAKS),
	CASE(made_before_all_have_forgotten, "an entry was made before all CPUs had forgotten", .when = IF_BREAKS),
	CASE(one_page_of_a_split_leaf_changed, .when = IF_BREAKS_NOT),
	CASE(merged_and_one_address_flushed),
	CASE(table_unlinked_and_leaves_flushed),
	CASE(table_replaced_and_leaves_flushed),
	CASE(table_lost_a_right_and_leaves_flushed, .when = IF_LEVELS_OF_TABLES),
	CASE(table_unlinked_far_from_the_flush),
	CASE(guest_walks_into_a_freed_table, "the table is freed"),
	CASE(mapped_and_emptiness_not_flushed, .when = IF_EMPTY_CACHED),
	CASE(mapped_and_nothing_to_flush, .when = IF_EMPTY_NOT_CACHED),
	CASE(right_added_and_not_flushed, .when = IF_LESS_CACHED),
	CASE(right_added_and_nothing_to_flush, .when = IF_LESS_NOT_CACHED),
	CASE(refusal_is_remembered_of_what_is_gone, .when = IF_FAULTS_AD),
	CASE(closed_space_is_not_looked_at),
	CASE(page_taken_back_but_remembered, "the page 0x76543000 is taken back, but cpu 0, id 1: remembers"),
	CASE(page_taken_back_but_mapped, "maps it"),
	CASE(page_taken_back_after_unmapping),
};
SUITE(suite_stale, cases);
