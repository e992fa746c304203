/*
 * kernel/lib/printf.c against C's library: random directives, random values, random buffer sizes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include "check.h"

#include "names_begin.h"
#include "kernel/lib/string.c"
#include "kernel/lib/printf.c"
#include "names_end.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static void random_directive(char *format, const char *sizes[], int size_count, const char *types)
{
	char *p = format;

	*p++ = '<';
	*p++ = '%';
	while (random_below(2))
		*p++ = "-0+ #"[random_below(strchr("xX", *types) ? 5 : 4)];
	if (random_below(2))
		p += sprintf(p, "%d", (int)random_below(30));
	if (random_below(3) == 0)
		p += sprintf(p, ".%d", (int)random_below(30));
	p += sprintf(p, "%s", sizes[random_below(size_count)]);
	*p++ = types[random_below(strlen(types))];
	strcpy(p, ">");
}

static u64 random_value(void)
{
	static const u64 edge[] = { 0, 1, ~0ull, 1ull << 31, 1ull << 63, 0x7fffffff, 0xffffffff, 128 };

	return random_below(3) ? random_state >> random_below(64) : edge[random_below(ARRAY_SIZE(edge))];
}

#define COMPARE(...)                                                                               \
	do {                                                                                       \
		char ours[100], theirs[100];                                                       \
		size_t size = random_below(100);                                                   \
		memset(ours, '!', sizeof(ours));                                                   \
		memset(theirs, '!', sizeof(theirs));                                               \
		int n = kernel_snprintf(ours, size, __VA_ARGS__);                                  \
		int m = snprintf(theirs, size, __VA_ARGS__);                                       \
		CHECK(n == m, "%s: length %d, not %d", format, n, m);                              \
		CHECK(!memcmp(ours, theirs, sizeof(ours)), "%s: '%.*s', not '%.*s'", format, 90,   \
		      ours, 90, theirs);                                                           \
	} while (0)

static void check_numbers(void)
{
	static const char *narrow[] = { "", "h", "hh" }, *wide[] = { "l", "ll", "z", "t", "j" };
	char format[100];

	for (int round = 0; round < 300000; round++) {
		u64 value = random_value();

		random_directive(format, narrow, 3, random_below(2) ? "di" : "u");
		COMPARE(format, (int)value);
		random_directive(format, wide, 5, random_below(2) ? "di" : "uo");
		COMPARE(format, value);
		random_directive(format, wide, 5, random_below(2) ? "x" : "X");
		COMPARE(format, value);
		random_directive(format, narrow, 3, random_below(2) ? "x" : "X");
		COMPARE(format, (int)value);
	}
}

static void check_text(void)
{
	static const char *none[] = { "" };
	char format[100];

	for (int round = 0; round < 100000; round++) {
		int width = (int)random_below(40) - 20, precision = (int)random_below(20) - 5;

		random_directive(format, none, 1, "s");
		COMPARE(format, "some text");
		random_directive(format, none, 1, "c");
		COMPARE(format, width + 100);
		strcpy(format, "%*.*s|%-*d");
		COMPARE(format, width, precision, "abcdefghij", width, precision);
	}
}

static void expect(const char *want, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	kernel_vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	CHECK(!strcmp(text, want), "'%s', not '%s'", text, want);
}

int main(void)
{
	check_numbers();
	check_text();
	expect("(null)", "%s", NULL);
	expect("0x1234", "%p", (void *)0x1234);
	expect("100% %q %", "100%% %q %");
	expect("a 1 b 2 c", "a %d b %lu c", 1, 2ul);
	return check_done("printf");
}
