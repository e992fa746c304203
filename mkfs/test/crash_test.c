/*
 * The crash test: what a machine finds after it stopped at any moment.
 *
 *	crash_test [-s SEEDS] [-f FIRST_SEED]
 *
 * A workload runs over a recording device.  Then for every moment (every prefix of the writes, with the last one
 * whole and torn) and for seeded subsets of the writes since the last flush: fsck, with its own replay of the log,
 * must find nothing; the file system must mount; what is there must be what the model had after some operation not
 * older than the last sync that returned, or in the middle of a large write; it must unmount; fsck must find
 * nothing, and no pending inode.  Sometimes the recovery itself is stopped and begun again.
 */
#include "check.h"
#include "make.h"
#include "record.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#define OPS_MAX      400u
#define PARTIALS_MAX 400u

/* A workload that has run. */
struct history {
	struct recorder recorder;
	u32 op_count;
	struct op ops[OPS_MAX];
	u64 first_event[OPS_MAX + 1];       /* of op k, 1 being the first; op 0 is the beginning */
	u64 acknowledged[OPS_MAX + 1];      /* event count when op k, a sync, returned; 0 for other ops */
	u64 digest[OPS_MAX + 1];            /* after op k */
	u32 partial_start[OPS_MAX + 2];     /* partials[partial_start[k]..partial_start[k+1]) lie before digest[k] */
	u64 partials[OPS_MAX * 40];
};

static struct history history;
static u64 current_seed;

/* ---- Running ------------------------------------------------------------------------------------------- */

static void note_partials(struct workload *w, struct op *op, u32 k)
{
	u32 *at = &history.partial_start[k + 1];

	*at = history.partial_start[k];
	workload_resolve(w, op);
	if (*at + PARTIALS_MAX <= ARRAY_SIZE(history.partials))
		*at += workload_partial_digests(w, op, &history.partials[*at], PARTIALS_MAX);
}

/* A write that was stopped short is, for the model, one of that size. */
static void shorten(struct op *op, s64 result)
{
	bool is_write = op->kind == OP_WRITE || op->kind == OP_APPEND || op->kind == OP_WRITE_HELD;

	if (is_write && result >= 0 && result < op->size)
		op->size = (u32)result;
}

static void run_op(struct workload *w, const struct op *next)
{
	u32 k = ++history.op_count;
	struct op *op = &history.ops[k - 1];
	s64 result, expected;

	*op = *next;
	history.first_event[k] = history.recorder.event_count;
	result = workload_run_fs(w, op);
	if ((op->kind == OP_SYNC || op->kind == OP_FSYNC) && result == 0)
		history.acknowledged[k] = history.recorder.event_count;
	shorten(op, result);
	if (result > 0)
		note_partials(w, op, k);
	else
		history.partial_start[k + 1] = history.partial_start[k];
	expected = workload_run_model(w, op, result);
	CHECK_EQUAL(result, expected);
	history.digest[k] = model_digest(&w->model);
}

static void begin_history(struct workload *w, u64 block_count, u32 log_capacity)
{
	struct image image;

	host_set_page_total(16 * (3 * log_capacity + 40)); /* as many buffers as the log needs, and some */
	memset(&history, 0, sizeof(history));
	image_make(&image, block_count, 64, log_capacity);
	record_open(&history.recorder, image.memory.data, block_count);
	image_free(&image);
	history.digest[0] = model_digest(&w->model);
	if (fs_mount(&history.recorder.dev))
		host_die("a new image does not mount");
}

static void end_history(struct workload *w)
{
	workload_close(w);
	CHECK_EQUAL(fs_unmount(), 0);
}

/* ---- What may be found --------------------------------------------------------------------------------- */

static bool is_possible(u64 position, u64 digest)
{
	u32 oldest = 0, k;

	for (k = 1; k <= history.op_count; k++)
		if (history.acknowledged[k] && history.acknowledged[k] <= position)
			oldest = k;
	for (k = oldest; k <= history.op_count && (k == 0 || history.first_event[k] < position); k++) {
		if (digest == history.digest[k])
			return true;
		for (u32 i = history.partial_start[k]; k > oldest && i < history.partial_start[k + 1]; i++)
			if (digest == history.partials[i])
				return true;
	}
	return k == oldest && digest == history.digest[oldest];
}

/* The op that was running then. */
static const struct op *op_at(u64 position)
{
	u32 k = 1;

	while (k < history.op_count && history.first_event[k + 1] <= position)
		k++;
	return &history.ops[k - 1];
}

