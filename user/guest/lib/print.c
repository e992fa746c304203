/*
 * Words on the serial line, and the end of a guest.
 */
#include <stdarg.h>
#include "../guest.h"

static u32 is_printing; /* a lock */

static void put_string(const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			serial_put('\r');
		serial_put(*s);
	}
}

static void put_number(u64 value, u32 base)
{
	char digits[24], *p = digits + sizeof(digits);

	*--p = 0;
	do {
		*--p = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put_string(p);
}

/* A conversion; returns what is behind it. */
static const char *convert(const char *f, va_list *args)
{
	bool is_long = *f == 'l';
	char c = is_long ? *++f : *f;
	char one[2] = { 0 };

	switch (c) {
	case 's': put_string(va_arg(*args, const char *)); break;
	case 'x': put_number(is_long ? va_arg(*args, u64) : va_arg(*args, u32), 16); break;
	case 'c':
		one[0] = va_arg(*args, int);
		put_string(one);
		break;
	default: put_number(is_long ? va_arg(*args, u64) : va_arg(*args, u32), 10);
	}
	return f + 1;
}

static void print_args(const char *format, va_list args)
{
	va_list copy;
	char one[2] = { 0 };

	va_copy(copy, args);
	while (__atomic_exchange_n(&is_printing, 1, __ATOMIC_ACQUIRE))
		relax();
	while (*format) {
		if (*format == '%') {
			format = convert(format + 1, &copy);
			continue;
		}
		one[0] = *format++;
		put_string(one);
	}
	__atomic_store_n(&is_printing, 0, __ATOMIC_RELEASE);
	va_end(copy);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_args(format, args);
	va_end(args);
}

void fail(const char *format, ...)
{
	va_list args;

	interrupts_off();
	print("guest failed: ");
	va_start(args, format);
	print_args(format, args);
	va_end(args);
	print("\n");
	power_off(1);
}

void done(void)
{
	power_off(0);
}
