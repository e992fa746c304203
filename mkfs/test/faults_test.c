/*
 * Tests of what goes wrong around the file system: a device that fails, no memory, a full disk.
 *
 * The rule: an operation that returns an error has changed nothing (a write may stop short), what was acknowledged
 * stays, and once the device works again everything that succeeded can be written.
 */
#include "check.h"
#include "workload.h"
#include "fs/buffer.h"
#include "mm/alloc_fail.h"

#include <stdio.h>

/* ---- A device that fails ------------------------------------------------------------------------------- */

enum failing { FAIL_READS = 1, FAIL_WRITES = 2, FAIL_FLUSHES = 4 };

/* In front of a memory device. */
struct faulty_device {
	struct block_device dev;
	struct host_memory_device memory;
	u8 *durable;       /* what was there at the last flush */
	bool *dirty;       /* which blocks have been written since */
	u32 what;          /* a set of enum failing */
	u32 one_in;        /* how often; 1: always */
	u64 failures;
	u32 blocks_left;   /* that can still be written, before the device dies; ~0: it lives */
	struct random random;
};

static struct faulty_device faulty;

static bool should_fail(enum failing kind)
{
	if (!(faulty.what & kind) || random_below(&faulty.random, faulty.one_in) != 0)
		return false;
	faulty.failures++;
	return true;
}

static int faulty_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	if (should_fail(FAIL_READS))
		return -EIO;
	return faulty.memory.dev.read(&faulty.memory.dev, first, count, buf);
}

/* A write that fails may have written something. */
static int faulty_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	bool fails = should_fail(FAIL_WRITES);

	if (fails)
		count /= 2;
	if (faulty.blocks_left != ~0u) {
		fails |= count > faulty.blocks_left;
		count = MIN(count, faulty.blocks_left);
		faulty.blocks_left -= count;
	}
	for (u32 i = 0; i < count; i++)
		faulty.dirty[first + i] = true;
	if (count > 0)
		faulty.memory.dev.write(&faulty.memory.dev, first, count, buf);
	return fails ? -EIO : 0;
}

/* A flush that fails may have lost any write since the last one, and the device does not remember which. */
static int faulty_flush(struct block_device *dev)
{
	bool fails = should_fail(FAIL_FLUSHES) || faulty.blocks_left == 0;

	for (u64 block = 0; block < dev->block_count; block++) {
		u8 *now = faulty.memory.data + block * FS_BLOCK_SIZE, *then = faulty.durable + block * FS_BLOCK_SIZE;

		if (!faulty.dirty[block])
			continue;
		if (fails && random_below(&faulty.random, 2))
			memcpy(now, then, FS_BLOCK_SIZE);
		else
			memcpy(then, now, FS_BLOCK_SIZE);
		faulty.dirty[block] = false;
	}
	return fails ? -EIO : 0;
}

#define FAULTY_BLOCKS 1500u

/* A new image on the faulty device, mounted, with as few buffers as possible, so that blocks are read again. */
static void begin_faulty(u64 seed)
{
	struct image image;

	image_make(&image, FAULTY_BLOCKS, 0, LOG_CAPACITY_MIN);
	host_set_page_total(0);
	faulty = (struct faulty_device){
		.dev = { .name = "faulty", .block_count = FAULTY_BLOCKS, .read = faulty_read,
			 .write = faulty_write, .flush = faulty_flush },
		.memory = image.memory, .one_in = 1, .blocks_left = ~0u, .random = random_from(seed),
	};
	faulty.durable = host_alloc(FAULTY_BLOCKS * FS_BLOCK_SIZE);
	faulty.dirty = host_alloc(FAULTY_BLOCKS);
	memcpy(faulty.durable, faulty.memory.data, FAULTY_BLOCKS * FS_BLOCK_SIZE);
	if (fs_mount(&faulty.dev))
		host_die("a new image does not mount");
}

static void free_faulty(void)
{
	host_memory_close(&faulty.memory);
	host_free(faulty.durable);
	host_free(faulty.dirty);
}

