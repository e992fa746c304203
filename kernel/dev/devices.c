/*
 * The small devices: see devices.h.
 */
#include "dev/devices.h"
#include "boot_info.h"
#include "trace.h"
#include "arch/arch.h"
#include "fs/file.h"
#include "mm/kmalloc.h"

/* A device that is its ops and has only minor 0. */
static int open_plain(struct file *file, u32 minor, const struct file_ops *ops)
{
	if (minor != 0)
		return -ENXIO;
	file->ops = ops;
	return 0;
}

static s64 write_nothing(struct file *file, const void *buf, size_t size)
{
	return size;
}

/* ---- null and zero ------------------------------------------------------------------------------------- */

static s64 null_read(struct file *file, void *buf, size_t size)
{
	return 0;
}

static int null_open(struct file *file, u32 minor)
{
	static const struct file_ops ops = { .read = null_read, .write = write_nothing };

	return open_plain(file, minor, &ops);
}

static s64 zero_read(struct file *file, void *buf, size_t size)
{
	memset(buf, 0, size);
	return size;
}

static int zero_open(struct file *file, u32 minor)
{
	static const struct file_ops ops = { .read = zero_read, .write = write_nothing };

	return open_plain(file, minor, &ops);
}

/* ---- Numbers written to a device ----------------------------------------------------------------------- */

/* A text of nothing but a number, maybe with a line's end.  0 or -EINVAL. */
static int number_from(const void *buf, size_t size, u64 *number)
{
	char text[32];
	const char *end;

	if (size == 0 || size >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, size);
	text[size] = 0;
	*number = string_to_u64(text, &end);
	if (end == text || (*end && strcmp(end, "\n") != 0))
		return -EINVAL;
	return 0;
}

/* ---- random -------------------------------------------------------------------------------------------- */

static u64 random_state; /* atomic */

/* SplitMix64: the state counts in large odd steps, so that readers on all CPUs share it without a lock. */
static u64 random_next(void)
{
	u64 x = __atomic_add_fetch(&random_state, 0x9e3779b97f4a7c15, __ATOMIC_RELAXED);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static s64 random_read(struct file *file, void *buf, size_t size)
{
	u8 *to = buf;

	for (size_t done = 0; done < size; done += sizeof(u64)) {
		u64 x = random_next();

		memcpy(to + done, &x, MIN(size - done, sizeof(x)));
	}
	return size;
}

static s64 random_write(struct file *file, const void *buf, size_t size)
{
	u64 seed;
	int error = number_from(buf, size, &seed);

	if (error)
		return error;
	__atomic_store_n(&random_state, seed, __ATOMIC_RELAXED);
	return size;
}

static int random_open(struct file *file, u32 minor)
{
	static const struct file_ops ops = { .read = random_read, .write = random_write };

	return open_plain(file, minor, &ops);
}

/* ---- trace --------------------------------------------------------------------------------------------- */

/* An open /dev/trace: where its reader is, and which events it asks for.  file->lock. */
struct trace_reader {
	u64 asked;
	struct trace_cursor cursor;
	u32 at, length; /* bytes of line[] that have been read, and that there are */
	char line[160];
};

/* True if there is something in line[] that has not been read. */
static bool trace_fill(struct trace_reader *r)
{
	struct trace_record record;

	if (r->at < r->length)
		return true;
	if (!trace_cursor_next(&r->cursor, &record))
		return false;
	r->at = 0;
	r->length = MIN(trace_format(r->line, sizeof(r->line), &record), (int)sizeof(r->line) - 1);
	return true;
}

static s64 trace_read(struct file *file, void *buf, size_t size)
{
	struct trace_reader *r = file->private;
	size_t done = 0;

	while (done < size && trace_fill(r)) {
		size_t n = MIN(size - done, r->length - r->at);

		memcpy((char *)buf + done, r->line + r->at, n);
		r->at += n;
		done += n;
	}
	return done;
}

/* "+N": these too, as long as the file is open. */
static s64 trace_write(struct file *file, const void *buf, size_t size)
{
	struct trace_reader *r = file->private;
	bool asks = size > 0 && *(const char *)buf == '+';
	u64 mask;
	int error = number_from((const char *)buf + asks, size - asks, &mask);

	if (error)
		return error;
	if (asks)
		trace_ask(&r->asked, mask);
	else
		trace_choose(mask);
	return size;
}

static hpa_t trace_mmap_page(struct file *file, u64 offset)
{
	return trace_page(offset / TRACE_RING_BYTES, offset % TRACE_RING_BYTES);
}

/* Read-only, and only of CPUs that have a ring. */
static int trace_mmap_check(struct file *file, u64 offset, u64 size, u32 prot)
{
	u64 limit = MAX_CPUS * TRACE_RING_BYTES;

	if (prot & ~PROT_READ)
		return -EINVAL;
	if (!IS_ALIGNED(offset, PAGE_SIZE) || offset > limit || size > limit - offset)
		return -EINVAL;
	for (u64 at = offset; at < offset + size; at += PAGE_SIZE)
		if (!trace_mmap_page(file, at).raw)
			return -ENXIO;
	return 0;
}

static void trace_release(struct file *file)
{
	struct trace_reader *r = file->private;

	trace_ask(&r->asked, 0);
	kfree(r);
}

static const struct file_ops trace_ops = {
	.read = trace_read,
	.write = trace_write,
	.mmap_check = trace_mmap_check,
	.mmap_page = trace_mmap_page,
	.release = trace_release,
};

static int trace_open(struct file *file, u32 minor)
{
	struct trace_reader *r;

	if (minor != 0)
		return -ENXIO;
	r = kmalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->asked = 0;
	trace_cursor_init(&r->cursor);
	file->private = r;
	file->ops = &trace_ops;
	return 0;
}

void devices_init(void)
{
	static const struct device null = { "null", null_open }, zero = { "zero", zero_open };
	static const struct device random = { "random", random_open }, trace = { "trace", trace_open };

	random_state = arch_clock();
	device_register(DEV_NULL, &null);
	device_register(DEV_ZERO, &zero);
	device_register(DEV_RANDOM, &random);
	device_register(DEV_TRACE, &trace);
}
