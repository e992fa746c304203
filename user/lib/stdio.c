/*
 * Formatted output: three sinks for format(), and error messages on top.
 */
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "format.h"
#include "thread.h"
#include "io.h"

/* ---- To memory --------------------------------------------------------------------------------------- */

struct memory_sink {
	struct sink sink;
	char *buf;
	size_t size;
};

static void memory_put(struct sink *sink, const char *s, size_t size)
{
	struct memory_sink *m = (struct memory_sink *)sink;

	for (size_t i = 0; i < size && sink->count + i + 1 < m->size; i++)
		m->buf[sink->count + i] = s[i];
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct memory_sink m = { .sink.put = memory_put, .buf = buf, .size = size };

	format(&m.sink, fmt, args);
	if (size)
		buf[m.sink.count < size ? m.sink.count : size - 1] = 0;
	return m.sink.count;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int count = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return count;
}

/* ---- To a descriptor --------------------------------------------------------------------------------- */

struct fd_sink {
	struct sink sink;
	int fd;
	size_t used;
	char buf[256];
};

static void fd_sink_flush(struct fd_sink *f)
{
	write_all(f->fd, f->buf, f->used);
	f->used = 0;
}

static void fd_put(struct sink *sink, const char *s, size_t size)
{
	struct fd_sink *f = (struct fd_sink *)sink;

	for (size_t i = 0; i < size; i++) {
		if (f->used == sizeof(f->buf))
			fd_sink_flush(f);
		f->buf[f->used++] = s[i];
	}
}

int vdprintf(int fd, const char *fmt, va_list args)
{
	struct fd_sink f = { .sink.put = fd_put, .fd = fd };

	format(&f.sink, fmt, args);
	fd_sink_flush(&f);
	return f.sink.count;
}

int dprintf(int fd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int count = vdprintf(fd, fmt, args);
	va_end(args);
	return count;
}

/* ---- To descriptor 1, collected ---------------------------------------------------------------------- */

static struct {
	struct mutex lock;
	/* protected by lock */
	size_t used;
	int error; /* the first one since the last flush() */
	enum { UNKNOWN, BY_LINE, WHEN_FULL } mode;
	char buf[4096];
} out;

static void out_flush_locked(void)
{
	int error = write_all(1, out.buf, out.used);

	if (!out.error)
		out.error = error;
	out.used = 0;
}

static void out_put_locked(struct sink *sink, const char *s, size_t size)
{
	if (out.mode == UNKNOWN)
		out.mode = is_console(1) ? BY_LINE : WHEN_FULL;
	for (size_t i = 0; i < size; i++) {
		if (out.used == sizeof(out.buf))
			out_flush_locked();
		out.buf[out.used++] = s[i];
		if (s[i] == '\n' && out.mode == BY_LINE)
			out_flush_locked();
	}
}

int flush(void)
{
	mutex_lock(&out.lock);
	out_flush_locked();
	int error = out.error;
	out.error = 0;
	mutex_unlock(&out.lock);
	return error;
}

void print_bytes(const void *bytes, size_t size)
{
	mutex_lock(&out.lock);
	out_put_locked(NULL, bytes, size);
	mutex_unlock(&out.lock);
}

int putchar(int c)
{
	char ch = c;

	print_bytes(&ch, 1);
	return (u8)ch;
}

int puts(const char *s)
{
	return printf("%s\n", s);
}

int printf(const char *fmt, ...)
{
	struct sink sink = { .put = out_put_locked };
	va_list args;

	va_start(args, fmt);
	mutex_lock(&out.lock);
	format(&sink, fmt, args);
	mutex_unlock(&out.lock);
	va_end(args);
	return sink.count;
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

void warn(const char *what, int error)
{
	flush();
	if (error)
		dprintf(2, "%s: %s: %s\n", program_name, what, strerror(error));
	else
		dprintf(2, "%s: %s\n", program_name, what);
}

void die(const char *what, int error)
{
	warn(what, error);
	exit(1);
}
