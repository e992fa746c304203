/*
 * The log: operations and commits.  The contract, the life of a transaction and the invariants are in log.h;
 * recovery is in recover.c.
 *
 *                 log_commit()              operations ended,             installed,
 *                                           blocks copied                 or failed
 *      IDLE -----------------------> SEALING --------------------> WRITING --------> IDLE
 *        operations come and go       none begins     they come and go again
 *
 * Locking: `commit` (sleeping) is held over a whole commit, input and output included, and owns the sealed
 * transaction.  `lock` (spinning) owns the open one.  Operations take only `lock`, so they run on while a
 * transaction is being written; they wait only while one is sealed, or when the open one is full and the last still
 * being written.
 */
#include "fs/log.h"
#include "fs/recover.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "sched.h"

enum log_phase { LOG_IDLE, LOG_SEALING, LOG_WRITING };

static struct {
	/* constant while open */
	u32 limit;

	struct spinlock lock;
	/* lock */
	enum log_phase phase;
	struct waitq changed;    /* phase, or the end of an operation */
	u32 op_count, reserved;  /* of running operations */
	u32 open_count;
	struct buffer **open;    /* limit of them; in LOG_SEALING the committer's */

	struct mutex commit;
	/* commit */
	u64 seq;                 /* of the last transaction that was sealed */
	u32 sealed_count;        /* 0 once it is installed */
	struct buffer **sealed;
	struct log_staging staging;
} fs_log;

/* ---- Opening and closing ------------------------------------------------------------------------------- */

static int log_alloc(u32 limit)
{
	int error = log_staging_alloc(&fs_log.staging, limit);

	if (error)
		return error;
	fs_log.open = kmalloc(limit * sizeof(*fs_log.open));
	fs_log.sealed = kmalloc(limit * sizeof(*fs_log.sealed));
	if (fs_log.open && fs_log.sealed)
		return 0;
	log_close();
	return -ENOMEM;
}

int log_open(u32 limit, u32 *recovered)
{
	int error;

	ASSERT(limit >= LOG_CAPACITY_MIN, "log: %u blocks are too few for a transaction", limit);
	memset(&fs_log, 0, sizeof(fs_log));
	fs_log.limit = MIN(limit, volume.super.log_capacity);
	spin_init(&fs_log.lock, "log", RANK_LOG_STATE);
	mutex_init(&fs_log.commit, "commit", RANK_LOG);
	waitq_init(&fs_log.changed);
	error = log_recover(&fs_log.seq, recovered);
	if (error)
		return error;
	return log_alloc(fs_log.limit);
}

void log_close(void)
{
	for (u32 i = 0; i < fs_log.sealed_count; i++)
		buffer_unpin(fs_log.sealed[i]);
	for (u32 i = 0; i < fs_log.open_count; i++) {
		fs_log.open[i]->logged = false;
		buffer_unpin(fs_log.open[i]);
	}
	kfree(fs_log.open);
	kfree(fs_log.sealed);
	log_staging_free(&fs_log.staging);
	memset(&fs_log, 0, sizeof(fs_log));
}

/* ---- Operations ---------------------------------------------------------------------------------------- */

u32 log_op_limit(void)
{
	return MAX(fs_log.limit / 4, LOG_OP_NAMES);
}

static bool log_has_room(u32 blocks)
{
	return fs_log.phase != LOG_SEALING && fs_log.open_count + fs_log.reserved + blocks <= fs_log.limit;
}

