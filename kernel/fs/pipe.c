/*
 * Pipes: see pipe.h.
 *
 * Each end is one struct file, however many descriptors share it, so two flags say who is left.
 *
 * Locking: pipe->lock (RANK_PIPE), spinning, also while bytes are copied: kernel memory to kernel memory, and no more
 * than the ring holds.  Wake-ups go to all, because one who was woken may be killed and leave what it was woken for.
 */
#include "fs/pipe.h"
#include "sched.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

#define PIPE_ORDER 2
#define PIPE_SIZE  ((u32)PAGE_SIZE << PIPE_ORDER)

struct pipe {
	struct spinlock lock;
	u8 *ring;            /* constant; bytes [tail, head) are in it, modulo PIPE_SIZE */
	u32 head, tail;
	bool has_reader, has_writer;
	struct waitq readers, writers;
};

static u32 filled(const struct pipe *p)
{
	return p->head - p->tail;
}

/* Bytes up to the end of the ring, so that a copy is one piece. */
static u32 piece(u32 at, size_t size)
{
	return MIN(size, PIPE_SIZE - at % PIPE_SIZE);
}

static void put_locked(struct pipe *p, const u8 *from, u32 size)
{
	while (size > 0) {
		u32 n = piece(p->head, size);

		memcpy(p->ring + p->head % PIPE_SIZE, from, n);
		p->head += n;
		from += n;
		size -= n;
	}
	waitq_wake(&p->readers, WAKE_ALL);
}

static void take_locked(struct pipe *p, u8 *to, u32 size)
{
	while (size > 0) {
		u32 n = piece(p->tail, size);

		memcpy(to, p->ring + p->tail % PIPE_SIZE, n);
		p->tail += n;
		to += n;
		size -= n;
	}
	waitq_wake(&p->writers, WAKE_ALL);
}

static s64 pipe_read(struct file *file, void *buf, size_t size)
{
	struct pipe *p = file->private;
	s64 result = 0;

	spin_lock(&p->lock);
	while (filled(p) == 0 && p->has_writer && result == 0)
		result = waitq_sleep(&p->readers, &p->lock, WAIT_INTERRUPTIBLE, NO_DEADLINE);
	if (result == 0) {
		result = MIN(size, filled(p));
		take_locked(p, buf, result);
	}
	spin_unlock(&p->lock);
	return result;
}

/* Wait until `need` bytes fit.  0, -EPIPE or -EINTR. */
static s64 wait_for_room_locked(struct pipe *p, u32 need)
{
	s64 error = 0;

	while (error == 0 && p->has_reader && PIPE_SIZE - filled(p) < need)
		error = waitq_sleep(&p->writers, &p->lock, WAIT_INTERRUPTIBLE, NO_DEADLINE);
	return p->has_reader ? error : -EPIPE;
}

static s64 pipe_write(struct file *file, const void *buf, size_t size)
{
	struct pipe *p = file->private;
	u32 need = size <= PIPE_ATOMIC ? size : 1;
	size_t done = 0;
	s64 error = 0;

	spin_lock(&p->lock);
	while (done < size && error == 0) {
		error = wait_for_room_locked(p, need);
		if (error == 0) {
			u32 n = MIN(size - done, PIPE_SIZE - filled(p));

			put_locked(p, (const u8 *)buf + done, n);
			done += n;
		}
	}
	spin_unlock(&p->lock);
	return done ? (s64)done : error;
}

static int pipe_stat(struct file *file, struct stat *stat)
{
	struct pipe *p = file->private;

	spin_lock(&p->lock);
	*stat = (struct stat){ .type = T_PIPE, .nlink = 1, .size = filled(p) };
	spin_unlock(&p->lock);
	return 0;
}

static void pipe_free(struct pipe *p)
{
	if (p->ring)
		buddy_free(ptr_to_hpa(p->ring), PIPE_ORDER);
	kfree(p);
}

/* One end is closed; the one that closes last frees the pipe. */
static void close_end(struct pipe *p, bool *end)
{
	bool is_last;

	spin_lock(&p->lock);
	*end = false;
	is_last = !p->has_reader && !p->has_writer;
	waitq_wake(&p->readers, WAKE_ALL);
	waitq_wake(&p->writers, WAKE_ALL);
	spin_unlock(&p->lock);
	if (is_last)
		pipe_free(p);
}

static void reader_release(struct file *file)
{
	struct pipe *p = file->private;

	close_end(p, &p->has_reader);
}

static void writer_release(struct file *file)
{
	struct pipe *p = file->private;

	close_end(p, &p->has_writer);
}

static const struct file_ops reader_ops = {
	.read = pipe_read,
	.stat = pipe_stat,
	.release = reader_release,
};

static const struct file_ops writer_ops = {
	.write = pipe_write,
	.stat = pipe_stat,
	.release = writer_release,
};

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kmalloc(sizeof(*p));
	hpa_t ring;

	if (!p)
		return NULL;
	ring = buddy_alloc(PIPE_ORDER);
	if (!ring.raw) {
		pipe_free(p);
		return NULL;
	}
	p->ring = hpa_to_ptr(ring);
	spin_init(&p->lock, "pipe", RANK_PIPE);
	waitq_init(&p->readers);
	waitq_init(&p->writers);
	return p;
}

/* An end, which the pipe then knows of; NULL without memory. */
static struct file *open_end(struct pipe *p, const struct file_ops *ops, u32 flags, bool *end)
{
	struct file *file = file_alloc(ops, flags);

	if (!file)
		return NULL;
	file->no_offset = true;
	file->private = p;
	*end = true;
	return file;
}

int pipe_create(struct file **reader, struct file **writer)
{
	struct pipe *p = pipe_alloc();

	if (!p)
		return -ENOMEM;
	*reader = open_end(p, &reader_ops, O_RDONLY, &p->has_reader);
	if (!*reader) {
		pipe_free(p);
		return -ENOMEM;
	}
	*writer = open_end(p, &writer_ops, O_WRONLY, &p->has_writer);
	if (!*writer) {
		file_put(*reader);
		return -ENOMEM;
	}
	return 0;
}
