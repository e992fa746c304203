/*
 * The kernel's voice in host programs.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

static enum host_console where;
static u64 printed;

void host_set_console(enum host_console console)
{
	where = console;
}

u64 host_printed(void)
{
	return printed;
}

void vprintk(const char *format, va_list args)
{
	__atomic_add_fetch(&printed, 1, __ATOMIC_RELAXED);
	if (where == CONSOLE_STDERR)
		vfprintf(stderr, format, args);
}

void printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintk(format, args);
	va_end(args);
}

void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "panic: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

void host_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}
