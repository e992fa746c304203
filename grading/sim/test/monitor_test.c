/*
 * What faults ask of their surroundings: memory, spare tables, roots, memslots, pages, notifiers.
 */
#include "grading/sim/monitor.h"
#include "grading/sim/test/test.h"

#define BASE   (HERE & ~(LARGE(1) - 1))
#define USER   ((uint64_t)1 << 36)

/* ---- Memory, tables, locks ------------------------------------------------------------------------------ */

static void memory_is_zero_and_comes_back(void)
{
	struct host *h = sim_host();
	unsigned char *memory = host_memory_alloc(h, 100);

	CHECK(memory && ((uintptr_t)memory & 15) == 0);
	for (int i = 0; i < 100; i++)
		CHECK(memory[i] == 0);
	CHECK(sim_mem_blocks() == 2);
	host_memory_free(h, memory);
	CHECK(sim_mem_blocks() == 1);
}

static void memory_is_used_after_it_was_freed(void)
{
	unsigned char *memory = host_memory_alloc(sim_host(), 100);

	host_memory_free(sim_host(), memory);
	memory[7] = 1;
	sim_mem_check();
}

static void reserve_is_all_or_nothing(void)
{
	hpa_t tables[4] = { { 0 } };

	CHECK(host_table_reserve(sim_host(), tables, 0, 1) == 0 && tables[0].raw && !tables[1].raw);
	sim_mem_fail(SIM_FAIL_ONCE, 3);
	CHECK(host_table_reserve(sim_host(), tables, 1, 4) == -MMU_ENOMEM && sim_mem_blocks() == 2);
	CHECK(host_table_reserve(sim_host(), tables, 1, 4) == 0 && sim_mem_blocks() == 5);
}

static void reserve_with_the_lock(void)
{
	hpa_t table;

	host_lock(sim_host(), HOST_SHARED);
	host_table_reserve(sim_host(), &table, 0, 1);
}

static void resolve_with_the_table_lock(void)
{
	struct host_slot slot = { 0 };
	struct host_page page;

	host_table_lock(sim_host());
	host_resolve(sim_host(), &slot, gpa(HERE), TDP_ACCESS_READ, &page);
}

static void table_lock_taken_twice(void)
{
	host_table_lock(sim_host());
	host_table_lock(sim_host());
}

static void table_lock_of_somebody_else(void)
{
	host_table_lock(sim_host());
	sim_actor_set(1);
	host_table_unlock(sim_host());
}

static void lock_within_the_table_lock(void)
{
	host_table_lock(sim_host());
	host_lock(sim_host(), HOST_SHARED);
}

static void table_lock_waits(void)
{
	host_table_lock(sim_host());
	sim_actor_set(1);
	host_table_lock(sim_host());
}

/* ---- Flushes --------------------------------------------------------------------------------------------- */

static void flush_here_reaches_one_cpu(void)
{
	struct sim_flush_call call;

	sim_on_cpu(1);
	flush(HERE, PAGE, HOST_FLUSH_HERE);
	CHECK(sim_flush_call(0, &call) && call.cpus == 2);
	CHECK(sim_work()->flushes_here == 1 && sim_work()->cpu_flushes == 1);
	sim_actor_set(1);
	sim_on_cpu(0);
	flush(HERE, PAGE, HOST_FLUSH_HERE);
	CHECK(sim_flush_call(0, &call) && call.cpus == 1);
}

static void closed_root_is_flushed(void)
{
	struct host_root *root = sim_host_root(scene.root);

	sim_cpu_leave(0);
	sim_cpu_leave(1);
	host_root_close(sim_host(), root);
	host_flush(sim_host(), root, ia(HERE), ia(HERE + PAGE), HOST_FLUSH_LEAVES);
}

/* ---- Memslots and pages ----------------------------------------------------------------------------------- */

/* A large page of the guest is the monitor's at USER, which is THERE's neighbourhood. */
static struct host_slot add_memory(void)
{
	struct host_slot slot = { gpa(BASE), gpa(BASE + LARGE(1)), hva(USER), RWX, 1 };
	struct sim_user user = { hva(USER), hva(USER + LARGE(1)), hpa(LARGE(1)), 1, true };

	sim_slot_set(0, &slot, SIM_SLOT_READY);
	sim_user_set(0, &user);
	return slot;
}

static void slots_are_looked_up(void)
{
	struct host_slot slot;

	CHECK(host_lookup(sim_host(), gpa(HERE), &slot) == HOST_SLOT_NONE);
	add_memory();
	CHECK(host_lookup(sim_host(), gpa(HERE), &slot) == HOST_SLOT_RAM && slot.hva.raw == USER);
	CHECK(host_lookup(sim_host(), gpa(BASE - 1), &slot) == HOST_SLOT_NONE);
	CHECK(host_lookup(sim_host(), gpa(BASE + LARGE(1)), &slot) == HOST_SLOT_NONE);
	sim_slot_set(0, NULL, SIM_SLOT_BUSY);
	CHECK(host_lookup(sim_host(), gpa(HERE), &slot) == HOST_SLOT_BUSY);
	sim_slot_set(0, NULL, SIM_SLOT_NONE);
	CHECK(host_lookup(sim_host(), gpa(HERE), &slot) == HOST_SLOT_NONE);
}

