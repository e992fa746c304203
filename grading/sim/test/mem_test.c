/*
 * Memory for tables: what the allocator gives, and the mistakes that it finds.
 */
#include "grading/sim/test/test.h"

static uint64_t *words(hpa_t table)
{
	return sim_mem_pointer(table);
}

static void tables_are_aligned_to_their_size(void)
{
	for (int order = 0; order <= SIM_ORDER_MAX; order++) {
		hpa_t table = sim_mem_alloc(order);

		CHECK(table.raw && table.raw % (PAGE << order) == 0);
		CHECK(words(table)[0] == SIM_POISON && words(table)[(PAGE << order) / 8 - 1] == SIM_POISON);
		sim_mem_free(table, order, 0);
	}
}

static void tables_lie_high(void)
{
	hpa_t table = sim_mem_alloc(0);

	CHECK(table.raw >> (walk_format.oa_bits - 1) == 1);
	CHECK(sim_mem_hpa(sim_mem_pointer(table)).raw == table.raw);
	CHECK(sim_mem_state(table) == SIM_PAGE_LIVE && sim_mem_state(THERE) == SIM_PAGE_OUTSIDE);
}

static void counts_balance(void)
{
	uint64_t before = sim_mem_pages(), blocks = sim_mem_blocks();
	hpa_t table = sim_mem_alloc(2);

	CHECK(sim_mem_pages() == before + 4 && sim_mem_blocks() == blocks + 1);
	sim_mem_free(table, 2, 0);
	CHECK(sim_mem_pages() == before && sim_mem_blocks() == blocks);
}

static void freed_twice(void)
{
	hpa_t table = sim_mem_alloc(0);

	sim_mem_free(table, 0, 0);
	sim_mem_free(table, 0, 0);
}

static void freed_twice_in_its_grace_period(void)
{
	hpa_t table = sim_mem_alloc(0);

	sim_mem_free(table, 0, 1);
	sim_mem_free(table, 0, 1);
}

static void freed_with_another_order(void)
{
	sim_mem_free(sim_mem_alloc(2), 0, 0);
}

static void freed_in_the_middle(void)
{
	sim_mem_free(hpa_add(sim_mem_alloc(2), PAGE), 0, 0);
}

static void freed_but_never_allocated(void)
{
	sim_mem_free(THERE, 0, 0);
}

static void write_behind_a_table(void)
{
	hpa_t table = sim_mem_alloc(0);

	words(table)[PAGE / 8] = 1;
	sim_mem_free(table, 0, 0);
}

static void write_before_a_table(void)
{
	hpa_t table = sim_mem_alloc(0);

	words(table)[-1] = 1;
	sim_mem_check();
}

static void write_behind_a_table_whose_neighbour_is_gone(void)
{
	hpa_t table = sim_mem_alloc(0), neighbour = sim_mem_alloc(0);

	CHECK(neighbour.raw == table.raw + 2 * PAGE);
	sim_mem_free(neighbour, 0, 0);
	words(table)[PAGE / 8] = 1;
	sim_mem_check();
}

static void write_before_a_table_whose_neighbour_is_gone(void)
{
	hpa_t neighbour = sim_mem_alloc(0), table = sim_mem_alloc(0);

	sim_mem_free(neighbour, 0, 0);
	words(table)[-1] = 1;
	sim_mem_check();
}

static void late_write_is_found_at_the_end(void)
{
	hpa_t table = sim_mem_alloc(0);

	sim_mem_free(table, 0, 0);
	words(table)[7] = 1;
	sim_finish();
}

static void write_into_a_freed_table(void)
{
	hpa_t table = sim_mem_alloc(0);

	sim_mem_free(table, 0, 0);
	words(table)[7] = 1;
	sim_mem_check();
}

static void write_into_a_freed_table_is_found_when_it_is_used_again(void)
{
	hpa_t table = sim_mem_alloc(0);

	sim_mem_reuse(SIM_REUSE_AT_ONCE);
	sim_mem_free(table, 0, 0);
	words(table)[7] = 1;
	sim_mem_alloc(0);
}

static void write_in_the_grace_period(void)
{
	hpa_t table = sim_mem_alloc(0);

	sim_mem_free(table, 0, 1 << 3);
	words(table)[7] = 1;
	sim_mem_grace_end(3);
}

