/*
 * The surroundings of the MMU: lock, yield, flush, tables.
 */
#include "grading/sim/test/test.h"

/* ---- Lock ----------------------------------------------------------------------------------------------- */

static void lock_is_held_in_its_mode(void)
{
	struct host *h = sim_host();

	CHECK(sim_lock_is_free() && !host_lock_is_held(h, HOST_SHARED));
	host_lock(h, HOST_EXCLUSIVE);
	CHECK(host_lock_is_held(h, HOST_EXCLUSIVE) && host_lock_is_held(h, HOST_SHARED) && !sim_lock_is_free());
	sim_actor_set(1);
	CHECK(!host_lock_is_held(h, HOST_SHARED));
	sim_actor_set(0);
	host_unlock(h, HOST_EXCLUSIVE);
	host_lock(h, HOST_SHARED);
	CHECK(host_lock_is_held(h, HOST_SHARED) && !host_lock_is_held(h, HOST_EXCLUSIVE));
	sim_actor_set(1);
	host_lock(h, HOST_SHARED);
	host_unlock(h, HOST_SHARED);
	CHECK(!sim_lock_is_free());
	sim_actor_set(0);
	host_unlock(h, HOST_SHARED);
	CHECK(sim_lock_is_free() && sim_work()->locks == 3);
}

static void lock_taken_twice(void)
{
	host_lock(sim_host(), HOST_SHARED);
	host_lock(sim_host(), HOST_SHARED);
}

static void lock_let_go_in_the_other_mode(void)
{
	host_lock(sim_host(), HOST_SHARED);
	host_unlock(sim_host(), HOST_EXCLUSIVE);
}

static void lock_let_go_by_somebody_else(void)
{
	host_lock(sim_host(), HOST_EXCLUSIVE);
	sim_actor_set(1);
	host_unlock(sim_host(), HOST_EXCLUSIVE);
}

static void lock_waits_for_ever(void)
{
	host_lock(sim_host(), HOST_SHARED);
	sim_actor_set(1);
	host_lock(sim_host(), HOST_EXCLUSIVE);
}

static void lock_waits_for_a_writer(void)
{
	host_lock(sim_host(), HOST_EXCLUSIVE);
	sim_actor_set(1);
	host_lock(sim_host(), HOST_SHARED);
}

static void let_go(void *arg, const char *what)
{
	sim_actor_set(0);
	CHECK(host_should_yield(sim_host()));
	host_unlock(sim_host(), HOST_SHARED);
}

static void waiting_actor_gets_the_lock(void)
{
	const struct test_env with_wait = { .wait = let_go };

	test_restart(usual_ad(), &with_wait);
	sim_yield_plan(SIM_YIELD_WANTED, 0);
	host_lock(sim_host(), HOST_SHARED);
	CHECK(!host_should_yield(sim_host()));
	sim_actor_set(1);
	host_lock(sim_host(), HOST_EXCLUSIVE);
	CHECK(sim_actor() == 1 && host_lock_is_held(sim_host(), HOST_EXCLUSIVE));
	CHECK(!host_should_yield(sim_host()));
}

static void unlock_with_something_stale(void)
{
	host_lock(sim_host(), HOST_EXCLUSIVE);
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	host_unlock(sim_host(), HOST_EXCLUSIVE);
}

static void unlock_while_others_are_busy(void)
{
	host_lock(sim_host(), HOST_SHARED);
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	sim_actor_set(1);
	host_lock(sim_host(), HOST_SHARED);
	host_unlock(sim_host(), HOST_SHARED);
	sim_actor_set(0);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	host_unlock(sim_host(), HOST_SHARED);
}

/* ---- Yielding ------------------------------------------------------------------------------------------- */

static int gaps;

static void count_gap(void *arg)
{
	gaps++;
	CHECK(sim_lock_is_free());
}

static void yield_follows_its_plan(void)
{
	struct host *h = sim_host();

	gaps = 0;
	sim_yield_gap(count_gap, NULL);
	host_lock(h, HOST_EXCLUSIVE);
	CHECK(!host_should_yield(h));
	sim_yield_plan(SIM_YIELD_AT, 3);
	for (int i = 1; i < 6; i++)
		CHECK(host_should_yield(h) == (i == 3));
	sim_yield_plan(SIM_YIELD_ALWAYS, 0);
	CHECK(host_should_yield(h));
	host_unlock(h, HOST_EXCLUSIVE);
	CHECK(gaps == 1);
	host_lock(h, HOST_EXCLUSIVE);
	host_unlock(h, HOST_EXCLUSIVE);
	CHECK(gaps == 1 && sim_work()->questions == 7 && sim_work()->yields == 2);
}

