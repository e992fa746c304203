/*
 * Reading lines.
 */
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

void reader_init(struct reader *r, int fd)
{
	r->line = NULL;
	r->length = r->capacity = 0;
	r->start = r->end = 0;
	r->newline = false;
	r->fd = fd;
}

void reader_free(struct reader *r)
{
	free(r->line);
	r->line = NULL;
	r->capacity = 0;
}

static int append(struct reader *r, const char *s, size_t size)
{
	if (r->length + size + 1 > r->capacity) {
		size_t capacity = 2 * (r->length + size + 1);
		char *line = realloc(r->line, capacity);

		if (!line)
			return -ENOMEM;
		r->line = line;
		r->capacity = capacity;
	}
	memcpy(r->line + r->length, s, size);
	r->length += size;
	r->line[r->length] = 0;
	return 0;
}

/* Make [start, end) not empty: 1, 0 at the end of the file, or -E... */
static int fill(struct reader *r)
{
	if (r->start < r->end)
		return 1;
	s64 n = read(r->fd, r->buf, sizeof(r->buf));

	if (n <= 0)
		return n;
	r->start = 0;
	r->end = n;
	return 1;
}

int reader_next(struct reader *r)
{
	int more, error;

	r->length = 0;
	r->newline = false;
	while (!r->newline && (more = fill(r)) != 0) {
		if (more < 0)
			return more;
		char *from = r->buf + r->start;
		char *end = memchr(from, '\n', r->end - r->start);
		size_t size = end ? end - from : r->end - r->start;

		if ((error = append(r, from, size)) < 0)
			return error;
		r->newline = end != NULL;
		r->start += size + r->newline;
	}
	return r->newline || r->length > 0;
}
