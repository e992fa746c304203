/*
 * Several threads in one file system, on the host.  Best built with a thread sanitizer.
 *
 * Each of some threads works in a directory of its own and checks every result against a model; others fight for the
 * same few names in a common directory, where any result may come; one commits all the time.  In the end the models
 * must agree, and fsck must find nothing.
 */
#include "check.h"
#include "workload.h"
#include "host/os.h"

#include <pthread.h>
#include <stdio.h>

#define LONERS   3u
#define FIGHTERS 3u
#define OPS      1500u

static struct image image;
static bool finished;

struct worker {
	pthread_t thread;
	struct workload w;
};

static void open_worker(struct worker *worker, u64 seed, const char *directory, const struct workload_limits *limits)
{
	struct inode *root = fs_root();
	int error = fs_mkdir(root, directory);

	workload_open(&worker->w, seed, limits);
	CHECK(error == 0 || error == -EEXIST);
	worker->w.root = fs_lookup(root, directory, &error);
	CHECK_EQUAL(error, 0);
	inode_put(root);
}

/* Alone in its directory: the model knows what happens. */
static void *loner(void *arg)
{
	struct worker *worker = arg;
	struct op op;
	s64 result, expected;
	int error;

	for (u32 i = 0; i < OPS && !case_has_failed(); i++) {
		workload_next(&worker->w, &op);
		result = workload_run_fs(&worker->w, &op);
		expected = workload_run_model(&worker->w, &op, result);
		host_check_no_locks();
		CHECK_EQUAL(result, expected);
		if (i % 100 == 99)
			CHECK_EQUAL(digest_of_dir(worker->w.root, &error), model_digest(&worker->w.model));
	}
	return NULL;
}

/* With others in one directory: nothing is certain.  The model only serves to choose names that may exist. */
static void *fighter(void *arg)
{
	struct worker *worker = arg;
	struct op op;
	s64 result;

	for (u32 i = 0; i < OPS && !case_has_failed(); i++) {
		workload_next(&worker->w, &op);
		if (op.kind == OP_READ)
			op.kind = OP_TRUNCATE;
		result = workload_run_fs(&worker->w, &op);
		CHECK(result != -EIO && result != -EAGAIN && result != -ENOMEM);
		if (op.kind != OP_HOLD && op.kind != OP_DROP && op.kind != OP_WRITE_HELD)
			workload_run_model(&worker->w, &op, result > 0 ? result : 0);
		host_check_no_locks();
	}
	return NULL;
}

static void *committer(void *unused)
{
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		CHECK_EQUAL(fs_sync(), 0);
		os_yield();
	}
	return NULL;
}

static void close_worker(struct worker *worker)
{
	pthread_join(worker->thread, NULL);
	for (u32 i = 0; i < HELD_FILES; i++)
		if (worker->w.held_model[i])
			model_put(worker->w.held_model[i]);
	memset(worker->w.held_model, 0, sizeof(worker->w.held_model));
	inode_put(worker->w.root);
	workload_close(&worker->w);
}

static void test_threads(const char *name, u64 block_count, u64 seed)
{
	static const struct workload_limits alone = { 5, 3, 40000, 100000, 40 }, fight = { 3, 2, 5000, 10000, 40 };
	static struct worker workers[LONERS + FIGHTERS];
	char directory[8];
	pthread_t commits;

	case_begin(name);
	image_make(&image, block_count, 256, LOG_CAPACITY_MIN);
	image_mount(&image);
	finished = false;
	for (u32 i = 0; i < LONERS + FIGHTERS; i++) {
		snprintf(directory, sizeof(directory), "%s%u", i < LONERS ? "own" : "all", i < LONERS ? i : 0);
		open_worker(&workers[i], seed + i, directory, i < LONERS ? &alone : &fight);
	}
	pthread_create(&commits, NULL, committer, NULL);
	for (u32 i = 0; i < LONERS + FIGHTERS; i++)
		pthread_create(&workers[i].thread, NULL, i < LONERS ? loner : fighter, &workers[i]);
	for (u32 i = 0; i < LONERS + FIGHTERS; i++)
		close_worker(&workers[i]);
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	pthread_join(commits, NULL);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

int main(void)
{
	host_set_page_total(16 * 130);
	host_shake_threads(20);
	test_threads("threads.many_directories_one_file_system", 6000, 1);
	test_threads("threads.full_disk", 700, 100);
	return cases_failed() > 0;
}