static void yield_without_the_lock(void)
{
	host_should_yield(sim_host());
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

static hpa_t table_of(uint64_t at)
{
	return hpa(slot_at(at, 0).raw & ~(PAGE - 1));
}

static void linked_table_is_freed(void)
{
	make_tables(HERE, 0);
	host_table_free(sim_host(), table_of(HERE), 0);
}

static void cached_table_is_freed(void)
{
	hpa_t table;

	map(HERE, 0, THERE, WALK_READ);
	touch(1, HERE, WALK_READ);
	table = table_of(HERE);
	store_at(HERE, 1, word_empty());
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_LEAVES);
	host_table_free(sim_host(), table, 0);
}

static void unlinked_and_flushed_table_is_freed(void)
{
	hpa_t table;

	map(HERE, 0, THERE, WALK_READ);
	touch(1, HERE, WALK_READ);
	table = table_of(HERE);
	store_at(HERE, 1, word_empty());
	flush(HERE & ~(LARGE(1) - 1), LARGE(1), HOST_FLUSH_ALL);
	host_table_free(sim_host(), table, 0);
	CHECK(sim_mem_state(table) == SIM_PAGE_FREE);
}

static void loaded_root_is_closed(void)
{
	host_root_close(sim_host(), sim_host_root(scene.root));
}

static void open_root_is_freed(void)
{
	host_table_free(sim_host(), scene.root, scene.extra);
}

static void root_is_closed_and_freed(void)
{
	sim_cpu_leave(0);
	sim_cpu_leave(1);
	host_root_close(sim_host(), sim_host_root(scene.root));
	host_table_free(sim_host(), scene.root, scene.extra);
	CHECK(sim_mem_blocks() == 0);
	sim_finish();
}

static void table_outlives_its_readers(void)
{
	struct host *h = sim_host();
	hpa_t table = host_table_alloc(h, 0);

	sim_actor_set(1);
	host_lock(h, HOST_SHARED);
	sim_actor_set(2);
	host_lock(h, HOST_SHARED);
	host_table_free(h, table, 0);
	host_unlock(h, HOST_SHARED);
	CHECK(sim_mem_state(table) == SIM_PAGE_DYING);
	host_lock(h, HOST_SHARED); /* a new reader, which cannot have seen it */
	sim_actor_set(1);
	sim_access_point(sim_mem_pointer(table), "read");
	host_unlock(h, HOST_SHARED);
	CHECK(sim_mem_state(table) == SIM_PAGE_FREE);
}

static void window_leads_to_tables(void)
{
	hpa_t table = host_table_alloc(sim_host(), 0);

	CHECK((void *)(uintptr_t)(table.raw + host_table_window(sim_host())) == sim_mem_pointer(table));
}

/* ---- Flushes, traces, bugs ------------------------------------------------------------------------------ */

static void flush_is_recorded(void)
{
	struct sim_flush_call call;

	sim_cpu_enter(3, scene.root, 3);
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	flush(0, LARGE(1), HOST_FLUSH_ALL);
	CHECK(sim_flush_call(0, &call) && call.what == HOST_FLUSH_ALL && call.end.raw == LARGE(1));
	CHECK(sim_flush_call(1, &call) && call.start.raw == HERE && call.cpus == 0xb);
	CHECK(!sim_flush_call(2, &call));
	CHECK(sim_work()->flushes == 2 && sim_work()->flushes_all == 1 && sim_work()->cpu_flushes == 6);
}

static void flush_takes_all_ids_of_the_root(void)
{
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	sim_cpu_enter(0, scene.root, 2);
	touch(0, HERE, WALK_READ);
	unmap(HERE, 0);
	CHECK(sim_stale() == NULL);
}

static void flush_of_an_empty_range(void)
{
	flush(HERE, 0, HOST_FLUSH_ALL);
}

static void flush_beyond_the_tree(void)
{
	struct walk_root root = { scene.root, scene.levels, scene.extra };

	flush((uint64_t)1 << walk_ia_bits(&root), PAGE, HOST_FLUSH_ALL);
}

static int flush_points;