/* The device is well again: everything can be written, and is there after another mount. */
static void end_faulty(struct workload *w)
{
	int error;

	faulty.what = 0;
	CHECK_EQUAL(fs_sync(), 0);
	CHECK_EQUAL(digest_of_fs(&error), model_digest(&w->model));
	workload_close(w);
	CHECK_EQUAL(fs_unmount(), 0);
	host_check_no_locks();
	/* An orphan whose blocks could not be freed waits for the next mount. */
	CHECK_EQUAL(fs_mount(&faulty.dev), 0);
	CHECK_EQUAL(fs_unmount(), 0);
	check_image(faulty.memory.data, faulty.dev.block_count, NULL);
	free_faulty();
}

static const struct workload_limits usual = { 7, 3, 100000, 300000, 20 };

/*
 * After every op, or now and then (comparing fills the cache, and then there is nothing to read), both sides must
 * agree.  An unlink or write by which only the freeing of blocks failed has succeeded, which is what its result says.
 */
static void run_faulty(struct workload *w, u32 count, u32 compare_every)
{
	struct op op;
	s64 result, expected;
	int error;

	for (u32 i = 0; i < count && !case_has_failed(); i++) {
		u32 what = faulty.what;
		u64 digest;
		bool same = true;

		workload_next(w, &op);
		result = workload_run_fs(w, &op);
		expected = workload_run_model(w, &op, result);
		host_check_no_locks();
		if (i % compare_every == 0) {
			faulty.what = 0;
			digest = digest_of_fs(&error);
			faulty.what = what;
			CHECK_EQUAL(error, 0);
			same = digest == model_digest(&w->model);
		}
		if (result != expected || !same) {
			case_fail(__FILE__, __LINE__, "op %u: %ld, not %ld, or a different tree", i, (long)result,
				  (long)expected);
			op_print(&op, result);
		}
	}
}

static void test_errors(const char *name, u32 what, u32 one_in)
{
	static struct workload w;
	u64 failures = 0;

	case_begin(name);
	for (u64 seed = 1; seed <= 6; seed++) {
		workload_open(&w, seed, &usual);
		begin_faulty(seed);
		run_faulty(&w, 200, 8);
		faulty.what = what;
		faulty.one_in = one_in;
		w.device_fails = true;
		run_faulty(&w, 400, what & FAIL_READS ? 16 : 1);
		failures += faulty.failures;
		end_faulty(&w);
	}
	CHECK(failures > 20);
	case_end();
}

/* The device never recovers, and the machine stops: what was acknowledged is there. */
static void test_dead_device(u32 what, const char *name)
{
	static struct workload w;
	u64 acknowledged;
	struct op op;
	int error;

	case_begin(name);
	workload_open(&w, 7, &usual);
	begin_faulty(7);
	run_faulty(&w, 150, 8);
	CHECK_EQUAL(fs_sync(), 0);
	acknowledged = model_digest(&w.model);
	faulty.what = what;
	for (u32 i = 0; i < 200; i++) {
		workload_next(&w, &op);
		if (op.kind != OP_HOLD && op.kind != OP_DROP && op.kind != OP_READ)
			workload_run_fs(&w, &op);
	}
	CHECK_EQUAL(fs_sync(), -EIO);
	workload_close(&w);
	CHECK_EQUAL(fs_unmount(), -EIO);
	faulty.what = 0;
	CHECK_EQUAL(fs_mount(&faulty.dev), 0);
	CHECK_EQUAL(digest_of_fs(&error), acknowledged);
	CHECK_EQUAL(fs_unmount(), 0);
	check_image(faulty.memory.data, faulty.dev.block_count, NULL);
	free_faulty();
	case_end();
}

/*
 * A flush fails and loses writes; the commit is tried again; and some blocks later the device dies and the machine
 * stops.  Then all of that transaction is there or nothing of it.
 */
