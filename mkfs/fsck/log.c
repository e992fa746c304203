/*
 * fsck's rules for the log, and its replay.
 */
#include "fsck.h"

#include <stdlib.h>
#include <string.h>

static u32 slot_block(const struct fsck *fsck, u32 slot)
{
	return fsck->super.log_start + slot * (fsck->super.log_capacity + 1);
}

/* A record counts if it is whole.  One that is not was being written when the machine stopped. */
static int is_whole(const struct fsck *fsck, const struct log_record *record)
{
	return record->magic == LOG_MAGIC && record->count <= fsck->super.log_capacity &&
	       record->count <= LOG_CAPACITY_MAX && log_record_checksum(record) == record->checksum;
}

static const struct log_record *newest_record(struct fsck *fsck)
{
	const struct log_record *newest = NULL;

	for (u32 slot = 0; slot < LOG_SLOTS; slot++) {
		const struct log_record *record = (struct log_record *)fsck_block(fsck, slot_block(fsck, slot));

		if (!is_whole(fsck, record))
			continue;
		if (record->seq % LOG_SLOTS != slot)
			fsck_fault(fsck, "log-slot", "transaction %lu is in slot %u", (unsigned long)record->seq,
				   slot);
		else if (!newest || record->seq > newest->seq)
			newest = record;
	}
	return newest;
}

static int by_number(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void check_homes(struct fsck *fsck, const struct log_record *record)
{
	u32 home[LOG_CAPACITY_MAX];

	memcpy(home, record->home, record->count * sizeof(u32));
	qsort(home, record->count, sizeof(u32), by_number);
	for (u32 i = 0; i < record->count; i++) {
		if (home[i] < fsck->super.bitmap_start || home[i] >= fsck->super.block_count)
			fsck_fault(fsck, "log-home", "the log wants to write block %u", home[i]);
		if (i > 0 && home[i] == home[i - 1])
			fsck_fault(fsck, "log-home", "the log wants to write block %u twice", home[i]);
	}
}

static void check_blocks(struct fsck *fsck, const struct log_record *record)
{
	const u8 *blocks = (const u8 *)record + FS_BLOCK_SIZE;

	if (fs_checksum(0, blocks, (size_t)record->count * FS_BLOCK_SIZE) != record->data_sum)
		fsck_fault(fsck, "log-sum", "the blocks of transaction %lu have a wrong checksum",
			   (unsigned long)record->seq);
}

static void install(struct fsck *fsck, const struct log_record *record)
{
	const u8 *blocks = (const u8 *)record + FS_BLOCK_SIZE;

	for (u32 i = 0; i < record->count; i++)
		memcpy(fsck_block(fsck, record->home[i]), blocks + (size_t)i * FS_BLOCK_SIZE, FS_BLOCK_SIZE);
	fsck->replayed_count = record->count;
}

int fsck_log(struct fsck *fsck)
{
	const struct log_record *record = newest_record(fsck);
	u32 before = fsck->fault_count;

	if (!record) {
		fsck_fault(fsck, "log-record", "no record of the log is whole");
		return 0;
	}
	if (record->count == 0)
		return 1;
	check_homes(fsck, record);
	check_blocks(fsck, record);
	if (fsck->fault_count > before)
		return 0;
	if (fsck->log == FSCK_LOG_REPLAY)
		install(fsck, record);
	else
		fsck_fault(fsck, "log-dirty", "a transaction of %u blocks waits to be installed (-r does it in memory)",
			   record->count);
	return 1;
}
