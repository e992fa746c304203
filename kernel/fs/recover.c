/*
 * The log's format at work.  See format.h for the layout and log.h for the order of writes.
 */
#include "fs/recover.h"
#include "mm/buddy.h"

/* ---- Staging ------------------------------------------------------------------------------------------- */

int log_staging_alloc(struct log_staging *staging, u32 limit)
{
	hpa_t memory;

	staging->order = 0;
	while ((1u << staging->order) < limit + 1)
		staging->order++;
	memory = buddy_alloc(staging->order);
	if (memory.raw == 0)
		return -ENOMEM;
	staging->record = hpa_to_ptr(memory);
	staging->blocks = (u8 *)staging->record + FS_BLOCK_SIZE;
	return 0;
}

void log_staging_free(struct log_staging *staging)
{
	if (staging->record)
		buddy_free(ptr_to_hpa(staging->record), staging->order);
	staging->record = NULL;
}

static u8 *staged_block(const struct log_staging *staging, u32 i)
{
	return staging->blocks + (size_t)i * FS_BLOCK_SIZE;
}

void log_staging_set(struct log_staging *staging, u32 i, u32 home, const void *data)
{
	staging->record->home[i] = home;
	memcpy(staged_block(staging, i), data, FS_BLOCK_SIZE);
}

void log_staging_finish(struct log_staging *staging, u64 seq, u32 count)
{
	struct log_record *record = staging->record;

	size_t used = offsetof(struct log_record, home) + count * sizeof(record->home[0]);

	memset((u8 *)record + used, 0, FS_BLOCK_SIZE - used);
	record->magic = LOG_MAGIC;
	record->seq = seq;
	record->count = count;
	record->zero = 0;
	record->data_sum = fs_checksum(0, staging->blocks, (size_t)count * FS_BLOCK_SIZE);
	record->checksum = log_record_checksum(record);
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

static u32 slot_start(u64 seq)
{
	return volume.super.log_start + seq % LOG_SLOTS * (volume.super.log_capacity + 1);
}

int log_write_blocks(const struct log_staging *staging)
{
	const struct log_record *record = staging->record;

	return volume.dev->write(volume.dev, slot_start(record->seq) + 1, record->count, staging->blocks);
}

int log_write_record(const struct log_staging *staging)
{
	return volume.dev->write(volume.dev, slot_start(staging->record->seq), 1, staging->record);
}

/* How many blocks from the i-th on have homes side by side? */
static u32 run_length(const struct log_record *record, u32 i)
{
	u32 length = 1;

	while (i + length < record->count && record->home[i + length] == record->home[i] + length)
		length++;
	return length;
}

int log_install(const struct log_staging *staging)
{
	const struct log_record *record = staging->record;
	int error = 0;
	u32 length;

	for (u32 i = 0; i < record->count && !error; i += length) {
		length = run_length(record, i);
		error = volume.dev->write(volume.dev, record->home[i], length, staged_block(staging, i));
	}
	return error;
}

void log_release(const struct log_staging *staging)
{
	struct log_record *record = staging->record;

	record->count = 0;
	record->checksum = log_record_checksum(record);
	log_write_record(staging);
}

/* ---- Recovery ------------------------------------------------------------------------------------------ */

/*
 * A record that a crash tore has a wrong checksum and does not count: its transaction was never acknowledged.  The
 * conditions behind the checksum only guard against an image made to look valid.
 */
static bool record_is_valid(const struct log_record *record, u32 slot)
{
	if (record->magic != LOG_MAGIC || record->count > volume.super.log_capacity)
		return false;
	return record->checksum == log_record_checksum(record) && record->seq % LOG_SLOTS == slot;
}

static bool homes_are_valid(const struct log_record *record)
{
	for (u32 i = 0; i < record->count; i++)
		if (record->home[i] < volume.super.bitmap_start || record->home[i] >= volume.super.block_count)
			return false;
	return true;
}

/* Find the slot of the newest valid record; LOG_SLOTS if there is none.  Uses the record as scratch space. */
static int find_newest_slot(struct log_record *record, u32 *newest)
{
	u64 newest_seq = 0;
	int error = 0;

	*newest = LOG_SLOTS;
	for (u32 slot = 0; slot < LOG_SLOTS && !error; slot++) {
		error = volume.dev->read(volume.dev, slot_start(slot), 1, record);
		if (!error && record_is_valid(record, slot) && record->seq >= newest_seq) {
			*newest = slot;
			newest_seq = record->seq;
		}
	}
	return error;
}

static int replay(struct log_staging *staging)
{
	const struct log_record *record = staging->record;
	struct block_device *dev = volume.dev;
	int error = dev->read(dev, slot_start(record->seq) + 1, record->count, staging->blocks);

	if (error)
		return error;
	if (record->data_sum != fs_checksum(0, staging->blocks, (size_t)record->count * FS_BLOCK_SIZE))
		return volume_damaged("blocks of the logged transaction", record->seq);
	if (!homes_are_valid(record))
		return volume_damaged("homes of the logged transaction", record->seq);
	error = log_install(staging);
	if (!error)
		error = dev->flush(dev);
	if (!error)
		log_release(staging);
	return error;
}

static int recover_with(struct log_staging *staging, u64 *seq, u32 *count)
{
	u32 slot;
	int error = find_newest_slot(staging->record, &slot);

	if (error)
		return error;
	if (slot == LOG_SLOTS)
		return volume_damaged("both records of the log", volume.super.log_start);
	error = volume.dev->read(volume.dev, slot_start(slot), 1, staging->record);
	if (error)
		return error;
	*seq = staging->record->seq;
	*count = staging->record->count;
	return *count > 0 ? replay(staging) : 0;
}

int log_recover(u64 *seq, u32 *count)
{
	struct log_staging staging;
	int error = log_staging_alloc(&staging, volume.super.log_capacity);

	if (error)
		return error;
	error = recover_with(&staging, seq, count);
	log_staging_free(&staging);
	return error;
}