static void pages_are_resolved(void)
{
	struct host_slot slot = add_memory();
	struct sim_user user = { hva(USER), hva(USER + LARGE(1)), THERE, 0, false };
	struct host_page page;

	CHECK(host_resolve(sim_host(), &slot, gpa(HERE + 8), TDP_ACCESS_WRITE, &page) == 0);
	CHECK(page.page.raw == LARGE(1) + (HERE - BASE) && page.level == 1 && page.is_writable);
	sim_user_set(0, &user);
	CHECK(host_resolve(sim_host(), &slot, gpa(BASE), TDP_ACCESS_WRITE, &page) == -MMU_EFAULT);
	CHECK(host_resolve(sim_host(), &slot, gpa(BASE), TDP_ACCESS_READ, &page) == 0 && !page.is_writable);
	sim_user_set(0, NULL);
	CHECK(host_resolve(sim_host(), &slot, gpa(BASE), TDP_ACCESS_READ, &page) == -MMU_EFAULT);
}

static bool must_retry(const struct host_sample *sample, const struct host_slot *slot)
{
	bool yes;

	host_lock(sim_host(), HOST_SHARED);
	yes = host_must_retry(sim_host(), sample, slot, gpa(HERE));
	host_unlock(sim_host(), HOST_SHARED);
	return yes;
}

static void changes_make_faults_retry(void)
{
	struct host_slot slot = add_memory();
	struct host_sample sample = host_sample(sim_host());
	uint64_t at = USER + (HERE - BASE);

	CHECK(!must_retry(&sample, &slot));
	sim_notify_begin(hva(at - PAGE), hva(at));
	CHECK(!must_retry(&sample, &slot));
	sim_notify_begin(hva(at + PAGE), hva(at + 2 * PAGE)); /* ranges in progress count as one */
	CHECK(must_retry(&sample, &slot));
	sim_notify_end(hva(at + PAGE), hva(at + 2 * PAGE));
	sample = host_sample(sim_host());
	CHECK(must_retry(&sample, &slot));
	sim_notify_end(hva(at - PAGE), hva(at));
	CHECK(must_retry(&sample, &slot));
	sample = host_sample(sim_host());
	CHECK(!must_retry(&sample, &slot));
	sim_slot_set(0, &slot, SIM_SLOT_READY);
	CHECK(must_retry(&sample, &slot));
}

static void must_retry_without_the_lock(void)
{
	struct host_slot slot = add_memory();
	struct host_sample sample = host_sample(sim_host());

	host_must_retry(sim_host(), &sample, &slot, gpa(HERE));
}

static void end_without_a_beginning(void)
{
	sim_notify_end(hva(USER), hva(USER + PAGE));
}

/* ---- What a guest should see ------------------------------------------------------------------------------ */

static void right_mapping_passes(void)
{
	add_memory();
	map(HERE, 0, hpa(LARGE(1) + (HERE - BASE)), RW);
	sim_memory_check(gpa(BASE), gpa(BASE + LARGE(1)));
}

static void wrong_page_is_found(void)
{
	add_memory();
	map(HERE, 0, THERE, RW);
	sim_memory_check(gpa(BASE), gpa(BASE + LARGE(1)));
}

static void wrong_right_is_found(void)
{
	struct host_slot slot = add_memory();

	slot.rights = WALK_READ;
	sim_slot_set(0, &slot, SIM_SLOT_READY);
	map(HERE, 0, hpa(LARGE(1) + (HERE - BASE)), RW);
	sim_memory_check(gpa(BASE), gpa(BASE + LARGE(1)));
}

static void page_without_a_memslot_is_found(void)
{
	map(HERE, 0, THERE, RW);
	sim_memory_check(gpa(BASE), gpa(BASE + LARGE(1)));
}

static void what_is_still_mapped_is_found(void)
{
	map(HERE, 0, THERE, RW);
	sim_expect_unmapped(gpa(HERE), gpa(HERE + PAGE));
}

static void what_is_still_remembered_is_found(void)
{
	map(HERE, 0, THERE, RW);
	touch(1, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	sim_expect_unmapped(gpa(HERE + PAGE), gpa(HERE + 2 * PAGE));
	sim_expect_unmapped(gpa(HERE), gpa(HERE + PAGE));
}

static const struct test_case cases[] = {
	CASE(memory_is_zero_and_comes_back),
	CASE(memory_is_used_after_it_was_freed, "was written to"),
	CASE(reserve_is_all_or_nothing),
	CASE(reserve_with_the_lock, "may sleep in reserve, but holds a lock"),
	CASE(resolve_with_the_table_lock, "may sleep in resolve, but holds a lock"),
	CASE(table_lock_taken_twice, "takes the table lock that it holds"),
	CASE(table_lock_of_somebody_else, "lets go of the table lock, but does not hold it"),
	CASE(lock_within_the_table_lock, "takes the lock within the table lock"),
	CASE(table_lock_waits, "actor 1 waits for ever: table lock"),
	CASE(flush_here_reaches_one_cpu),
	CASE(closed_root_is_flushed, "of a root that is closed"),
	CASE(slots_are_looked_up),
	CASE(pages_are_resolved),
	CASE(changes_make_faults_retry),
	CASE(must_retry_without_the_lock, "does not hold the lock"),
	CASE(end_without_a_beginning, "which has not begun"),
	CASE(right_mapping_passes),
	CASE(wrong_page_is_found, "where the monitor has page"),
	CASE(wrong_right_is_found, "the guest has the rights 0x3"),
	CASE(page_without_a_memslot_is_found, "the monitor gives 0x0"),
	CASE(what_is_still_mapped_is_found, "a tree still maps 0x12345000"),
	CASE(what_is_still_remembered_is_found, "remembers page 0x76543000"),
};
SUITE(suite_monitor, cases);
