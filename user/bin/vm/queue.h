/*
 * A split virtqueue, from the device's side.
 * Hardware: [VIRTIO] "Split Virtqueues".
 *
 * The driver puts chains of buffers on the available ring; the device takes them from there, works, and puts them on
 * the used ring.  All of it lies in guest memory and nothing of it is to be believed: a chain is cut into segments of
 * RAM before it is used, at most QUEUE_SIZE of them, and a queue with anything wrong in it is broken until the reset.
 */
#ifndef VM_QUEUE_H
#define VM_QUEUE_H

#include "abi/types.h"

#define QUEUE_SIZE 128 /* the most that a driver may ask for */

struct queue {
	u32 size;                     /* a power of two up to QUEUE_SIZE once it is ready */
	u64 desc, available, used;    /* guest-physical */
	bool is_ready, is_broken;
	u16 available_seen, used_next;
};

struct segment {
	u8 *p;
	u32 length;
};

/* First what the device reads, then what it writes. */
struct chain {
	u16 head;
	u32 count, readable_count;
	u64 readable_bytes, writable_bytes;
	struct segment segment[QUEUE_SIZE];
};

enum queue_take { QUEUE_EMPTY, QUEUE_TAKEN, QUEUE_BROKEN };

/* The next chain. */
enum queue_take queue_take(struct queue *q, struct chain *chain);

/* The device is done with a chain and has written so many bytes.  Does the driver want an interrupt? */
bool queue_give(struct queue *q, const struct chain *chain, u32 written);

/* The driver says that the queue is set up: false if it cannot be so. */
bool queue_start(struct queue *q);

#endif
