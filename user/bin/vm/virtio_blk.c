/*
 * A virtio block device: see virtio_blk.h.
 *
 * A request is a header that the device reads, data one way or the other, and a status byte that it writes; how the
 * driver cuts them into segments is its own affair.
 */
#include "virtio_blk.h"
#include "string.h"

/* [VIRTIO] "MMIO Device Register Layout" */
enum {
	REG_MAGIC = 0x000, REG_VERSION = 0x004, REG_DEVICE_ID = 0x008, REG_VENDOR = 0x00c, REG_DEVICE_FEATURES = 0x010,
	REG_DEVICE_FEATURES_SEL = 0x014, REG_DRIVER_FEATURES = 0x020, REG_DRIVER_FEATURES_SEL = 0x024,
	REG_QUEUE_SEL = 0x030, REG_QUEUE_NUM_MAX = 0x034, REG_QUEUE_NUM = 0x038, REG_QUEUE_READY = 0x044,
	REG_QUEUE_NOTIFY = 0x050, REG_INTERRUPT_STATUS = 0x060, REG_INTERRUPT_ACK = 0x064, REG_STATUS = 0x070,
	REG_QUEUE_DESC = 0x080, REG_QUEUE_DRIVER = 0x090, REG_QUEUE_DEVICE = 0x0a0, REG_CONFIG = 0x100,
};

enum {
	MAGIC = 0x74726976, VERSION = 2, DEVICE_ID_BLOCK = 2, VENDOR = 0x444e4c46, /* "FLND" */
	STATUS_FEATURES_OK = 8, STATUS_NEEDS_RESET = 64,
	INTERRUPT_USED = 1, INTERRUPT_CONFIG = 2,
	REQUEST_IN = 0, REQUEST_OUT = 1, REQUEST_FLUSH = 4, REQUEST_GET_ID = 8,
	ANSWER_OK = 0, ANSWER_ERROR = 1, ANSWER_UNSUPPORTED = 2,
};

#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_FLUSH     (1ull << 9)
#define FEATURE_VERSION_1 (1ull << 32)

struct header {
	u32 type, reserved;
	u64 sector;
};

static u64 features(const struct virtio_blk *v)
{
	return FEATURE_VERSION_1 | FEATURE_FLUSH | (v->disk.is_read_only ? FEATURE_READ_ONLY : 0);
}

static void interrupt(struct virtio_blk *v, u32 why)
{
	v->interrupt |= why;
	line_set(v->line, v->interrupt != 0);
}

/* ---- Requests ------------------------------------------------------------------------------------------ */

/* Bytes of the chain that were not used yet, a segment at a time. */
struct cursor {
	const struct chain *chain;
	u32 at;
	u32 used; /* of that segment */
};

/* Up to `limit` bytes in one piece, which it passes. */
static struct segment next_piece(struct cursor *c, u64 limit)
{
	const struct segment *s = &c->chain->segment[c->at];
	struct segment piece = { s->p + c->used, s->length - c->used };

	if (piece.length > limit)
		piece.length = limit;
	c->used += piece.length;
	if (c->used == s->length) {
		c->at++;
		c->used = 0;
	}
	return piece;
}

static void read_header(struct cursor *c, struct header *header)
{
	for (u32 done = 0; done < sizeof(*header);) {
		struct segment piece = next_piece(c, sizeof(*header) - done);

		memcpy((u8 *)header + done, piece.p, piece.length);
		done += piece.length;
	}
}

static u8 transfer(struct virtio_blk *v, struct cursor *c, const struct header *header, u64 size)
{
	u64 sectors = v->disk.size / SECTOR;
	u64 offset = header->sector * SECTOR;

	if (size % SECTOR || header->sector > sectors || size / SECTOR > sectors - header->sector)
		return ANSWER_ERROR;
	for (u64 done = 0; done < size;) {
		struct segment piece = next_piece(c, size - done);
		int error = header->type == REQUEST_IN ?
				    disk_read(&v->disk, offset + done, piece.p, piece.length) :
				    disk_write(&v->disk, offset + done, piece.p, piece.length);

		if (error)
			return ANSWER_ERROR;
		done += piece.length;
	}
	return ANSWER_OK;
}

static u8 get_id(struct virtio_blk *v, struct cursor *c, u64 size)
{
	if (size != sizeof(v->disk.id))
		return ANSWER_ERROR;
	for (u64 done = 0; done < size;) {
		struct segment piece = next_piece(c, size - done);

		memcpy(piece.p, v->disk.id + done, piece.length);
		done += piece.length;
	}
	return ANSWER_OK;
}

/* Which direction the data has is the type's affair; what the chain has the other way is not looked at. */
static u8 work(struct virtio_blk *v, struct cursor *c)
{
	u64 out = v->chain.readable_bytes - sizeof(struct header), in = v->chain.writable_bytes - 1;
	struct header header;

	read_header(c, &header);
	switch (header.type) {
	case REQUEST_OUT: return v->disk.is_read_only ? ANSWER_ERROR : transfer(v, c, &header, out);
	case REQUEST_FLUSH: return disk_flush(&v->disk) ? ANSWER_ERROR : ANSWER_OK;
	}
	*c = (struct cursor){ &v->chain, v->chain.readable_count, 0 };
	switch (header.type) {
	case REQUEST_IN: return transfer(v, c, &header, in);
	case REQUEST_GET_ID: return get_id(v, c, in);
	default: return ANSWER_UNSUPPORTED;
	}
}

