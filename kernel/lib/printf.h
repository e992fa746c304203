/*
 * The formatter behind printk() and snprintf().
 *
 * %d %i %u %x %X %o %c %s %p %%, with the sizes hh h l ll z t j, the flags - 0 + space #, a width and a precision, both
 * maybe *.  No floating point, no %n.  A directive that it does not know is put out as it stands.
 */
#ifndef KERNEL_LIB_PRINTF_H
#define KERNEL_LIB_PRINTF_H

#include "kernel.h"

/* Where the characters go.  Embed it, and find the rest with container_of(). */
struct print_sink {
	void (*put)(struct print_sink *sink, char c);
};

void print_to(struct print_sink *sink, const char *format, va_list args);

#endif
