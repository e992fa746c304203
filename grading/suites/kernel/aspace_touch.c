/*
 * What the hardware makes of the tables, and of what it has cached of them (grading/ktest/touch.h).
 *
 * A CPU that has used a translation may go on using it until it is flushed.  So each change is looked at twice: by the
 * CPU that made it, and by another one that used the address right before and has served nothing but requests since.
 */
#include "space.h"
#include "grading/ktest/crew.h"
#include "grading/ktest/touch.h"
#include "mm/buddy.h"
#include "sched.h"
#include "trace.h"

/* ---- Another CPU --------------------------------------------------------------------------------------- */

enum probe_request { PROBE_NOTHING, PROBE_READ, PROBE_WRITE, PROBE_END };

/* Does what it is asked on a CPU of its own, with interrupts off: it serves requests, nothing else comes between. */
static struct {
	struct helper helper;
	struct aspace *as;
	enum probe_request request; /* back to PROBE_NOTHING when done */
	u32 ready;
	hva_t va;
	u64 value;
	bool done;
} probe;

static void probe_serve(void)
{
	if (probe.request == PROBE_READ)
		probe.done = touch_read(probe.va, &probe.value);
	else
		probe.done = touch_write(probe.va, probe.value);
	__atomic_store_n(&probe.request, PROBE_NOTHING, __ATOMIC_RELEASE);
}

static void probe_main(void *unused)
{
	enum probe_request request;

	touch_begin(probe.as);
	irq_push();
	__atomic_store_n(&probe.ready, 1, __ATOMIC_RELEASE);
	while ((request = __atomic_load_n(&probe.request, __ATOMIC_ACQUIRE)) != PROBE_END) {
		if (request != PROBE_NOTHING)
			probe_serve();
		spin_wait();
	}
	irq_pop();
	touch_end();
}

static void probe_stop(void *unused)
{
	__atomic_store_n(&probe.request, PROBE_END, __ATOMIC_RELEASE);
	helper_join(&probe.helper);
}

static void probe_start(struct aspace *as)
{
	probe.as = as;
	probe.request = PROBE_NOTHING;
	probe.ready = 0;
	helper_start(&probe.helper, probe_main, NULL);
	ktest_defer(probe_stop, NULL);
	wait_for_word(&probe.ready, 1);
}

static bool probe_do(enum probe_request request, hva_t va, u64 *value)
{
	probe.va = va;
	probe.value = *value;
	__atomic_store_n(&probe.request, request, __ATOMIC_RELEASE);
	while (__atomic_load_n(&probe.request, __ATOMIC_ACQUIRE) != PROBE_NOTHING)
		spin_wait();
	*value = probe.value;
	return probe.done;
}

/* ---- On either CPU ------------------------------------------------------------------------------------- */

enum where { HERE, THERE };
static const struct ktest_param places[] = { { "here", HERE }, { "there", THERE } };

static void stop_touching(void *unused)
{
	touch_end();
}

/* Let the CPU that the parameter names use as. */
static void toucher_start(struct aspace *as)
{
	if (ktest_param() == THERE) {
		if (cpu_count == 1)
			SKIP("needs 2 CPUs");
		probe_start(as);
	} else {
		touch_begin(as);
		ktest_defer(stop_touching, NULL);
	}
}

static bool try_read(hva_t va, u64 *value)
{
	*value = 0xbad;
	return ktest_param() == THERE ? probe_do(PROBE_READ, va, value) : touch_read(va, value);
}

static bool try_write(hva_t va, u64 value)
{
	return ktest_param() == THERE ? probe_do(PROBE_WRITE, va, &value) : touch_write(va, value);
}

static void expect_value(hva_t va, u64 want)
{
	u64 value;

	EXPECT_TRUE(try_read(va, &value), "address 0x%lx", va.raw);
	EXPECT_EQ(value, want, "address 0x%lx", va.raw);
}

static void expect_nothing(hva_t va)
{
	u64 value;

	EXPECT_FALSE(try_read(va, &value), "address 0x%lx", va.raw);
	EXPECT_FALSE(try_write(va, 0x77), "address 0x%lx", va.raw);
}

/* An address space of three pages, filled with 100, 101, 102, used by the CPU with both rights. */
static struct aspace *used_space(hva_t *at)
{
	struct aspace *as = space_create();

	*at = space_map_at(as, hva(AREA), 3, RW, 0);
	space_fill(as, *at, 3, 100);
	toucher_start(as);
	for (u64 i = 0; i < 3; i++) {
		expect_value(page_at(*at, i), 100 + i);
		EXPECT_TRUE(try_write(page_at(*at, i), 100 + i));
	}
	return as;
}

/* ---- Entries ------------------------------------------------------------------------------------------- */