/* False: not even a request. */
static bool serve(struct virtio_blk *v)
{
	struct chain *chain = &v->chain;
	struct cursor c = { chain, 0, 0 };
	struct segment *last = &chain->segment[chain->count - 1];

	if (chain->readable_bytes < sizeof(struct header) || chain->writable_bytes == 0 ||
	    chain->writable_bytes > ~0u)
		return false;
	last->p[last->length - 1] = work(v, &c);
	if (queue_give(&v->queue, chain, chain->writable_bytes))
		interrupt(v, INTERRUPT_USED);
	return true;
}

/*
 * [VIRTIO] "Device Status Field": what is wrong with the queue is the driver's to mend, by a reset.
 * No more than a queue holds: what the guest adds meanwhile has a bell of its own, and might never end.
 */
static void serve_queue(struct virtio_blk *v)
{
	enum queue_take took = QUEUE_TAKEN;

	for (u32 n = 0; n < v->queue.size && took == QUEUE_TAKEN; n++) {
		took = queue_take(&v->queue, &v->chain);
		if (took == QUEUE_TAKEN && !serve(v))
			took = QUEUE_BROKEN;
	}
	if (took == QUEUE_BROKEN) {
		v->queue.is_broken = true;
		v->status |= STATUS_NEEDS_RESET;
		interrupt(v, INTERRUPT_CONFIG);
	}
}

/* ---- Registers ----------------------------------------------------------------------------------------- */

static u32 half(u64 value, u32 select)
{
	return select == 0 ? (u32)value : select == 1 ? value >> 32 : 0;
}

static void set_half(u64 *value, u32 select, u32 half_value)
{
	if (select == 0)
		*value = (*value & ~0xffffffffull) | half_value;
	else if (select == 1)
		*value = (*value & 0xffffffffull) | (u64)half_value << 32;
}

/* Of the configuration, only the capacity means something without further features. */
static u64 read_config(const struct virtio_blk *v, u64 offset)
{
	u64 capacity = v->disk.size / SECTOR;

	return offset < sizeof(capacity) ? capacity >> 8 * offset : 0;
}

static u64 virtio_read(void *state, u64 offset, u32 bytes)
{
	struct virtio_blk *v = state;

	if (offset >= REG_CONFIG)
		return read_config(v, offset - REG_CONFIG);
	if (bytes != 4)
		return 0;
	switch (offset) {
	case REG_MAGIC: return MAGIC;
	case REG_VERSION: return VERSION;
	case REG_DEVICE_ID: return DEVICE_ID_BLOCK;
	case REG_VENDOR: return VENDOR;
	case REG_DEVICE_FEATURES: return half(features(v), v->device_select);
	case REG_QUEUE_NUM_MAX: return v->queue_select == 0 ? QUEUE_SIZE : 0;
	case REG_QUEUE_READY: return v->queue_select == 0 && v->queue.is_ready;
	case REG_INTERRUPT_STATUS: return v->interrupt;
	case REG_STATUS: return v->status;
	default: return 0;
	}
}

static void reset(struct virtio_blk *v)
{
	v->status = v->queue_select = v->device_select = v->driver_select = 0;
	v->accepted = 0;
	v->queue = (struct queue){ 0 };
	v->interrupt = 0;
	line_set(v->line, 0);
}

static void write_status(struct virtio_blk *v, u32 value)
{
	bool is_acceptable = (v->accepted & ~features(v)) == 0 && (v->accepted & FEATURE_VERSION_1);

	if (value == 0)
		reset(v);
	else
		v->status = (v->status & STATUS_NEEDS_RESET) | (is_acceptable ? value : value & ~STATUS_FEATURES_OK);
}

/* The queue does not change while it is ready. */
static void write_queue(struct virtio_blk *v, u64 offset, u32 value)
{
	struct queue *q = &v->queue;

	if (v->queue_select != 0 || (q->is_ready && offset != REG_QUEUE_READY))
		return;
	switch (offset) {
	case REG_QUEUE_NUM: q->size = value; break;
	case REG_QUEUE_DESC: case REG_QUEUE_DESC + 4: set_half(&q->desc, offset / 4 & 1, value); break;
	case REG_QUEUE_DRIVER: case REG_QUEUE_DRIVER + 4: set_half(&q->available, offset / 4 & 1, value); break;
	case REG_QUEUE_DEVICE: case REG_QUEUE_DEVICE + 4: set_half(&q->used, offset / 4 & 1, value); break;
	case REG_QUEUE_READY:
		if (!(value & 1))
			q->is_ready = false;
		else if (!q->is_ready)
			queue_start(q);
	}
}

static void virtio_write(void *state, u64 offset, u32 bytes, u64 data)
{
	struct virtio_blk *v = state;

	if (bytes != 4)
		return;
	switch (offset) {
	case REG_DEVICE_FEATURES_SEL: v->device_select = data; break;
	case REG_DRIVER_FEATURES_SEL: v->driver_select = data; break;
	case REG_DRIVER_FEATURES: set_half(&v->accepted, v->driver_select, data); break;
	case REG_QUEUE_SEL: v->queue_select = data; break;
	case REG_STATUS: write_status(v, data); break;
	case REG_QUEUE_NOTIFY:
		if (data == 0)
			serve_queue(v);
		break;
	case REG_INTERRUPT_ACK:
		v->interrupt &= ~data;
		line_set(v->line, v->interrupt != 0);
		break;
	default: write_queue(v, offset, data);
	}
}

void virtio_blk_init(struct virtio_blk *v)
{
	v->device.size = VIRTIO_WINDOW;
	v->device.width = 4;
	v->device.state = v;
	v->device.read = virtio_read;
	v->device.write = virtio_write;
	reset(v);
}