static void grace_period_ends_with_the_last_actor(void)
{
	hpa_t table = sim_mem_alloc(0);

	words(table)[0] = 42;
	sim_mem_free(table, 0, 1 << 3 | 1 << 5);
	CHECK(sim_mem_state(table) == SIM_PAGE_DYING && words(table)[0] == 42);
	sim_mem_grace_end(3);
	sim_mem_grace_end(4);
	CHECK(sim_mem_state(table) == SIM_PAGE_DYING && words(table)[0] == 42);
	sim_mem_grace_end(5);
	CHECK(sim_mem_state(table) == SIM_PAGE_FREE && words(table)[0] == SIM_POISON);
}

static void last_freed_is_used_first(void)
{
	hpa_t a = sim_mem_alloc(0), b = sim_mem_alloc(0);

	sim_mem_reuse(SIM_REUSE_AT_ONCE);
	sim_mem_free(a, 0, 0);
	sim_mem_free(b, 0, 0);
	CHECK(sim_mem_alloc(0).raw == b.raw);
	CHECK(sim_mem_alloc(0).raw == a.raw);
}

static void quarantine_keeps_all(void)
{
	hpa_t first = sim_mem_alloc(0), next;

	sim_mem_reuse(SIM_REUSE_NEVER);
	sim_mem_free(first, 0, 0);
	while ((next = sim_mem_alloc(0)).raw) {
		CHECK(next.raw != first.raw);
		sim_mem_free(next, 0, 0);
	}
}

static void usual_reuse_is_late_but_comes(void)
{
	hpa_t first = sim_mem_alloc(0), next;
	int rounds = 0;

	sim_mem_free(first, 0, 0);
	do {
		next = sim_mem_alloc(0);
		sim_mem_free(next, 0, 0);
	} while (next.raw != first.raw && ++rounds < 100000);
	CHECK(rounds > 100 && rounds < 100000);
}

static void nth_allocation_fails(void)
{
	for (uint64_t n = 1; n < 5; n++) {
		sim_mem_fail(SIM_FAIL_ONCE, n);
		for (uint64_t i = 1; i < 7; i++)
			CHECK((sim_mem_alloc(0).raw == 0) == (i == n));
		sim_mem_fail(SIM_FAIL_FROM_ON, n);
		for (uint64_t i = 1; i < 7; i++)
			CHECK((sim_mem_alloc(0).raw == 0) == (i >= n));
		sim_mem_fail(SIM_FAIL_NEVER, 0);
	}
	CHECK(sim_work()->failed_allocs == 4 + 6 + 5 + 4 + 3);
}

static void memory_ends_some_time(void)
{
	int count = 0;

	while (sim_mem_alloc(0).raw)
		count++;
	CHECK(count > 300);
	sim_mem_check();
}

static void leak(void)
{
	sim_mem_alloc(0);
	sim_finish();
}

static const struct test_case cases[] = {
	CASE(tables_are_aligned_to_their_size),
	CASE(tables_lie_high),
	CASE(counts_balance),
	CASE(freed_twice, "no table is there"),
	CASE(freed_twice_in_its_grace_period, "freed twice"),
	CASE(freed_with_another_order, "with order 0; there is"),
	CASE(freed_in_the_middle, "with order 2"),
	CASE(freed_but_never_allocated, "no table is there"),
	CASE(write_behind_a_table, "beside a table: 0x1 was written"),
	CASE(write_before_a_table, "beside a table: 0x1 was written"),
	CASE(write_behind_a_table_whose_neighbour_is_gone, "beside a table: 0x1 was written"),
	CASE(write_before_a_table_whose_neighbour_is_gone, "beside a table: 0x1 was written"),
	CASE(late_write_is_found_at_the_end, "a freed table: 0x1 was written"),
	CASE(write_into_a_freed_table, "a freed table: 0x1 was written"),
	CASE(write_into_a_freed_table_is_found_when_it_is_used_again, "a freed table: 0x1 was written"),
	CASE(write_in_the_grace_period, "changed after it had been freed"),
	CASE(grace_period_ends_with_the_last_actor),
	CASE(last_freed_is_used_first),
	CASE(quarantine_keeps_all),
	CASE(usual_reuse_is_late_but_comes),
	CASE(nth_allocation_fails),
	CASE(memory_ends_some_time),
	CASE(leak, "were not freed"),
};
SUITE(suite_mem, cases);