static void explain(const char *how, u64 position)
{
	printf("#   seed %lu, crash before event %lu of %lu (%s)\n", (unsigned long)current_seed,
	       (unsigned long)position, (unsigned long)history.recorder.event_count, how);
	op_print(op_at(position), 0);
}

/* ---- Checking one image -------------------------------------------------------------------------------- */

/* Mount, digest, unmount.  A digest of 0 on failure. */
static u64 digest_after_mount(struct block_device *dev)
{
	u64 digest = 0;
	int error = fs_mount(dev);

	CHECK_EQUAL(error, 0);
	if (error)
		return 0;
	digest = digest_of_fs(&error);
	CHECK_EQUAL(error, 0);
	CHECK_EQUAL(fs_unmount(), 0);
	return digest;
}

/* Stop the recovery, too, at a random moment. */
static void check_second_crash(const u8 *image, u64 expected, struct random *random)
{
	u64 block_count = history.recorder.dev.block_count, stop;
	u8 *again = host_alloc(block_count * FS_BLOCK_SIZE);
	struct host_memory_device memory;
	struct crash_cursor cursor;
	struct recorder recorder;

	record_open(&recorder, image, block_count);
	digest_after_mount(&recorder.dev);
	crash_open(&cursor, &recorder);
	stop = random_below(random, recorder.event_count + 1);
	while (cursor.position < stop && crash_next(&cursor))
		;
	crash_image_subset(&cursor, random, again);
	host_memory_open(&memory, again, block_count);
	CHECK_EQUAL(digest_after_mount(&memory.dev), expected);
	check_image(again, block_count, NULL);
	crash_close(&cursor);
	record_close(&recorder);
	host_free(again);
}

/* The image is spoiled. */
static void check_crash(u8 *image, u64 position, struct random *random, const char *how)
{
	u64 block_count = history.recorder.dev.block_count, digest;
	static u8 *copy;
	struct host_memory_device memory;
	u32 pending;
	bool was_good = !case_has_failed();

	if (!copy)
		copy = host_alloc(64 << 20);
	memcpy(copy, image, block_count * FS_BLOCK_SIZE);
	check_image_replayed(copy, block_count);
	memcpy(copy, image, block_count * FS_BLOCK_SIZE);
	host_memory_open(&memory, image, block_count);
	digest = digest_after_mount(&memory.dev);
	CHECK(is_possible(position, digest));
	check_image(image, block_count, &pending);
	CHECK_EQUAL(pending, 0);
	if (random_below(random, 8) == 0)
		check_second_crash(copy, digest, random);
	if (was_good && case_has_failed())
		explain(how, position);
}

/* ---- All moments --------------------------------------------------------------------------------------- */

static u64 images_checked;

/* Is the last write that of a record?  Those are the moments that matter most. */
static bool is_at_record(const struct crash_cursor *cursor)
{
	const struct fs_super *super = (const struct fs_super *)history.recorder.start;
	const struct event *event = &history.recorder.events[cursor->position - 1];
	u32 at = event->block - super->log_start;

	return event->kind == EVENT_WRITE && (at == 0 || at == super->log_capacity + 1);
}

static void check_moment(const struct crash_cursor *cursor, u8 *image, struct random *random, u32 subsets)
{
	crash_image_prefix(cursor, NULL, image);
	check_crash(image, cursor->position, random, "all writes");
	crash_image_prefix(cursor, random, image);
	check_crash(image, cursor->position, random, "the last one torn");
	for (u32 i = 0; i < subsets; i++) {
		crash_image_subset(cursor, random, image);
		check_crash(image, cursor->position, random, "a subset");
	}
	images_checked += 2 + subsets;
}

/* All moments, or one in `every`; those when a record is written with care. */
static void check_history(u64 seed, u32 every)
{
	u8 *image = host_alloc(history.recorder.dev.block_count * FS_BLOCK_SIZE);
	struct random random = random_from(seed + 1000);
	struct crash_cursor cursor;

	crash_open(&cursor, &history.recorder);
	while (!case_has_failed() && crash_next(&cursor)) {
		if (is_at_record(&cursor))
			check_moment(&cursor, image, &random, 6);
		else if (random_below(&random, every) == 0)
			check_moment(&cursor, image, &random, 1);
	}
	crash_close(&cursor);
	host_free(image);
	record_close(&history.recorder);
}

/* What a test does, and to which image. */
struct crash_plan {
	u64 block_count;
	u32 log_capacity;
	u32 op_count;
	u32 every;         /* see check_history() */
	struct workload_limits limits;
};

