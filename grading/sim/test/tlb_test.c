/*
 * What CPUs remember, and how it is used.
 */
#include "grading/sim/test/test.h"

static void second_access_reads_no_memory(void)
{
	map(HERE, 0, THERE, RWX);
	CHECK(!sim_guest(0, ia(HERE), WALK_WRITE).cached);
	CHECK(sim_guest(0, ia(HERE + 8), WALK_WRITE).cached);
	CHECK(sim_guest(0, ia(HERE + 8), WALK_READ).out.raw == THERE.raw + 8);
	CHECK(!sim_guest(1, ia(HERE), WALK_READ).cached);
}

static void old_knowledge_is_preferred(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	CHECK(touch(0, HERE, WALK_READ) == WALK_OK);
	CHECK(touch(1, HERE, WALK_READ) == WALK_NOT_MAPPED);
}

static void old_table_is_preferred(void)
{
	hpa_t table;

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	table = hpa(slot_at(HERE + PAGE, 0).raw);
	store_at(HERE, 1, word_empty());
	store(table, word_leaf(hpa(0x5000), 0, WALK_READ, WALK_ACCESSED));
	CHECK(sim_guest(0, ia(HERE + PAGE), WALK_READ).out.raw == 0x5000);
	CHECK(touch(1, HERE + PAGE, WALK_READ) == WALK_NOT_MAPPED);
}

static void oldest_of_two_sizes_is_preferred(void)
{
	uint64_t base = HERE & ~(LARGE(1) - 1);
	hpa_t large = hpa(LARGE(1) * 7);

	map(HERE, 1, large, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 1, word_empty());
	map(base, 0, THERE, WALK_READ);
	CHECK(sim_guest(0, ia(base), WALK_READ).out.raw == large.raw);
}

static void emptiness_is_remembered(void)
{
	make_tables(HERE, 0);
	CHECK(touch(0, HERE, WALK_READ) == WALK_NOT_MAPPED);
	map(HERE, 0, THERE, RWX);
	CHECK(sim_guest(0, ia(HERE), WALK_READ).fault == WALK_NOT_MAPPED);
	CHECK(sim_guest(0, ia(HERE), WALK_READ).cached);
	CHECK(touch(0, HERE + PAGE, WALK_READ) == WALK_NOT_MAPPED);
	CHECK(touch(1, HERE, WALK_READ) == WALK_OK);
}

static void emptiness_is_not_remembered(void)
{
	CHECK(touch(0, HERE, WALK_READ) == WALK_NOT_MAPPED);
	map(HERE, 0, THERE, RWX);
	CHECK(touch(0, HERE, WALK_READ) == WALK_OK);
}

static void make_writable(void)
{
	map(HERE, 0, THERE, WALK_READ);
	CHECK(touch(0, HERE, WALK_READ) == WALK_OK);
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_DENIED);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, AD));
}

static void refusal_is_remembered(void)
{
	make_writable();
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_DENIED);
	CHECK(touch(1, HERE, WALK_WRITE) == WALK_OK);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_OK);
}

static void refusal_is_looked_up_again(void)
{
	make_writable();
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_OK);
}

/* The leaf that refused is forgotten, whatever its size was. */
static void refusal_drops_the_old_leaf(void)
{
	uint64_t base = HERE & ~(LARGE(1) - 1);
	int count, leaves = 0;
	const struct sim_tlb_entry *entries;

	map(base, 1, hpa(LARGE(1) * 7), WALK_READ);
	touch(0, base, WALK_READ);
	store_at(base, 1, word_empty());
	map(base, 0, THERE, RW);
	CHECK(touch(0, base, WALK_WRITE) == WALK_OK);
	entries = sim_tlb_entries(0, &count);
	for (int i = 0; i < count; i++)
		leaves += entries[i].kind == SIM_TLB_LEAF;
	CHECK(leaves == 1);
}

/* A fault drops what led to it, tables too, so that the access is tried with what memory says. */
static void fault_drops_old_tables(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 1, word_empty());
	map(HERE + PAGE, 0, THERE, WALK_READ);
	CHECK(touch(0, HERE + PAGE, WALK_READ) == WALK_OK);
}

/* Clear: the first write goes to memory to set D.  After that writes are silent. */
static void first_write_sets_dirty_in_memory(void)
{
	struct sim_mapping now;

	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, 0));
	touch(0, HERE, WALK_READ);
	now = sim_mapping_of(scene.root, ia(HERE));
	CHECK(now.ad == WALK_ACCESSED);
	CHECK(!sim_guest(0, ia(HERE), WALK_WRITE).cached);
	now = sim_mapping_of(scene.root, ia(HERE));
	CHECK(now.ad == AD);
	CHECK(sim_guest(0, ia(HERE), WALK_WRITE).cached);
}