static void crash_after_failed_flush(u32 blocks)
{
	static struct workload w;
	u64 acknowledged, latest, found;
	int error;

	workload_open(&w, 11, &usual);
	begin_faulty(blocks);
	run_faulty(&w, 100, 20);
	CHECK_EQUAL(fs_sync(), 0);
	acknowledged = model_digest(&w.model);
	w.limits.sync_every = 0;
	w.limits.write_max = 8000;
	run_faulty(&w, 6, 20);
	latest = model_digest(&w.model);
	faulty.what = FAIL_FLUSHES;
	CHECK_EQUAL(fs_sync(), -EIO);
	faulty.what = 0;
	faulty.blocks_left = blocks;
	fs_sync();
	workload_close(&w);
	fs_unmount();
	faulty.blocks_left = ~0u;
	error = fs_mount(&faulty.dev);
	CHECK_EQUAL(error, 0);
	if (!error) {
		found = digest_of_fs(&error);
		CHECK(found == acknowledged || found == latest);
		CHECK_EQUAL(fs_unmount(), 0);
		check_image(faulty.memory.data, faulty.dev.block_count, NULL);
	}
	free_faulty();
}

static void test_crash_after_failed_flush(void)
{
	case_begin("faults.crash_after_failed_flush");
	for (u32 blocks = 0; blocks < 60 && !case_has_failed(); blocks++)
		crash_after_failed_flush(blocks);
	case_end();
}

static void test_mount_errors(void)
{
	case_begin("faults.mount_on_failing_device");
	begin_faulty(1);
	CHECK_EQUAL(fs_unmount(), 0);
	for (u64 seed = 1; seed < 200; seed++) {
		faulty.random = random_from(seed);
		faulty.what = FAIL_READS | FAIL_WRITES | FAIL_FLUSHES;
		faulty.one_in = 6;
		if (fs_mount(&faulty.dev) == 0) {
			faulty.what = 0;
			CHECK_EQUAL(fs_unmount(), 0);
		}
	}
	CHECK_EQUAL(host_allocation_count(), 0);
	free_faulty();
	case_end();
}

/* ---- No memory ----------------------------------------------------------------------------------------- */

static struct image image;

static void test_mount_without_memory(void)
{
	u64 n = 0;
	int error;

	case_begin("faults.mount_without_memory");
	image_make(&image, 400, 0, 0);
	do {
		alloc_fail_nth(++n, FAIL_ONCE);
		error = fs_mount(&image.memory.dev);
		alloc_fail_nth(0, FAIL_ONCE);
		if (error) {
			CHECK_EQUAL(error, -ENOMEM);
			CHECK_EQUAL(host_allocation_count(), 0);
		}
	} while (error && !case_has_failed());
	CHECK(n > 10);
	CHECK_EQUAL(fs_unmount(), 0);
	image_free(&image);
	case_end();
}

