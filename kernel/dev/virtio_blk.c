/*
 * Virtio block devices: one queue, up to SLOTS requests in flight.
 *
 * A request is a chain of descriptors: a header that the device reads (what, where), the data, and a status byte
 * that the device writes.  Slot i owns descriptors 3i to 3i + 2 for good, so nothing is ever allocated:
 *
 *   driver: fills the slot's chain, puts its head on the available ring, rings the bell, sleeps on the slot
 *   device: does the work, puts the head on the used ring, interrupts
 *   interrupt: for each new used entry, marks the slot as done and wakes its sleeper
 *
 * Locking: `lock` (rank RANK_DISK_RING) protects rings and slots.  The device is another participant: what it reads is
 * published with a release before the ring's index moves, what it wrote is read after an acquire of its index.
 * Only the used ring says that the device has let go of a slot: the status byte may be there before.
 */
#include "dev/virtio_blk.h"
#include "irq.h"
#include "kernel.h"
#include "lock.h"
#include "sched.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

/* [VIRTIO] "MMIO Device Register Layout" */
enum {
	REG_MAGIC = 0x000, REG_VERSION = 0x004, REG_DEVICE_ID = 0x008, REG_DEVICE_FEATURES = 0x010,
	REG_DEVICE_FEATURES_SEL = 0x014, REG_DRIVER_FEATURES = 0x020, REG_DRIVER_FEATURES_SEL = 0x024,
	REG_QUEUE_SEL = 0x030, REG_QUEUE_NUM_MAX = 0x034, REG_QUEUE_NUM = 0x038, REG_QUEUE_READY = 0x044,
	REG_QUEUE_NOTIFY = 0x050, REG_INTERRUPT_STATUS = 0x060, REG_INTERRUPT_ACK = 0x064, REG_STATUS = 0x070,
	REG_QUEUE_DESC = 0x080, REG_QUEUE_DRIVER = 0x090, REG_QUEUE_DEVICE = 0x0a0, REG_CONFIG = 0x100,
};

#define MAGIC           0x74726976
#define DEVICE_ID_BLOCK 2

/* [VIRTIO] "Device Status Field" */
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8, STATUS_FAILED = 128 };

#define FEATURE_FLUSH     (1ull << 9)
#define FEATURE_VERSION_1 (1ull << 32)

/* [VIRTIO] "Device Operation" of the block device */
enum { REQUEST_IN = 0, REQUEST_OUT = 1, REQUEST_FLUSH = 4 };
#define SECTOR_SIZE 512
#define STATUS_OK   0

/* [VIRTIO] "Split Virtqueues" */
#define QUEUE_SIZE 64
#define SLOTS      21
enum { DESC_NEXT = 1, DESC_WRITE = 2 };

struct descriptor {
	u64 address;
	u32 length;
	u16 flags, next;
};

struct available_ring {
	u16 flags, index, ring[QUEUE_SIZE];
};

struct used_ring {
	u16 flags, index;
	struct {
		u32 id, length;
	} ring[QUEUE_SIZE];
};

/* All three share one page, each at its alignment. */
struct queue {
	struct descriptor desc[QUEUE_SIZE];
	struct available_ring available;
	struct used_ring used __attribute__((aligned(4)));
};
_Static_assert(sizeof(struct queue) <= 4096, "the queue fills one page");

struct slot {
	struct {
		u32 type, reserved;
		u64 sector;
	} header;
	u8 status; /* the device's, until it is done */
	bool busy, done;
	struct waitq waiter;
};

struct virtio_blk {
	struct block_device dev;
	volatile u32 *regs;
	bool can_flush;
	struct spinlock lock;
	struct queue *queue;
	u16 used_seen;
	struct slot slot[SLOTS];
	struct waitq slot_waiters;
};

static u32 reg_read(struct virtio_blk *d, u32 reg)
{
	return d->regs[reg / 4];
}

static void reg_write(struct virtio_blk *d, u32 reg, u32 value)
{
	d->regs[reg / 4] = value;
}

