/*
 * The engine behind printf() and its relatives: cuts a format into plain text and conversions
 *
 *	% [flags] [width] [.precision] [size] letter
 *
 * and puts the characters into a sink.
 */
#include "format.h"
#include "string.h"
#include "ctype.h"

enum { LEFT = 1, ZERO = 2, PLUS = 4, SPACE = 8, PREFIX = 16 };

struct conversion {
	u32 flags;
	int width;
	int precision; /* -1: none given */
	int size;      /* bytes of an integer argument */
	char letter;
};

static void put(struct sink *sink, const char *s, size_t size)
{
	sink->put(sink, s, size);
	sink->count += size;
}

static void pad(struct sink *sink, char c, int count)
{
	while (count-- > 0)
		put(sink, &c, 1);
}

/* Text of the given size, padded to the width. */
static void put_field(struct sink *sink, const struct conversion *c, const char *s, int size)
{
	if (!(c->flags & LEFT))
		pad(sink, ' ', c->width - size);
	put(sink, s, size);
	if (c->flags & LEFT)
		pad(sink, ' ', c->width - size);
}

/* A number: sign or prefix, zeros up to the precision (or, with flag 0, the width), digits. */
static void put_number(struct sink *sink, struct conversion *c, const char *prefix, u64 value)
{
	const char *digit = c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	int base = c->letter == 'x' || c->letter == 'X' || c->letter == 'p' ? 16 : c->letter == 'o' ? 8 : 10;
	char digits[32];
	int at = sizeof(digits), zeros, total;

	for (; value; value /= base)
		digits[--at] = digit[value % base];
	zeros = (c->precision < 0 ? 1 : c->precision) - (int)(sizeof(digits) - at);
	if (c->precision < 0 && (c->flags & (ZERO | LEFT)) == ZERO)
		zeros = c->width - (int)(sizeof(digits) - at + strlen(prefix));
	zeros = zeros < 0 ? 0 : zeros;
	if (at == sizeof(digits) && !zeros && c->precision != 0)
		zeros = 1;
	total = strlen(prefix) + zeros + sizeof(digits) - at;
	if (!(c->flags & LEFT))
		pad(sink, ' ', c->width - total);
	put(sink, prefix, strlen(prefix));
	pad(sink, '0', zeros);
	put(sink, digits + at, sizeof(digits) - at);
	if (c->flags & LEFT)
		pad(sink, ' ', c->width - total);
}

static void put_signed(struct sink *sink, struct conversion *c, s64 value)
{
	const char *sign = value < 0 ? "-" : c->flags & PLUS ? "+" : c->flags & SPACE ? " " : "";

	put_number(sink, c, sign, value < 0 ? -(u64)value : (u64)value);
}

static void put_unsigned(struct sink *sink, struct conversion *c, u64 value)
{
	bool hex = c->letter == 'x' || c->letter == 'X' || c->letter == 'p';
	bool prefix = c->letter == 'p' || (c->flags & PREFIX && hex && value);

	put_number(sink, c, !prefix ? "" : c->letter == 'X' ? "0X" : "0x", value);
}

static void put_string(struct sink *sink, const struct conversion *c, const char *s)
{
	size_t size = 0;

	s = s ? s : "(null)";
	while ((c->precision < 0 || size < (size_t)c->precision) && s[size])
		size++;
	put_field(sink, c, s, size);
}

/* Parse what stands behind the %; the character behind the conversion. */
static const char *parse(const char *f, struct conversion *c, va_list *args)
{
	static const char flag_letters[] = "-0+ #";
	const char *flag;

	*c = (struct conversion){ .precision = -1, .size = 4 };
	for (; *f && (flag = strchr(flag_letters, *f)); f++)
		c->flags |= 1 << (flag - flag_letters);
	if (*f == '*') {
		c->width = va_arg(*args, int);
		if (c->width < 0) {
			c->flags |= LEFT;
			c->width = -c->width;
		}
		f++;
	}
	while (isdigit(*f))
		c->width = c->width * 10 + *f++ - '0';
	if (*f == '.') {
		c->precision = 0;
		if (*++f == '*') {
			c->precision = va_arg(*args, int);
			f++;
		}
		while (isdigit(*f))
			c->precision = c->precision * 10 + *f++ - '0';
	}
	for (; *f == 'l' || *f == 'z' || *f == 'h'; f++)
		c->size = *f != 'h' ? 8 : c->size / 2;
	c->letter = *f;
	return *f ? f + 1 : f;
}

static s64 signed_arg(const struct conversion *c, va_list *args)
{
	if (c->size == 8)
		return va_arg(*args, s64);
	int v = va_arg(*args, int);

	return c->size == 4 ? v : c->size == 2 ? (s16)v : (s8)v;
}

static u64 unsigned_arg(const struct conversion *c, va_list *args)
{
	if (c->size == 8)
		return va_arg(*args, u64);
	u32 v = va_arg(*args, u32);

	return c->size == 4 ? v : c->size == 2 ? (u16)v : (u8)v;
}

static void convert(struct sink *sink, struct conversion *c, va_list *args)
{
	char ch;

	switch (c->letter) {
	case 'd':
	case 'i': put_signed(sink, c, signed_arg(c, args)); break;
	case 'u':
	case 'x':
	case 'X':
	case 'o': put_unsigned(sink, c, unsigned_arg(c, args)); break;
	case 'p': put_unsigned(sink, c, (u64)va_arg(*args, void *)); break;
	case 's': put_string(sink, c, va_arg(*args, const char *)); break;
	case 'c':
		ch = va_arg(*args, int);
		put_field(sink, c, &ch, 1);
		break;
	case 0: break;
	default: put(sink, &c->letter, 1); /* also %% */
	}
}

void format(struct sink *sink, const char *fmt, va_list args)
{
	va_list rest;

	va_copy(rest, args);
	while (*fmt) {
		const char *text = fmt;
		struct conversion c;

		while (*fmt && *fmt != '%')
			fmt++;
		if (fmt > text)
			put(sink, text, fmt - text);
		if (*fmt) {
			fmt = parse(fmt + 1, &c, &rest);
			convert(sink, &c, &rest);
		}
	}
	va_end(rest);
}