static void test_random(const char *name, u64 first_seed, u64 seeds, const struct crash_plan *plan)
{
	static struct workload w;
	struct op op;

	case_begin(name);
	for (current_seed = first_seed; current_seed < first_seed + seeds && !case_has_failed(); current_seed++) {
		workload_open(&w, current_seed, &plan->limits);
		begin_history(&w, plan->block_count, plan->log_capacity);
		for (u32 i = 0; i < plan->op_count; i++) {
			workload_next(&w, &op);
			run_op(&w, &op);
		}
		run_op(&w, &(struct op){ .kind = OP_SYNC });
		end_history(&w);
		check_history(current_seed, plan->every);
	}
	case_end();
}

/* ---- Long truncations ---------------------------------------------------------------------------------- */

/*
 * A file whose blocks hang on so many indirect blocks that freeing them takes several transactions: cut, cut while
 * unlinked but open, and removed.
 */
#define LEAVES    40u
#define LEAF_SPAN ((u64)FS_INDIRECT_COUNT * FS_BLOCK_SIZE)

static void grow(struct workload *w, const char *path)
{
	struct op op = { .kind = OP_WRITE, .size = 10 };

	snprintf(op.path, sizeof(op.path), "%s", path);
	for (u32 i = 0; i < LEAVES; i++) {
		op.offset = i * LEAF_SPAN;
		op.pattern = i;
		run_op(w, &op);
	}
}

static void run_on(struct workload *w, enum op_kind kind, const char *path, u32 size)
{
	struct op op = { .kind = kind, .size = size };

	snprintf(op.path, sizeof(op.path), "%s", path);
	run_op(w, &op);
}

/* Transactions with more blocks than fit into the first sector of a record, which may then be torn. */
static void test_long_records(void)
{
	static const struct workload_limits limits = { 1, 1, 1, 1, 0 };
	static struct workload w;
	struct op op = { .kind = OP_WRITE, .path = "/a", .size = 800000 };

	case_begin("crash.long_records_survive");
	workload_open(&w, 1, &limits);
	begin_history(&w, 1200, 250);
	run_on(&w, OP_CREATE, "/a", 0);
	for (u32 i = 0; i < 8; i++) {
		op.pattern = i;
		op.offset = i * 200000;
		run_op(&w, &op);
		run_on(&w, OP_SYNC, "", 0);
	}
	end_history(&w);
	check_history(1, 32);
	case_end();
}

static void test_long_trims(void)
{
	static const struct workload_limits limits = { 1, 1, 1, 1, 0 };
	static struct workload w;

	case_begin("crash.truncation_in_several_transactions");
	workload_open(&w, 1, &limits);
	begin_history(&w, 512, LOG_CAPACITY_MIN);
	run_on(&w, OP_CREATE, "/a", 0);
	grow(&w, "/a");
	run_on(&w, OP_SYNC, "", 0);
	run_on(&w, OP_TRUNCATE, "/a", 5);
	run_on(&w, OP_APPEND, "/a", 20000);
	grow(&w, "/a");
	run_on(&w, OP_FSYNC, "/a", 0);
	run_on(&w, OP_HOLD, "/a", 0);
	run_on(&w, OP_UNLINK, "/a", 0);
	run_on(&w, OP_CREATE, "/b", 0);
	run_on(&w, OP_SYNC, "", 0);
	run_on(&w, OP_DROP, "", 0);
	run_on(&w, OP_WRITE, "/b", 90000);
	run_on(&w, OP_SYNC, "", 0);
	end_history(&w);
	check_history(1, 2);
	case_end();
}

static void run_all(u64 first, u64 seeds)
{
	static const struct crash_plan
		large = { 400, LOG_CAPACITY_MIN, 150, 2, { 4, 2, 150000, 250000, 8 } },
		small = { 300, LOG_CAPACITY_MIN, 200, 1, { 3, 3, 9000, 20000, 4 } };

	test_random("crash.small_operations_survive", first, seeds, &small);
	test_random("crash.large_writes_survive", first, seeds, &large);
	test_long_trims();
	test_long_records();
	printf("# %lu images checked\n", (unsigned long)images_checked);
}

int main(int argc, char **argv)
{
	u64 seeds = 8, first = 1;
	int option;

	for (option = 1; option + 1 < argc; option += 2) {
		if (strcmp(argv[option], "-s") == 0)
			seeds = strtoull(argv[option + 1], NULL, 10);
		else if (strcmp(argv[option], "-f") == 0)
			first = strtoull(argv[option + 1], NULL, 10);
	}
	run_all(first, seeds);
	return cases_failed() > 0;
}