/* The update checks memory: a page that is not writable any more is not written by a CPU that has to set D. */
static void dirty_is_not_set_against_memory(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, WALK_ACCESSED));
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, WALK_ACCESSED));
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_DENIED);
}

static void ids_are_all_that_tells_spaces_apart(void)
{
	hpa_t other = new_space();

	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	sim_cpu_enter(0, other, 1);
	CHECK(touch(0, HERE, WALK_READ) == WALK_OK);
	sim_cpu_enter(0, other, 2);
	CHECK(touch(0, HERE, WALK_READ) == WALK_NOT_MAPPED);
}

static void speculation_remembers_and_sets_no_dirty(void)
{
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, WALK_ACCESSED));
	sim_guest_prefetch(0, ia(HERE));
	sim_guest_prefetch(0, ia(HERE + PAGE));
	CHECK(sim_guest(0, ia(HERE), WALK_READ).cached);
	CHECK(!sim_dirty_is_unknown(THERE, PAGE));
}

static void truth_leaves_no_trace(void)
{
	int count;

	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, 0));
	CHECK(sim_truth(scene.root, ia(HERE), WALK_READ).fault == WALK_OK);
	CHECK(sim_truth(scene.root, ia(HERE), WALK_WRITE).fault == WALK_DENIED);
	CHECK(sim_mapping_of(scene.root, ia(HERE)).ad == 0);
	sim_tlb_entries(0, &count);
	CHECK(count == 0);
}

static void full_tlb_forgets_the_oldest(void)
{
	int count;
	uint64_t base = HERE & ~(LARGE(2) - 1);

	for (uint64_t i = 0; i < SIM_TLB_MAX + 10; i++) {
		map(base + i * PAGE, 0, THERE, WALK_READ);
		touch(0, base + i * PAGE, WALK_READ);
	}
	sim_tlb_entries(0, &count);
	CHECK(count == SIM_TLB_MAX && sim_tlb_evictions() > 10);
	CHECK(!sim_guest(0, ia(base), WALK_READ).cached);
}

static void forgetting_all_is_legal(void)
{
	map(HERE, 0, THERE, RWX);
	touch(0, HERE, WALK_READ);
	sim_tlb_forget(0);
	CHECK(!sim_guest(0, ia(HERE), WALK_READ).cached);
}

/* ---- Flushes of one CPU --------------------------------------------------------------------------------- */

static int remembered(unsigned kinds)
{
	int count, found = 0;
	const struct sim_tlb_entry *entries = sim_tlb_entries(0, &count);

	for (int i = 0; i < count; i++)
		found += !!(entries[i].kind & kinds);
	return found;
}

static void flush_tlb(unsigned kinds, int level, uint64_t start, uint64_t last)
{
	struct sim_tlb_flush f = { kinds, 1, SIM_TLB_ANY_ASID, level, start, last };

	sim_tlb_flush(0, &f);
}

static void learn_two_pages(void)
{
	map(HERE, 0, THERE, WALK_READ);
	map(HERE + PAGE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	touch(0, HERE + PAGE, WALK_READ);
}

static void flush_of_a_range_takes_what_touches_it(void)
{
	learn_two_pages();
	flush_tlb(SIM_TLB_LEAF, SIM_TLB_ANY_LEVEL, HERE + PAGE - 1, HERE + PAGE - 1);
	CHECK(remembered(SIM_TLB_LEAF) == 1 && remembered(SIM_TLB_TABLE) == scene.levels - 1);
	CHECK(sim_guest(0, ia(HERE + PAGE), WALK_READ).cached);
	flush_tlb(SIM_TLB_TABLE, SIM_TLB_ANY_LEVEL, HERE, HERE);
	CHECK(remembered(SIM_TLB_LEAF) == 1 && remembered(SIM_TLB_TABLE) == 0);
}

static void level_hint_takes_that_level_alone(void)
{
	learn_two_pages();
	flush_tlb(SIM_TLB_LEAF, 1, HERE, HERE + PAGE);
	CHECK(remembered(SIM_TLB_LEAF) == 2);
	flush_tlb(SIM_TLB_LEAF | SIM_TLB_TABLE, 1, HERE, HERE + PAGE);
	CHECK(remembered(SIM_TLB_LEAF) == 2 && remembered(SIM_TLB_TABLE) == scene.levels - 2);
	flush_tlb(SIM_TLB_LEAF, 0, HERE, HERE + PAGE);
	CHECK(remembered(SIM_TLB_LEAF) == 0);
}

static void flush_of_another_id_takes_nothing(void)
{
	struct sim_tlb_flush f = { ~0u, 2, SIM_TLB_ANY_ASID, SIM_TLB_ANY_LEVEL, 0, ~(uint64_t)0 };

	learn_two_pages();
	sim_tlb_flush(0, &f);
	CHECK(remembered(SIM_TLB_LEAF) == 2);
	f.id = SIM_TLB_ANY_ID;
	sim_tlb_flush(0, &f);
	CHECK(remembered(~0u) == 0);
}

/* ---- Hardware that updates nothing, or knows no such bits ---------------------------------------------------- */

static void clear_bits_fault_until_software_sets_them(void)
{
	test_restart(WALK_AD_FAULTS, NULL);
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, 0));
	CHECK(touch(0, HERE, WALK_READ) == WALK_AD_CLEAR);
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, WALK_ACCESSED));
	CHECK(touch(0, HERE, WALK_READ) == (walk_format.clear_may_be_cached ? WALK_AD_CLEAR : WALK_OK));
	CHECK(!!sim_stale() == walk_format.clear_may_be_cached);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(sim_stale() == NULL && touch(0, HERE, WALK_READ) == WALK_OK);
}

