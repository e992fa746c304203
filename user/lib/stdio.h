/*
 * Formatted output, error messages, reading lines.
 *
 * Output to descriptor 1 through printf() and its like is collected and written when the buffer is full, at flush(),
 * at exit(), and at the end of each line if descriptor 1 is a console.  A child of fork() inherits what was collected
 * and would write it again: flush() first.
 *
 * Formats: %d %i %u %x %X %o %c %s %p %%, the flags - 0 + space #, width and precision (also *), sizes hh h l ll z.
 */
#ifndef USER_STDIO_H
#define USER_STDIO_H

#include <stdarg.h>
#include "abi/types.h"

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* To descriptor 1, collected.  The number of characters. */
int printf(const char *format, ...) PRINTF_LIKE(1, 2);
int puts(const char *s); /* and a newline */
int putchar(int c);
void print_bytes(const void *bytes, size_t size);

/* Write what was collected: 0, or the first error since the last flush(). */
int flush(void);

/* Straight to any descriptor, in one write() if it is short.  The number of characters. */
int dprintf(int fd, const char *format, ...) PRINTF_LIKE(2, 3);
int vdprintf(int fd, const char *format, va_list args);

/* To memory, always ending with a zero if size > 0.  The number of characters wanted, which may be >= size. */
int snprintf(char *buf, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
int vsnprintf(char *buf, size_t size, const char *format, va_list args);

/* The last part of argv[0]. */
extern const char *program_name;

/* "program: what: strerror(error)" to descriptor 2; with error 0 only "program: what". */
void warn(const char *what, int error);

/* The same, then exit(1). */
void die(const char *what, int error) __attribute__((noreturn));

/*
 * A reader gives the lines of a file.  Each call of reader_next() makes `line` the next one, without its newline and
 * with a zero behind it, valid until the next call.
 */
struct reader {
	char *line;
	size_t length; /* of line; it may contain zeros itself */
	bool newline;  /* line ended with one: false only for an unfinished last line */
	int fd;
	size_t capacity; /* of line */
	size_t start, end;
	char buf[4096]; /* [start, end) is read and not yet taken */
};

void reader_init(struct reader *r, int fd);
int reader_next(struct reader *r);  /* 1, or 0 at the end of the file, or -E... */
void reader_free(struct reader *r); /* its memory; does not close fd */

#endif
