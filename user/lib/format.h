/*
 * The engine behind printf() and its relatives; for the library's own use.
 */
#ifndef USER_FORMAT_H
#define USER_FORMAT_H

#include <stdarg.h>
#include "abi/types.h"

/* Where characters go. */
struct sink {
	void (*put)(struct sink *sink, const char *s, size_t size);
	size_t count; /* of characters put so far */
};

void format(struct sink *sink, const char *fmt, va_list args);

#endif
