/*
 * Sentences: as much of printf as they need.
 */
#include <stdarg.h>

#include "grading/sim/parts.h"

#define SAY_MAX   400
#define SAY_COUNT 4

struct line {
	char *at, *end;
};

static void put(struct line *l, char c)
{
	if (l->at < l->end)
		*l->at++ = c;
}

static void put_text(struct line *l, const char *text)
{
	while (*text)
		put(l, *text++);
}

static void put_number(struct line *l, uint64_t value, unsigned base)
{
	char digits[20];
	int count = 0;

	do
		digits[count++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (count > 0)
		put(l, digits[--count]);
}

static void put_argument(struct line *l, char kind, va_list *args)
{
	int number;

	switch (kind) {
	case 's': put_text(l, va_arg(*args, const char *)); break;
	case 'x':
		put_text(l, "0x");
		put_number(l, va_arg(*args, uint64_t), 16);
		break;
	case 'd':
		number = va_arg(*args, int);
		if (number < 0)
			put(l, '-');
		put_number(l, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
		break;
	default: put(l, kind);
	}
}

static void put_format(struct line *l, const char *format, va_list *args)
{
	for (; *format; format++) {
		if (*format == '%' && format[1])
			put_argument(l, *++format, args);
		else
			put(l, *format);
	}
	*l->at = 0;
}

/* Several texts at a time: some are arguments of others. */
static const char *say(const char *format, va_list *args)
{
	static char texts[SAY_COUNT][SAY_MAX];
	static unsigned turn;
	struct line l;

	turn = (turn + 1) % SAY_COUNT;
	l = (struct line){ texts[turn], texts[turn] + SAY_MAX - 1 };
	put_format(&l, format, args);
	return texts[turn];
}

const char *sim_say(const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = say(format, &args);
	va_end(args);
	return text;
}

void sim_fail(const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = say(format, &args);
	va_end(args);
	sim_fail_text(text);
}
