/*
 * logreplay: check what a crash at any moment of a recorded run would have left.
 *
 *	logreplay [-n SAMPLES] [-s SEED] NAME IMAGE LOG
 *
 * LOG is what QEMU's block driver `blklogwrites` recorded (the format is that of Linux's dm-log-writes) while a machine
 * used the disk that was IMAGE at the beginning.  For the moment of each flush, and for about SAMPLES moments between
 * (all writes so far, the last one torn, a subset of those not flushed): fsck with its own replay of the log must find
 * nothing; the file system must mount and be what it always is when its newest transaction is that one; that
 * transaction must be no older than the newest that was flushed; and fsck must find nothing afterwards.
 */
#include "check.h"
#include "model.h"
#include "record.h"
#include "host/os.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- The format of the log ----------------------------------------------------------------------------- */

#define WRITES_MAGIC 0x6a736677736872ull
enum { ENTRY_FLUSH = 1, ENTRY_FUA = 2, ENTRY_DISCARD = 4, ENTRY_MARK = 8 };

/* The first sector of the log. */
struct writes_super {
	u64 magic, version, entry_count;
	u32 sector_size;
};

/* An entry fills a sector; the data of its sectors follow it. */
struct writes_entry {
	u64 sector, sector_count, flags, data_size;
};

struct log_file {
	int fd;
	u64 size, at;
	u32 sector_size;
};

static void open_log(struct log_file *log, const char *path)
{
	struct writes_super super;

	log->fd = os_open(path, OS_READ);
	if (log->fd < 0 || !os_read_at(log->fd, 0, &super, sizeof(super)))
		host_die("%s: %s", path, os_error());
	if (super.magic != WRITES_MAGIC || super.version != 1 || super.sector_size < sizeof(struct writes_entry))
		host_die("%s: no log of writes", path);
	log->size = (u64)os_size(log->fd);
	log->sector_size = super.sector_size;
	log->at = super.sector_size;
}

/* An entry that the recording process had no time to finish ends the log. */
static bool next_entry(struct log_file *log, struct writes_entry *entry, u8 **data)
{
	u64 size;

	if (log->at + log->sector_size > log->size || !os_read_at(log->fd, log->at, entry, sizeof(*entry)))
		return false;
	size = entry->flags & ENTRY_DISCARD ? 0 : entry->sector_count * log->sector_size;
	if (size > log->size - log->at - log->sector_size || (entry->flags == 0 && size == 0))
		return false;
	*data = host_alloc(size + 1);
	if (size > 0 && !os_read_at(log->fd, log->at + log->sector_size, *data, size))
		return false;
	log->at += log->sector_size + size;
	return true;
}

/* ---- Loading ------------------------------------------------------------------------------------------- */

static struct recorder recorder;

static void load_image(const char *path)
{
	int fd = os_open(path, OS_READ);
	s64 size = fd < 0 ? -1 : os_size(fd);
	u8 *data;

	if (size < 0)
		host_die("%s: %s", path, os_error());
	data = host_alloc((u64)size);
	if (!os_read_at(fd, 0, data, (u64)size))
		host_die("%s: %s", path, os_error());
	record_open(&recorder, data, (u64)size / FS_BLOCK_SIZE);
	host_free(data);
	os_close(fd);
}

static void add_write(const struct log_file *log, const struct writes_entry *entry, const u8 *data)
{
	u64 offset = entry->sector * log->sector_size, size = entry->sector_count * log->sector_size;

	if (offset % FS_BLOCK_SIZE || size % FS_BLOCK_SIZE || offset + size > recorder.dev.block_count * FS_BLOCK_SIZE)
		host_die("a write of %lu bytes at %lu is not made of blocks", (unsigned long)size,
			 (unsigned long)offset);
	recorder.dev.write(&recorder.dev, offset / FS_BLOCK_SIZE, (u32)(size / FS_BLOCK_SIZE), data);
}

static void load_log(const char *path)
{
	struct writes_entry entry;
	struct log_file log;
	u8 *data;

	open_log(&log, path);
	while (next_entry(&log, &entry, &data)) {
		if (entry.flags & ENTRY_DISCARD)
			host_die("%s: a discard, which this file system never asks for", path);
		if (entry.sector_count > 0)
			add_write(&log, &entry, data);
		if (entry.flags & ENTRY_FLUSH)
			recorder.dev.flush(&recorder.dev);
		host_free(data);
	}
	os_close(log.fd);
}

