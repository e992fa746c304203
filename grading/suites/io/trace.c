/*
 * The trace rings: what is read is whole, in order and recent, while all CPUs record.
 */
#include "grading/ktest/crew.h"
#include "cpu.h"
#include "lock.h"
#include "trace.h"

/* The cases have the rings to themselves: only `wake` is recorded, and only by them, with a key as its first value. */
#define KEY 0x6b65790000000000ull

static u64 mask_before;

static void restore_mask(void *arg)
{
	WRITE_ONCE(trace_mask, mask_before);
}

static void only_ours(void)
{
	mask_before = trace_mask;
	ktest_defer(restore_mask, NULL);
	WRITE_ONCE(trace_mask, 0);
}

static void record(u64 n)
{
	trace_record(TRACE_wake, KEY | n, ~n, n * 3, n * 5);
}

static bool is_ours(const struct trace_record *r)
{
	return r->event == TRACE_wake && (r->arg[0] & ~0xffffffffull) == KEY;
}

static void expect_whole(const struct trace_record *r)
{
	u64 n = r->arg[0] & 0xffffffff;

	EXPECT_EQ(r->arg[1], ~n);
	EXPECT_EQ(r->arg[2], n * 3);
	EXPECT_EQ(r->arg[3], n * 5);
	EXPECT_LT(r->cpu, cpu_count);
}

static void newest_records_are_kept(void)
{
	struct trace_cursor cursor;
	struct trace_record r;
	u64 want = 0, count = 0;

	only_ours();
	irq_push(); /* one CPU, one ring */
	for (u64 n = 0; n < 3 * TRACE_RING_RECORDS; n++)
		record(n);
	irq_pop();
	trace_cursor_init(&cursor);
	while (trace_cursor_next(&cursor, &r)) {
		if (!is_ours(&r))
			continue;
		expect_whole(&r);
		if (count++ == 0)
			want = r.arg[0];
		EXPECT_EQ(r.arg[0], want++);
	}
	EXPECT_EQ(count, TRACE_RING_RECORDS);
	EXPECT_EQ(want, KEY | 3 * TRACE_RING_RECORDS);
}

static void masked_events_are_not_recorded(void)
{
	struct trace_cursor cursor;
	struct trace_record r;

	only_ours();
	TRACE(wake, KEY | 0xdead, 0, 0, 0);
	trace_cursor_init(&cursor);
	while (trace_cursor_next(&cursor, &r))
		EXPECT_NE(r.arg[0], KEY | 0xdead);
}

static bool reader_is_done;

/* Member 0 reads again and again what the others write. */
static void read_while_others_write(u32 member, void *arg)
{
	struct trace_cursor cursor;
	struct trace_record r;

	if (member > 0) {
		for (u64 n = 0; !READ_ONCE(reader_is_done); n++)
			record(n);
		return;
	}
	for (u32 round = 0; round < 10; round++) {
		u64 time[MAX_CPUS] = { 0 };

		trace_cursor_init(&cursor);
		while (trace_cursor_next(&cursor, &r)) {
			if (!is_ours(&r))
				continue;
			expect_whole(&r);
			EXPECT_GE(r.time, time[r.cpu]);
			time[r.cpu] = r.time;
		}
	}
	WRITE_ONCE(reader_is_done, true);
}

static void records_are_whole_while_cpus_write(void)
{
	reader_is_done = false;
	only_ours();
	crew_run(crew_size() + 1, read_while_others_write, NULL);
}

static const struct ktest_case cases[] = {
	CASE(newest_records_are_kept),
	CASE(masked_events_are_not_recorded),
	CASE(records_are_whole_while_cpus_write),
};
KTEST_SUITE(trace, cases);