static void reg_write_address(struct virtio_blk *d, u32 reg, const void *p)
{
	reg_write(d, reg, (u32)ptr_to_hpa(p).raw);
	reg_write(d, reg + 4, ptr_to_hpa(p).raw >> 32);
}

/* ---- Requests ------------------------------------------------------------------------------------------ */

static u32 take_slot_locked(struct virtio_blk *d)
{
	for (;;) {
		for (u32 i = 0; i < SLOTS; i++)
			if (!d->slot[i].busy) {
				d->slot[i].busy = true;
				return i;
			}
		waitq_sleep(&d->slot_waiters, &d->lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	}
}

static void fill_descriptor(struct virtio_blk *d, u16 index, const void *p, u32 size, u16 flags)
{
	d->queue->desc[index] = (struct descriptor){
		.address = ptr_to_hpa(p).raw,
		.length = size,
		.flags = flags,
		.next = index + 1,
	};
}

struct request {
	u32 type;
	u64 first; /* block */
	u32 count;
	const void *buf;
};

/* Build the chain: header, data if there is any, status.  The last two stay next to each other. */
static u16 fill_slot(struct virtio_blk *d, u32 i, const struct request *q)
{
	struct slot *s = &d->slot[i];
	u16 head = 3 * i + (q->count == 0);

	s->header.type = q->type;
	s->header.reserved = 0;
	s->header.sector = q->first * (BLOCK_SIZE / SECTOR_SIZE);
	s->done = false;
	fill_descriptor(d, head, &s->header, sizeof(s->header), DESC_NEXT);
	if (q->count)
		fill_descriptor(d, 3 * i + 1, q->buf, q->count * BLOCK_SIZE,
				DESC_NEXT | (q->type == REQUEST_IN ? DESC_WRITE : 0));
	fill_descriptor(d, 3 * i + 2, &s->status, 1, DESC_WRITE);
	return head;
}

/* Ordering: chain before ring entry before index (release) before the bell (full: the device may read at once). */
static void publish_locked(struct virtio_blk *d, u16 head)
{
	struct available_ring *a = &d->queue->available;

	a->ring[a->index % QUEUE_SIZE] = head;
	__atomic_store_n(&a->index, a->index + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	reg_write(d, REG_QUEUE_NOTIFY, 0);
}

static int submit(struct block_device *dev, const struct request *q)
{
	struct virtio_blk *d = dev->private;
	struct slot *s;
	int error;
	u32 i;

	if (q->first > dev->block_count || q->count > dev->block_count - q->first)
		return -EIO;
	spin_lock(&d->lock);
	i = take_slot_locked(d);
	s = &d->slot[i];
	publish_locked(d, fill_slot(d, i, q));
	while (!s->done)
		waitq_sleep(&s->waiter, &d->lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	error = s->status == STATUS_OK ? 0 : -EIO;
	s->busy = false;
	waitq_wake(&d->slot_waiters, 1);
	spin_unlock(&d->lock);
	return error;
}

static int virtio_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	struct request q = { REQUEST_IN, first, count, buf };

	return count ? submit(dev, &q) : 0;
}

static int virtio_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	struct request q = { REQUEST_OUT, first, count, buf };

	return count ? submit(dev, &q) : 0;
}

/* A device that does not offer the feature writes through. */
static int virtio_flush(struct block_device *dev)
{
	struct virtio_blk *d = dev->private;
	struct request q = { .type = REQUEST_FLUSH };

	return d->can_flush ? submit(dev, &q) : 0;
}

static void virtio_interrupt(void *arg)
{
	struct virtio_blk *d = arg;
	struct used_ring *used = &d->queue->used;

	reg_write(d, REG_INTERRUPT_ACK, reg_read(d, REG_INTERRUPT_STATUS));
	spin_lock(&d->lock);
	while (d->used_seen != __atomic_load_n(&used->index, __ATOMIC_ACQUIRE)) {
		u32 i = used->ring[d->used_seen % QUEUE_SIZE].id / 3;

		if (i < SLOTS) {
			d->slot[i].done = true;
			waitq_wake(&d->slot[i].waiter, WAKE_ALL);
		}
		d->used_seen++;
	}
	spin_unlock(&d->lock);
}

/* ---- Set-up ([VIRTIO] "Device Initialization") ----------------------------------------------------------- */

static u64 offered_features(struct virtio_blk *d)
{
	u64 features;

	reg_write(d, REG_DEVICE_FEATURES_SEL, 1);
	features = (u64)reg_read(d, REG_DEVICE_FEATURES) << 32;
	reg_write(d, REG_DEVICE_FEATURES_SEL, 0);
	return features | reg_read(d, REG_DEVICE_FEATURES);
}

static int negotiate(struct virtio_blk *d)
{
	u64 offered = offered_features(d);
	u64 wanted = FEATURE_VERSION_1 | (offered & FEATURE_FLUSH);

	if (!(offered & FEATURE_VERSION_1))
		return -ENODEV;
	d->can_flush = offered & FEATURE_FLUSH;
	reg_write(d, REG_DRIVER_FEATURES_SEL, 1);
	reg_write(d, REG_DRIVER_FEATURES, wanted >> 32);
	reg_write(d, REG_DRIVER_FEATURES_SEL, 0);
	reg_write(d, REG_DRIVER_FEATURES, (u32)wanted);
	reg_write(d, REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	return reg_read(d, REG_STATUS) & STATUS_FEATURES_OK ? 0 : -EIO;
}

static int start_queue(struct virtio_blk *d)
{
	reg_write(d, REG_QUEUE_SEL, 0);
	if (reg_read(d, REG_QUEUE_READY) || reg_read(d, REG_QUEUE_NUM_MAX) < QUEUE_SIZE)
		return -EIO;
	reg_write(d, REG_QUEUE_NUM, QUEUE_SIZE);
	reg_write_address(d, REG_QUEUE_DESC, d->queue->desc);
	reg_write_address(d, REG_QUEUE_DRIVER, &d->queue->available);
	reg_write_address(d, REG_QUEUE_DEVICE, &d->queue->used);
	reg_write(d, REG_QUEUE_READY, 1);
	return 0;
}

static int start_device(struct virtio_blk *d)
{
	int error;

	reg_write(d, REG_STATUS, 0);
	reg_write(d, REG_STATUS, STATUS_ACKNOWLEDGE);
	reg_write(d, REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	error = negotiate(d);
	if (!error)
		error = start_queue(d);
	if (error) {
		reg_write(d, REG_STATUS, STATUS_FAILED);
		return error;
	}
	reg_write(d, REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
	return 0;
}

static void init_struct(struct virtio_blk *d)
{
	u64 sectors = d->regs[REG_CONFIG / 4] | (u64)d->regs[REG_CONFIG / 4 + 1] << 32;

	spin_init(&d->lock, "virtio disk", RANK_DISK_RING);
	waitq_init(&d->slot_waiters);
	for (u32 i = 0; i < SLOTS; i++)
		waitq_init(&d->slot[i].waiter);
	d->dev = (struct block_device){
		.name = "virtio disk",
		.block_count = sectors / (BLOCK_SIZE / SECTOR_SIZE),
		.read = virtio_read,
		.write = virtio_write,
		.flush = virtio_flush,
		.private = d,
	};
}

static bool is_block_device(volatile u32 *regs)
{
	return regs[REG_MAGIC / 4] == MAGIC && regs[REG_VERSION / 4] == 2 && regs[REG_DEVICE_ID / 4] == DEVICE_ID_BLOCK;
}

int virtio_blk_probe(hpa_t base, u32 irq, struct block_device **out)
{
	volatile u32 *regs = hpa_to_ptr(base);
	struct virtio_blk *d;
	int error;

	if (!is_block_device(regs))
		return -ENODEV;
	d = kmalloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->regs = regs;
	d->queue = kmalloc(PAGE_SIZE);
	error = d->queue ? start_device(d) : -ENOMEM;
	if (error) {
		kfree(d->queue);
		kfree(d);
		return error;
	}
	init_struct(d);
	irq_register(irq, virtio_interrupt, d);
	*out = &d->dev;
	return 0;
}