/* Each op once with each of its allocations failing, until it succeeds. */
static void test_ops_without_memory(void)
{
	static struct workload w;
	struct op op;
	s64 result, expected;
	u64 refused = 0;
	int error;

	case_begin("faults.operations_without_memory");
	host_set_page_total(4096);
	image_make(&image, 2000, 0, 0);
	image_mount(&image);
	workload_open(&w, 3, &usual);
	for (u32 i = 0; i < 600 && !case_has_failed(); i++) {
		workload_next(&w, &op);
		for (u64 n = 1;; n++) {
			alloc_fail_nth(n, i % 2 ? FAIL_ONCE : FAIL_ALWAYS);
			result = workload_run_fs(&w, &op);
			alloc_fail_nth(0, FAIL_ONCE);
			if (result != -ENOMEM)
				break;
			refused++;
			CHECK_EQUAL(digest_of_fs(&error), model_digest(&w.model));
			host_check_no_locks();
		}
		expected = workload_run_model(&w, &op, result);
		CHECK_EQUAL(result, expected);
	}
	CHECK(refused > 300);
	workload_close(&w);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

/* ---- No idle buffer ------------------------------------------------------------------------------------ */

#define HOARD_MAX 200u

/* Use all buffers but `left`. */
static u32 hoard(struct buffer **hoarded, u32 left)
{
	u32 count = 0;

	while (count < HOARD_MAX && buffer_get(600 + count, &hoarded[count]) == 0)
		count++;
	while (left-- > 0 && count > 0)
		buffer_put(hoarded[--count]);
	return count;
}

/* Each op with ever more idle buffers, until it succeeds. */
static void test_no_idle_buffers(void)
{
	static struct workload w;
	struct buffer *hoarded[HOARD_MAX];
	u64 refused = 0;
	struct op op;
	s64 result, expected;
	int error;

	case_begin("faults.no_idle_buffer");
	host_set_page_total(0);
	image_make(&image, 2000, 0, LOG_CAPACITY_MIN);
	image_mount(&image);
	workload_open(&w, 4, &usual);
	for (u32 i = 0; i < 500 && !case_has_failed(); i++) {
		workload_next(&w, &op);
		for (u32 left = 0;; left++) {
			u32 count = hoard(hoarded, left);

			result = workload_run_fs(&w, &op);
			while (count > 0)
				buffer_put(hoarded[--count]);
			if (result != -ENOMEM)
				break;
			refused++;
			CHECK_EQUAL(digest_of_fs(&error), model_digest(&w.model));
		}
		w.device_fails = true; /* reads may stop short */
		expected = workload_run_model(&w, &op, result);
		CHECK_EQUAL(result, expected);
	}
	CHECK(refused > 300);
	CHECK_EQUAL(fs_sync(), 0);
	workload_close(&w);
	CHECK_EQUAL(fs_unmount(), 0);
	image_mount(&image); /* finishes what could not be freed */
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

/* ---- A full disk --------------------------------------------------------------------------------------- */

static s64 fill_file(struct inode *root, const char *path, u64 size)
{
	static u8 block[FS_BLOCK_SIZE];
	int error;
	struct inode *ip = fs_create(root, path, 0, &error);
	s64 result = error;

	for (u64 offset = 0; ip && offset < size; offset += FS_BLOCK_SIZE) {
		result = inode_write(ip, offset, block, FS_BLOCK_SIZE);
		if (result < 0)
			break;
	}
	if (ip)
		inode_put(ip);
	return result;
}

static void test_full_disk(void)
{
	struct fs_stats before, after;
	struct inode *root;

	case_begin("faults.full_disk_fills_and_empties");
	host_set_page_total(4096);
	image_make(&image, 600, 64, 0);
	image_mount(&image);
	root = fs_root();
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(fill_file(root, "/d/small", 1), FS_BLOCK_SIZE);
	CHECK_EQUAL(fs_sync(), 0);
	fs_stats(&before);
	for (u32 round = 0; round < 3; round++) {
		CHECK_EQUAL(fill_file(root, "/big", 600 * FS_BLOCK_SIZE), -ENOSPC);
		fs_stats(&after);
		CHECK(after.block_free <= 1); /* one is not enough for data and its indirect block */
		CHECK_EQUAL(fs_mkdir(root, "/e"), after.block_free ? 0 : -ENOSPC);
		CHECK_EQUAL(fs_rename(root, "/d/small", "/d/name"), 0); /* needs no space */
		CHECK_EQUAL(fs_rename(root, "/d/name", "/d/small"), 0);
		CHECK_EQUAL(fs_sync(), 0);
		check_image_replayed(image.memory.data, 600);
		CHECK_EQUAL(fs_unlink(root, "/big"), 0);
		fs_unlink(root, "/e");
		fs_stats(&after);
		CHECK_EQUAL(after.block_free, before.block_free);
	}
	inode_put(root);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

/* A file that needs a data block and an indirect block gets neither when there is only one. */
static void test_last_block(void)
{
	struct fs_stats stats;
	struct inode *root, *small;
	u64 end;
	int error;

	case_begin("faults.last_block");
	image_make(&image, 400, 64, 0);
	image_mount(&image);
	root = fs_root();
	CHECK_EQUAL(fill_file(root, "/small", INODE_DIRECT * FS_BLOCK_SIZE), FS_BLOCK_SIZE);
	CHECK_EQUAL(fill_file(root, "/big", 400 * FS_BLOCK_SIZE), -ENOSPC);
	small = fs_lookup(root, "/big", &error);
	CHECK_EQUAL(inode_write_end(small, "", 0, &end), 0);
	CHECK_EQUAL(inode_truncate(small, end - FS_BLOCK_SIZE), 0);
	inode_put(small);
	fs_stats(&stats);
	CHECK_EQUAL(stats.block_free, 1);
	small = fs_lookup(root, "/small", &error);
	CHECK_EQUAL(inode_write_end(small, "x", 1, &end), -ENOSPC);
	CHECK_EQUAL(inode_write(small, FS_FILE_MAX / 2, "x", 1), -ENOSPC);
	fs_stats(&stats);
	CHECK_EQUAL(stats.block_free, 1);
	inode_put(small);
	inode_put(root);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

static void test_no_inodes(void)
{
	struct inode *root;
	char path[16];
	u32 made = 0;
	int error = 0;

	case_begin("faults.no_free_inode");
	image_make(&image, 600, 64, 0);
	image_mount(&image);
	root = fs_root();
	while (!error) {
		snprintf(path, sizeof(path), "/n%u", made);
		error = fs_mkdir(root, path);
		made += !error;
	}
	CHECK_EQUAL(error, -ENOSPC);
	CHECK_EQUAL(made, 62); /* 0 is none, 1 is the root */
	CHECK_EQUAL(fs_mknod(root, "/dev", 1, 1), -ENOSPC);
	CHECK_EQUAL(fs_unlink(root, "/n30"), 0);
	CHECK_EQUAL(fs_mknod(root, "/dev", 1, 1), 0);
	inode_put(root);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

/* ---- Limits of a file ---------------------------------------------------------------------------------- */

/* A read there gives `size` bytes, those in `expected` and then zeros. */
static void check_bytes(struct inode *ip, u64 offset, const char *expected, s64 size)
{
	char buf[32], wanted[32] = { 0 };

	for (u32 i = 0; i < 4 && i < size; i++)
		wanted[i] = expected[i];
	CHECK_EQUAL(inode_read(ip, offset, buf, sizeof(buf)), size);
	CHECK(memcmp(buf, wanted, (size_t)MAX(size, 0)) == 0);
}

static void test_largest_file(void)
{
	struct inode *root, *ip;
	struct fs_stats before, after;
	int error;

	case_begin("faults.largest_file");
	image_make(&image, 600, 64, LOG_CAPACITY_MIN);
	image_mount(&image);
	root = fs_root();
	fs_stats(&before);
	ip = fs_create(root, "/f", 0, &error);
	CHECK_EQUAL(inode_write(ip, FS_FILE_MAX, "x", 1), -EFBIG);
	CHECK_EQUAL(inode_write(ip, ~0ull, "x", 1), -EFBIG);
	CHECK_EQUAL(inode_truncate(ip, FS_FILE_MAX + 1), -EFBIG);
	CHECK_EQUAL(inode_write(ip, FS_FILE_MAX - 3, "abcdef", 6), 3);
	check_bytes(ip, FS_FILE_MAX - 4, "\0abc", 4);
	check_bytes(ip, FS_FILE_MAX, "", 0);
	check_bytes(ip, ~0ull, "", 0);
	CHECK_EQUAL(inode_write(ip, 100000000, "hole", 4), 4);
	check_bytes(ip, 100000002, "le\0\0", 32);
	CHECK_EQUAL(inode_truncate(ip, 100000002), 0);
	CHECK_EQUAL(inode_truncate(ip, FS_FILE_MAX), 0);
	check_bytes(ip, 100000000, "ho\0\0", 32);
	CHECK_EQUAL(fs_sync(), 0);
	check_image_replayed(image.memory.data, 600);
	CHECK_EQUAL(fs_unlink(root, "/f"), 0);
	inode_put(ip);
	fs_stats(&after);
	CHECK_EQUAL(after.block_free, before.block_free);
	inode_put(root);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

int main(void)
{
	test_errors("faults.read_errors", FAIL_READS, 3);
	test_errors("faults.write_errors", FAIL_WRITES, 3);
	test_errors("faults.flush_errors", FAIL_FLUSHES, 2);
	test_errors("faults.all_errors", FAIL_READS | FAIL_WRITES | FAIL_FLUSHES, 10);
	test_errors("faults.no_write_succeeds_for_a_while", FAIL_WRITES, 1);
	test_dead_device(FAIL_WRITES, "faults.writes_fail_for_good");
	test_dead_device(FAIL_FLUSHES, "faults.flushes_fail_for_good");
	test_dead_device(FAIL_READS | FAIL_WRITES, "faults.device_dies");
	test_crash_after_failed_flush();
	test_mount_errors();
	test_mount_without_memory();
	test_ops_without_memory();
	test_no_idle_buffers();
	test_full_disk();
	test_last_block();
	test_no_inodes();
	test_largest_file();
	return cases_failed() > 0;
}