static void clear_dirty_faults_until_it_is_flushed(void)
{
	test_restart(WALK_AD_FAULTS, NULL);
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, WALK_ACCESSED));
	CHECK(touch(0, HERE, WALK_READ) == WALK_OK);
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_AD_CLEAR);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, AD));
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_AD_CLEAR);
	CHECK(stale_says("memory says: 0x12345000 (level 0)"));
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_OK);
}

static void unknown_bits_are_left_alone(void)
{
	test_restart(WALK_AD_IGNORES, NULL);
	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, 0));
	CHECK(touch(0, HERE, WALK_READ) == WALK_OK && touch(0, HERE, WALK_WRITE) == WALK_OK);
	CHECK(sim_mapping_of(scene.root, ia(HERE)).ad == 0);
}

/* ---- Ends of walks --------------------------------------------------------------------------------------- */

static void address_beyond_the_tree_faults(void)
{
	struct walk_root root = { scene.root, scene.levels, scene.extra };

	CHECK(touch(0, (uint64_t)1 << walk_ia_bits(&root), WALK_READ) == WALK_ADDRESS);
}

static void cpu_is_led_outside_the_memory(void)
{
	struct walk_word *slot = sim_mem_pointer(slot_at(HERE, scene.levels - 1));

	slot->low = word_table(THERE).low;
	touch(0, HERE, WALK_READ);
}

static const struct test_case cases[] = {
	CASE(clear_bits_fault_until_software_sets_them, .when = IF_FAULTS_AD),
	CASE(clear_dirty_faults_until_it_is_flushed, .when = IF_SETS_AND_FAULTS_AD),
	CASE(unknown_bits_are_left_alone, .when = IF_IGNORES_AD),
	CASE(address_beyond_the_tree_faults),
	CASE(cpu_is_led_outside_the_memory, "is led to a table outside the memory"),
	CASE(second_access_reads_no_memory),
	CASE(old_knowledge_is_preferred),
	CASE(old_table_is_preferred, .when = IF_LESS_CACHED),
	CASE(oldest_of_two_sizes_is_preferred),
	CASE(emptiness_is_remembered, .when = IF_EMPTY_CACHED),
	CASE(emptiness_is_not_remembered, .when = IF_EMPTY_NOT_CACHED),
	CASE(refusal_is_remembered, .when = IF_LESS_CACHED),
	CASE(refusal_is_looked_up_again, .when = IF_LESS_NOT_CACHED),
	CASE(refusal_drops_the_old_leaf, .when = IF_LESS_NOT_CACHED),
	CASE(fault_drops_old_tables, .when = IF_LESS_NOT_CACHED),
	CASE(first_write_sets_dirty_in_memory, .when = IF_SETS_AD),
	CASE(dirty_is_not_set_against_memory, .when = IF_SETS_AD),
	CASE(ids_are_all_that_tells_spaces_apart),
	CASE(speculation_remembers_and_sets_no_dirty),
	CASE(truth_leaves_no_trace),
	CASE(full_tlb_forgets_the_oldest),
	CASE(forgetting_all_is_legal),
	CASE(flush_of_a_range_takes_what_touches_it),
	CASE(level_hint_takes_that_level_alone),
	CASE(flush_of_another_id_takes_nothing),
};
SUITE(suite_tlb, cases);