int log_begin(struct log_op *op, u32 blocks)
{
	int error = 0;

	ASSERT(blocks <= fs_log.limit, "log: %u blocks reserved, of %u", blocks, fs_log.limit);
	spin_lock(&fs_log.lock);
	while (!error && !log_has_room(blocks)) {
		if (fs_log.phase != LOG_IDLE) {
			waitq_sleep(&fs_log.changed, &fs_log.lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
			continue;
		}
		spin_unlock(&fs_log.lock);
		error = log_commit();
		spin_lock(&fs_log.lock);
	}
	if (!error) {
		fs_log.op_count++;
		fs_log.reserved += blocks;
		op->reserved = blocks;
		op->used = 0;
	}
	spin_unlock(&fs_log.lock);
	return error;
}

void log_end(struct log_op *op)
{
	spin_lock(&fs_log.lock);
	fs_log.op_count--;
	fs_log.reserved -= log_room(op);
	if (fs_log.op_count == 0)
		waitq_wake(&fs_log.changed, WAKE_ALL);
	spin_unlock(&fs_log.lock);
}

void log_write(struct log_op *op, struct buffer *buffer)
{
	spin_lock(&fs_log.lock);
	if (!buffer->logged) {
		ASSERT(op->used < op->reserved, "log: an operation changes more than the %u blocks it reserved",
		       op->reserved);
		op->used++;
		fs_log.reserved--;
		buffer->logged = true;
		fs_log.open[fs_log.open_count++] = buffer;
		buffer_pin(buffer);
	}
	spin_unlock(&fs_log.lock);
}

u32 log_room(const struct log_op *op)
{
	return op->reserved - op->used;
}

/* ---- Commit -------------------------------------------------------------------------------------------- */

static void log_set_phase(enum log_phase phase)
{
	spin_lock(&fs_log.lock);
	fs_log.phase = phase;
	waitq_wake(&fs_log.changed, WAKE_ALL);
	spin_unlock(&fs_log.lock);
}

/* Keep new operations out and wait for the running ones.  How many blocks they have changed. */
static u32 log_quiesce(void)
{
	u32 count;

	spin_lock(&fs_log.lock);
	fs_log.phase = LOG_SEALING;
	while (fs_log.op_count > 0)
		waitq_sleep(&fs_log.changed, &fs_log.lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	count = fs_log.open_count;
	spin_unlock(&fs_log.lock);
	return count;
}

/* Turn the open transaction, if it changes anything, into the sealed one.  Nobody changes a buffer meanwhile. */
static void log_seal(void)
{
	struct buffer **changed = fs_log.open;
	u32 count = log_quiesce();

	for (u32 i = 0; i < count; i++)
		log_staging_set(&fs_log.staging, i, changed[i]->block, changed[i]->data);
	if (count > 0)
		log_staging_finish(&fs_log.staging, ++fs_log.seq, count);

	spin_lock(&fs_log.lock);
	for (u32 i = 0; i < count; i++)
		changed[i]->logged = false;
	fs_log.open = fs_log.sealed;
	fs_log.sealed = changed;
	fs_log.open_count = 0;
	spin_unlock(&fs_log.lock);
	fs_log.sealed_count = count;
	log_set_phase(LOG_WRITING);
}

/* Make the sealed transaction durable and install it.  After an error it can be called again. */
static int log_write_out(void)
{
	struct block_device *dev = volume.dev;
	int error;

	error = log_write_blocks(&fs_log.staging);
	if (!error)
		error = dev->flush(dev);
	if (!error)
		error = log_write_record(&fs_log.staging);
	if (!error)
		error = dev->flush(dev);
	if (!error)
		error = log_install(&fs_log.staging);
	if (!error)
		error = dev->flush(dev);
	if (error)
		return error;
	log_release(&fs_log.staging);
	for (u32 i = 0; i < fs_log.sealed_count; i++)
		buffer_unpin(fs_log.sealed[i]);
	fs_log.sealed_count = 0;
	return 0;
}

int log_commit(void)
{
	int error = 0;

	mutex_lock(&fs_log.commit);
	if (fs_log.sealed_count > 0) {
		log_set_phase(LOG_WRITING);
		error = log_write_out();
	}
	if (!error) {
		log_seal();
		if (fs_log.sealed_count > 0)
			error = log_write_out();
	}
	log_set_phase(LOG_IDLE);
	mutex_unlock(&fs_log.commit);
	return error;
}