static void touch_during_flush(void *arg, const void *slot, const char *what)
{
	if (contains(what, "flush") && flush_points++ == 1)
		CHECK(touch(1, HERE, WALK_READ) == WALK_OK && touch(0, HERE, WALK_READ) == WALK_NOT_MAPPED);
}

static void later_cpu_still_remembers_during_a_flush(void)
{
	const struct test_env with_actor = { .point = touch_during_flush };

	test_restart(usual_ad(), &with_actor);
	flush_points = 0;
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	touch(1, HERE, WALK_READ);
	unmap(HERE, 0);
	CHECK(flush_points == 2);
}

static void traces_are_recorded(void)
{
	struct sim_trace_call call;

	host_trace(sim_host(), HOST_TRACE_SET, ia(HERE), 1, 17);
	host_trace(sim_host(), HOST_TRACE_YIELD, ia(HERE), 0, 0);
	CHECK(sim_trace_call(0, &call) && call.what == HOST_TRACE_YIELD);
	CHECK(sim_trace_call(1, &call) && call.count == 17 && call.level == 1 && !sim_trace_call(2, &call));
	CHECK(sim_work()->runs == 1 && sim_work()->run_entries == 17);
}

static void mmu_stops(void)
{
	host_bug(sim_host(), "something is wrong", 0x1234, 5);
}

/* ---- Spaces and CPUs ------------------------------------------------------------------------------------ */

static void cpu_enters_what_is_not_open(void)
{
	sim_cpu_enter(0, THERE, 1);
}

static void id_is_too_wide(void)
{
	sim_cpu_enter(0, scene.root, 1u << walk_format.id_bits);
}

static void root_is_inside_a_table(void)
{
	sim_space_open(hpa_add(new_table(4), PAGE), scene.levels, scene.extra);
}

static void root_is_too_small(void)
{
	sim_space_open(new_table(0), walk_format.levels_min, walk_format.extra_max);
}

static void root_has_too_many_levels(void)
{
	sim_space_open(new_table(walk_format.extra_min), walk_format.levels_max + 1, walk_format.extra_min);
}

static void guest_without_a_root(void)
{
	touch(3, HERE, WALK_READ);
}

static const struct test_case cases[] = {
	CASE(lock_is_held_in_its_mode),
	CASE(lock_taken_twice, "takes the lock that it holds"),
	CASE(lock_let_go_in_the_other_mode, "does not hold it exclusively"),
	CASE(lock_let_go_by_somebody_else, "actor 1 lets go of the lock"),
	CASE(lock_waits_for_ever, "actor 1 waits for ever: lock"),
	CASE(lock_waits_for_a_writer, "actor 1 waits for ever: lock"),
	CASE(waiting_actor_gets_the_lock),
	CASE(unlock_with_something_stale, "stale: cpu 0, id 1: remembers 0x12345000"),
	CASE(unlock_while_others_are_busy),
	CASE(yield_follows_its_plan),
	CASE(yield_without_the_lock, "does not hold the lock"),
	CASE(linked_table_is_freed, "an entry of a tree leads to it"),
	CASE(cached_table_is_freed, "is freed, but cpu 1, id 1: remembers that"),
	CASE(unlinked_and_flushed_table_is_freed),
	CASE(loaded_root_is_closed, "but cpu 0 runs in it"),
	CASE(open_root_is_freed, "is freed, but not closed"),
	CASE(root_is_closed_and_freed),
	CASE(table_outlives_its_readers),
	CASE(window_leads_to_tables),
	CASE(flush_is_recorded),
	CASE(flush_takes_all_ids_of_the_root),
	CASE(flush_of_an_empty_range, "host_flush() of [0x12345000, 0x12345000)"),
	CASE(flush_beyond_the_tree, "host_flush() of"),
	CASE(later_cpu_still_remembers_during_a_flush),
	CASE(traces_are_recorded),
	CASE(mmu_stops, "the MMU stops: something is wrong: 0x1234, 0x5"),
	CASE(cpu_enters_what_is_not_open, "which is not open"),
	CASE(id_is_too_wide, "has more than"),
	CASE(root_is_inside_a_table, "is not a table of"),
	CASE(root_is_too_small, "is not a table of", .when = IF_LARGE_ROOTS),
	CASE(root_has_too_many_levels, "no root has"),
	CASE(guest_without_a_root, "runs no guest"),
};
SUITE(suite_host, cases);