static void memory_is_reached_after_its_fault(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 2, RW, 0);

	toucher_start(as);
	expect_nothing(at);
	EXPECT_EQ(aspace_fault(as, at, ACCESS_WRITE), 0);
	expect_value(at, 0);
	EXPECT_TRUE(try_write(at, 55));
	EXPECT_EQ(space_get(as, at), 55);
	expect_nothing(page_at(at, 1));
	expect_nothing(hva(AREA - PAGE_SIZE));
}

static void rights_are_what_the_region_says(void)
{
	struct aspace *as = space_create();
	hva_t none = space_map_at(as, hva(AREA), 1, PROT_NONE, 0);
	hva_t read_only = space_map_at(as, page_at(none, 1), 1, PROT_READ, 0);
	hva_t code = space_map_at(as, page_at(none, 2), 1, PROT_READ | PROT_EXEC, 0);

	toucher_start(as);
	EXPECT_EQ(aspace_fault(as, read_only, ACCESS_READ), 0);
	EXPECT_EQ(aspace_fault(as, code, ACCESS_EXEC), 0);
	expect_nothing(none);
	expect_value(read_only, 0);
	EXPECT_FALSE(try_write(read_only, 1));
	expect_value(code, 0);
	EXPECT_FALSE(try_write(code, 1));
}

static void large_leaf_maps_all_its_bytes(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 512, RW, MAP_HUGE);

	space_fill(as, at, 512, 1000);
	ASSERT_EQ(space_level(as, at), 1);
	toucher_start(as);
	for (u64 i = 0; i < 512; i++)
		expect_value(page_at(at, i), 1000 + i);
	expect_value(hva(page_at(at, 512).raw - 8), 0);
	expect_nothing(page_at(at, 512));
}

/* ---- Changes ------------------------------------------------------------------------------------------- */

static void unmapped_page_is_not_reached(void)
{
	hva_t at;
	struct aspace *as = used_space(&at);

	EXPECT_EQ(aspace_unmap(as, pages_of(at, 1, 2)), 0);
	expect_nothing(page_at(at, 1));
	expect_value(page_at(at, 0), 100);
	expect_value(page_at(at, 2), 102);
}

/* The table goes too, and with it what was cached of the way to it. */
static void table_that_went_is_not_used(void)
{
	hva_t at;
	struct aspace *as = used_space(&at);

	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 3)), 0);
	for (u64 i = 0; i < 3; i++)
		expect_nothing(page_at(at, i));
	space_map_at(as, at, 1, RW, 0);
	space_put(as, at, 5);
	expect_value(at, 5);
	expect_nothing(page_at(at, 1));
}

static void dropped_page_is_not_reached(void)
{
	hva_t at;
	struct aspace *as = used_space(&at);

	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 0, 2)), 0);
	expect_nothing(at);
	EXPECT_EQ(aspace_fault(as, at, ACCESS_READ), 0);
	expect_value(at, 0);
	expect_nothing(page_at(at, 1));
	expect_value(page_at(at, 2), 102);
}

static void moved_page_is_reached_in_its_new_place(void)
{
	hva_t at;
	struct aspace *as = used_space(&at);
	hpa_t old = space_page(as, at);

	EXPECT_EQ(aspace_move(as, pages_of(at, 0, 3)), 0);
	/* The old page is free; what it holds must not show. */
	*(u64 *)hpa_to_ptr(old) = 0xdead;
	expect_value(at, 100);
	EXPECT_TRUE(try_write(at, 9));
	EXPECT_EQ(space_get(as, at), 9);
}

static void right_that_was_taken_is_gone(void)
{
	hva_t at;
	struct aspace *as = used_space(&at);

	EXPECT_EQ(aspace_protect(as, pages_of(at, 0, 2), PROT_READ), 0);
	EXPECT_EQ(aspace_protect(as, pages_of(at, 1, 2), PROT_NONE), 0);
	expect_value(at, 100);
	EXPECT_FALSE(try_write(at, 1));
	expect_nothing(page_at(at, 1));
	EXPECT_TRUE(try_write(page_at(at, 2), 1));
	EXPECT_EQ(aspace_protect(as, pages_of(at, 0, 2), RW), 0);
	EXPECT_EQ(aspace_fault(as, at, ACCESS_WRITE), 0);
	expect_value(page_at(at, 1), 101);
}

static void forked_memory_is_not_written_in_place(void)
{
	hva_t at;
	struct aspace *as = used_space(&at), *child = space_fork(as);

	for (u64 i = 0; i < 3; i++) {
		EXPECT_FALSE(try_write(page_at(at, i), 1));
		expect_value(page_at(at, i), 100 + i);
	}
	space_put(as, at, 7);
	expect_value(at, 7);
	EXPECT_TRUE(try_write(at, 8));
	space_expect(child, at, 3, 100);
}

