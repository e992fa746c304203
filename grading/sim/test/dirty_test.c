/*
 * Written pages: a write that nobody will know of is found.
 */
#include "grading/sim/test/test.h"

static void write_here(void)
{
	map(HERE, 0, THERE, RW);
	CHECK(touch(0, HERE + 8, WALK_WRITE) == WALK_OK);
}

static void written_page_is_unknown_until_told(void)
{
	write_here();
	CHECK(sim_dirty_is_unknown(THERE, PAGE) && !sim_dirty_is_unknown(hpa_add(THERE, PAGE), PAGE));
	sim_check();
	host_page_mark(sim_host(), ia(HERE), THERE, PAGE, WALK_DIRTY);
	CHECK(!sim_dirty_is_unknown(THERE, PAGE));
}

static void read_page_is_not_written(void)
{
	map(HERE, 0, THERE, RW);
	touch(0, HERE, WALK_READ);
	CHECK(!sim_dirty_is_unknown(THERE, PAGE));
}

static void unmapped_and_told_nobody(void)
{
	write_here();
	store_at(HERE, 0, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
}

static void replaced_and_told_nobody(void)
{
	write_here();
	store_at(HERE, 0, word_empty());
	store_at(HERE, 0, word_leaf(hpa(0x9000), 0, RW, AD));
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
}

static void unmapped_and_told_of_access_alone(void)
{
	write_here();
	store_at(HERE, 0, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	host_page_mark(sim_host(), ia(HERE), THERE, PAGE, WALK_ACCESSED);
	sim_check();
}

static void unmapped_with_its_table_and_told_nobody(void)
{
	write_here();
	store_at(HERE, 1, word_empty());
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_ALL);
	sim_check();
}

static void unmapped_and_told(void)
{
	write_here();
	store_at(HERE, 0, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	host_page_mark(sim_host(), ia(HERE), THERE, PAGE, AD);
	sim_check();
}

static void dirty_cleared_and_told_nobody(void)
{
	write_here();
	store_at(HERE, 0, word_leaf(THERE, 0, RW, WALK_ACCESSED));
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
}

/* D was clear when the MMU read the entry, hardware sets it, the MMU writes what it had read. */
static void hardware_set_dirty_between_read_and_write(void)
{
	struct walk_word old;
	void *slot;

	make_tables(HERE, 0);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, WALK_ACCESSED));
	old = load_at(HERE, 0);
	slot = sim_mem_pointer(slot_at(HERE, 0));
	sim_point_strike(1, 0, ia(HERE), WALK_WRITE);
	sim_access_point(slot, "read");
	store_at(HERE, 0, old);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
}

/* Between the mark and the flush a CPU may still write: who acts on the mark takes the lock first. */
static void write_before_the_flush_is_told_already(void)
{
	write_here();
	store_at(HERE, 0, word_empty());
	host_page_mark(sim_host(), ia(HERE), THERE, PAGE, AD);
	CHECK(touch(0, HERE, WALK_WRITE) == WALK_OK);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
}

static void write_through_a_stale_entry(void)
{
	write_here();
	host_page_mark(sim_host(), ia(HERE), THERE, PAGE, AD);
	host_lock(sim_host(), HOST_EXCLUSIVE);
	host_unlock(sim_host(), HOST_EXCLUSIVE);
	store_at(HERE, 0, word_leaf(THERE, 0, RW, WALK_ACCESSED));
	CHECK(sim_guest(0, ia(HERE), WALK_WRITE).cached);
	sim_dirty_check();
}

static void large_leaf_is_dirty_for_all_its_pages(void)
{
	uint64_t base = HERE & ~(LARGE(1) - 1);

	map(base, 1, hpa(LARGE(1) * 7), RW);
	touch(0, base + 5 * PAGE, WALK_WRITE);
	CHECK(sim_dirty_is_unknown(hpa(LARGE(1) * 7 + 5 * PAGE), PAGE));
	sim_check();
	store_at(base, 1, word_empty());
	flush(base, LARGE(1), HOST_FLUSH_LEAVES);
	host_page_mark(sim_host(), ia(base), hpa(LARGE(1) * 7), LARGE(1), WALK_DIRTY);
	sim_check();
}

static void root_closed_before_all_is_told(void)
{
	write_here();
	for (int cpu = 0; cpu < 2; cpu++)
		sim_cpu_leave(cpu);
	sim_space_close(scene.root);
}

/* What software keeps beside the leaf shows when the leaf goes. */
static void write_protected_and_told_later(void)
{
	write_here();
	store_at(HERE, 0, word_leaf(THERE, 0, WALK_READ, AD));
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
	store_at(HERE, 0, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	sim_check();
}

static void marks_are_kept(void)
{
	struct sim_mark mark;

	host_page_mark(sim_host(), ia(HERE), THERE, 4 * PAGE, WALK_DIRTY);
	host_page_mark(sim_host(), ia(HERE), hpa_add(THERE, PAGE), PAGE, WALK_ACCESSED);
	CHECK(sim_marks_of(THERE) == WALK_DIRTY);
	CHECK(sim_marks_of(hpa_add(THERE, PAGE + 5)) == AD);
	CHECK(sim_marks_of(hpa_add(THERE, 4 * PAGE)) == 0);
	CHECK(sim_mark(0, &mark) && mark.page.raw == THERE.raw + PAGE && mark.ad == WALK_ACCESSED);
	CHECK(sim_mark(1, &mark) && !sim_mark(2, &mark));
	sim_marks_reset();
	CHECK(sim_marks_of(THERE) == 0);
}

static void mark_of_nothing(void)
{
	host_page_mark(sim_host(), ia(HERE), THERE, PAGE, 0);
}

static void mark_of_half_a_page(void)
{
	host_page_mark(sim_host(), ia(HERE), hpa_add(THERE, 8), PAGE, AD);
}

#define LOST "a write is lost: page 0x76543000"

static const struct test_case cases[] = {
	CASE(written_page_is_unknown_until_told),
	CASE(read_page_is_not_written),
	CASE(unmapped_and_told_nobody, LOST),
	CASE(replaced_and_told_nobody, LOST),
	CASE(unmapped_and_told_of_access_alone, LOST),
	CASE(unmapped_with_its_table_and_told_nobody, LOST),
	CASE(unmapped_and_told),
	CASE(dirty_cleared_and_told_nobody, LOST, .when = IF_SETS_AD),
	CASE(hardware_set_dirty_between_read_and_write, LOST, .when = IF_SETS_AD),
	CASE(write_before_the_flush_is_told_already),
	CASE(write_through_a_stale_entry, LOST, .when = IF_SETS_AD),
	CASE(large_leaf_is_dirty_for_all_its_pages),
	CASE(root_closed_before_all_is_told, LOST),
	CASE(write_protected_and_told_later, LOST),
	CASE(marks_are_kept),
	CASE(mark_of_nothing, "host_page_mark()"),
	CASE(mark_of_half_a_page, "host_page_mark()"),
};
SUITE(suite_dirty, cases);