/* ---- What is known about transactions ------------------------------------------------------------------ */

/* The newest complete transaction in an image. */
static u64 newest_transaction(const u8 *image)
{
	const struct fs_super *super = (const struct fs_super *)image;
	u64 newest = 0;

	for (u32 slot = 0; slot < LOG_SLOTS; slot++) {
		u64 block = super->log_start + (u64)slot * (super->log_capacity + 1);
		const struct log_record *record = (const struct log_record *)(image + block * FS_BLOCK_SIZE);

		if (record->magic == LOG_MAGIC && record->count <= super->log_capacity &&
		    record->checksum == log_record_checksum(record))
			newest = MAX(newest, record->seq);
	}
	return newest;
}

#define TRANSACTIONS_MAX 100000u

/* What the file system is after each transaction, once it has been seen; 0 before. */
static u64 digests[TRANSACTIONS_MAX];

static void check_digest(u64 transaction, u64 digest)
{
	if (transaction >= TRANSACTIONS_MAX)
		return;
	if (digests[transaction] == 0)
		digests[transaction] = digest;
	CHECK_EQUAL(digest, digests[transaction]);
}

/* ---- Checking ------------------------------------------------------------------------------------------ */

static u64 images_checked;

static void check_mounted(u8 *image, u64 transaction)
{
	struct host_memory_device memory;
	u64 digest;
	int error;

	host_memory_open(&memory, image, recorder.dev.block_count);
	error = fs_mount(&memory.dev);
	CHECK_EQUAL(error, 0);
	if (error)
		return;
	digest = digest_of_fs(&error);
	CHECK_EQUAL(error, 0);
	check_digest(transaction, digest);
	CHECK_EQUAL(fs_unmount(), 0);
}

static void check_crash(const struct crash_cursor *cursor, u8 *image, const char *how)
{
	u64 size = recorder.dev.block_count * FS_BLOCK_SIZE, transaction = newest_transaction(image);
	static u8 *copy;
	u32 pending;

	if (!copy)
		copy = host_alloc(size);
	memcpy(copy, image, size);
	check_image_replayed(copy, recorder.dev.block_count);
	CHECK(transaction >= newest_transaction(cursor->durable));
	check_mounted(image, transaction);
	check_image(image, recorder.dev.block_count, &pending);
	CHECK_EQUAL(pending, 0);
	images_checked++;
	if (case_has_failed())
		printf("#   crash before event %lu of %lu (%s), transaction %lu\n", (unsigned long)cursor->position,
		       (unsigned long)recorder.event_count, how, (unsigned long)transaction);
}

static void check_all(const char *name, struct random *random, u64 samples)
{
	u8 *image = host_alloc(recorder.dev.block_count * FS_BLOCK_SIZE);
	struct crash_cursor cursor;

	case_begin(name);
	CHECK(recorder.event_count > 50);
	crash_open(&cursor, &recorder);
	while (!case_has_failed() && crash_next(&cursor)) {
		if (recorder.events[cursor.position - 1].kind == EVENT_FLUSH) {
			crash_image_prefix(&cursor, NULL, image);
			check_crash(&cursor, image, "after a flush");
		} else if (random_below(random, recorder.event_count) < samples) {
			crash_image_prefix(&cursor, NULL, image);
			check_crash(&cursor, image, "all writes");
			crash_image_prefix(&cursor, random, image);
			check_crash(&cursor, image, "the last one torn");
			crash_image_subset(&cursor, random, image);
			check_crash(&cursor, image, "a subset");
		}
	}
	crash_close(&cursor);
	host_free(image);
	case_end();
	printf("# %lu events, %lu images checked\n", (unsigned long)recorder.event_count,
	       (unsigned long)images_checked);
}

int main(int argc, char **argv)
{
	struct random random = random_from(1);
	u64 samples = 100;
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (strcmp(argv[i], "-n") == 0)
			samples = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "-s") == 0)
			random = random_from(strtoull(argv[i + 1], NULL, 10));
	}
	if (argc - i != 3)
		host_die("usage: logreplay [-n SAMPLES] [-s SEED] NAME IMAGE LOG");
	load_image(argv[i + 1]);
	load_log(argv[i + 2]);
	check_all(argv[i], &random, samples);
	record_close(&recorder);
	return cases_failed() > 0;
}