/* Somebody else's write made the copy: whoever had cached the old page must not read on in it. */
static void copy_is_seen_at_once(void)
{
	hva_t at;
	struct aspace *as = used_space(&at), *child = space_fork(as);

	expect_value(at, 100);
	space_put(as, at, 200);
	expect_value(at, 200);
	space_put(child, at, 300);
	expect_value(at, 200);
}

static void split_leaf_is_used_like_the_whole(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 512, RW, MAP_HUGE);

	space_fill(as, at, 512, 0);
	toucher_start(as);
	for (u64 i = 0; i < 512; i += 50)
		expect_value(page_at(at, i), i);
	EXPECT_EQ(aspace_protect(as, pages_of(at, 100, 101), PROT_READ), 0);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 200, 201)), 0);
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 300, 301)), 0);
	for (u64 i = 0; i < 512; i++)
		if (i == 200 || i == 300)
			expect_nothing(page_at(at, i));
		else
			expect_value(page_at(at, i), i);
	EXPECT_FALSE(try_write(page_at(at, 100), 1));
	EXPECT_TRUE(try_write(page_at(at, 101), 101));
}

/* ---- What QEMU does not show --------------------------------------------------------------------------- */

static u64 trace_mask_before;

static void restore_trace(void *unused)
{
	WRITE_ONCE(trace_mask, trace_mask_before);
}

static void trace_flushes(void)
{
	trace_mask_before = trace_mask;
	ktest_defer(restore_trace, NULL);
	WRITE_ONCE(trace_mask, 1ull << TRACE_flush);
}

/* The newest flush that this thread asked for. */
static struct hva_range newest_flush(void)
{
	struct hva_range range = { hva(0), hva(0) };
	struct trace_cursor cursor;
	struct trace_record record;

	trace_cursor_init(&cursor);
	while (trace_cursor_next(&cursor, &record))
		if (record.event == TRACE_flush && record.tid == current()->tid)
			range = (struct hva_range){ hva(record.arg[1]), hva(record.arg[2]) };
	return range;
}

/* A CPU may have cached the way to the table under any address that went through it; QEMU forgets more than it must. */
static void flush_covers_all_that_a_lost_table_translated(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 40, RW, 0);

	space_put(as, page_at(at, 7), 1);
	space_put(as, page_at(at, 30), 1);
	trace_flushes();
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 7, 8)), 0);
	EXPECT_LE(newest_flush().start.raw, page_at(at, 7).raw);
	EXPECT_LT(newest_flush().end.raw, AREA + HUGE_SIZE, "the table is still there");
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 30, 31)), 0);
	EXPECT_EQ(newest_flush().start.raw, AREA);
	EXPECT_EQ(newest_flush().end.raw, AREA + HUGE_SIZE);
}

/* ---- Which CPUs ---------------------------------------------------------------------------------------- */

static void space_knows_the_cpus_that_use_it(void)
{
	struct aspace *as = space_create(), *other = space_create();
	u32 me;

	EXPECT_EQ(as->cpus, 0);
	irq_push();
	me = 1u << this_cpu()->id;
	touch_begin(as);
	EXPECT_EQ(as->cpus, me);
	touch_begin(other);
	EXPECT_EQ(as->cpus, 0);
	EXPECT_EQ(other->cpus, me);
	touch_end();
	EXPECT_EQ(other->cpus, 0);
	irq_pop();
}

/* The thread moves from CPU to CPU; wherever it runs, its address space is loaded. */
static void address_space_goes_with_its_thread(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 1, RW, 0);
	u64 value;

	space_put(as, at, 66);
	touch_begin(as);
	ktest_defer(stop_touching, NULL);
	for (int i = 0; i < 20; i++) {
		sleep_ns(100000);
		value = 0;
		EXPECT_TRUE(touch_read(at, &value));
		EXPECT_EQ(value, 66);
	}
}

#define BOTH(function) CASE(function, KTEST_PARAMS(places))

static const struct ktest_case cases[] = {
	BOTH(memory_is_reached_after_its_fault),
	BOTH(rights_are_what_the_region_says),
	BOTH(large_leaf_maps_all_its_bytes),
	BOTH(unmapped_page_is_not_reached),
	BOTH(table_that_went_is_not_used),
	BOTH(dropped_page_is_not_reached),
	BOTH(moved_page_is_reached_in_its_new_place),
	BOTH(right_that_was_taken_is_gone),
	BOTH(forked_memory_is_not_written_in_place),
	BOTH(copy_is_seen_at_once),
	BOTH(split_leaf_is_used_like_the_whole),
	CASE(flush_covers_all_that_a_lost_table_translated),
	CASE(space_knows_the_cpus_that_use_it),
	CASE(address_space_goes_with_its_thread),
};
KTEST_SUITE(aspace_touch, cases);
