/*
 * The formatter: see printf.h.
 *
 * A directive is read into a struct directive, its argument is turned into a prefix and a body of characters, and
 * put_field() pads both to the width.
 */
#include "lib/printf.h"

#define DIGITS_MAX 22 /* of a u64 in octal */

struct directive {
	u8 left, zero, plus, space, alternate; /* flags - 0 + space # */
	int width;
	int precision;                         /* -1: none */
	int size;                              /* -2 hh, -1 h, 0 int, 1 l ll z t j */
	char type;
};

/* What a directive prints: prefix, zeros, body. */
struct field {
	const char *prefix;
	const char *body;
	int zeros;
	int length; /* of body */
};

static void put_many(struct print_sink *sink, char c, int count)
{
	for (; count > 0; count--)
		sink->put(sink, c);
}

static void put_field(struct print_sink *sink, const struct directive *d, const struct field *f)
{
	int prefix = strlen(f->prefix), zeros = f->zeros, pad = d->width - prefix - zeros - f->length;

	if (d->zero && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!d->left)
		put_many(sink, ' ', pad);
	for (int i = 0; i < prefix; i++)
		sink->put(sink, f->prefix[i]);
	put_many(sink, '0', zeros);
	for (int i = 0; i < f->length; i++)
		sink->put(sink, f->body[i]);
	if (d->left)
		put_many(sink, ' ', pad);
}

/* Digits go to the end of buf; returns the first. */
static char *make_digits(char *end, u64 value, u32 base, const char *digits)
{
	do
		*--end = digits[value % base];
	while (value /= base);
	return end;
}

static void put_number(struct print_sink *sink, struct directive *d, u64 value, const char *prefix)
{
	const char *digits = d->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	u32 base = strchr("xXp", d->type) ? 16 : d->type == 'o' ? 8 : 10;
	char buf[DIGITS_MAX];
	struct field f = { .prefix = prefix, .body = buf + DIGITS_MAX };

	if (value || d->precision != 0)
		f.body = make_digits(buf + DIGITS_MAX, value, base, digits);
	f.length = buf + DIGITS_MAX - f.body;
	f.zeros = MAX(d->precision - f.length, 0);
	if (d->precision >= 0 || d->left)
		d->zero = 0;
	put_field(sink, d, &f);
}

static void put_signed(struct print_sink *sink, struct directive *d, s64 value)
{
	const char *sign = value < 0 ? "-" : d->plus ? "+" : d->space ? " " : "";

	put_number(sink, d, value < 0 ? 0 - (u64)value : (u64)value, sign);
}

static void put_unsigned(struct print_sink *sink, struct directive *d, u64 value)
{
	const char *prefix = "";

	if (d->type == 'p' || (d->alternate && value && d->type == 'x'))
		prefix = "0x";
	else if (d->alternate && value && d->type == 'X')
		prefix = "0X";
	else if (d->alternate && value && d->type == 'o')
		prefix = "0";
	put_number(sink, d, value, prefix);
}

static void put_string(struct print_sink *sink, struct directive *d, const char *s)
{
	struct field f = { .prefix = "", .body = s ? s : "(null)" };

	f.length = strnlen(f.body, d->precision < 0 ? 0x7fffffff : d->precision);
	d->zero = 0;
	put_field(sink, d, &f);
}

static void put_char(struct print_sink *sink, struct directive *d, char c)
{
	struct field f = { .prefix = "", .body = &c, .length = 1 };

	d->zero = 0;
	put_field(sink, d, &f);
}

/* One flag, or false. */
static bool take_flag(struct directive *d, char c)
{
	switch (c) {
	case '-': d->left = 1; return true;
	case '0': d->zero = 1; return true;
	case '+': d->plus = 1; return true;
	case ' ': d->space = 1; return true;
	case '#': d->alternate = 1; return true;
	default: return false;
	}
}

static int take_number(const char **at)
{
	int n = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		n = n < 10000 ? n * 10 + **at - '0' : n;
	return n;
}

static int take_size(const char **at)
{
	int size = 0;

	for (; **at == 'h'; (*at)++)
		size--;
	for (; **at && strchr("lztj", **at); (*at)++)
		size = 1;
	return MAX(size, -2);
}

/* A va_list inside a struct can be passed on by pointer on every machine. */
struct arguments {
	va_list list;
};

static int take_width(const char **at, struct arguments *args)
{
	if (**at != '*')
		return take_number(at);
	(*at)++;
	return va_arg(args->list, int);
}

/* Read what stands between the % and the type; *at ends on the character behind the type. */
static void take_directive(struct directive *d, const char **at, struct arguments *args)
{
	*d = (struct directive){ .precision = -1 };
	while (take_flag(d, **at))
		(*at)++;
	d->width = take_width(at, args);
	if (d->width < 0) {
		d->left = 1;
		d->width = d->width == (int)0x80000000 ? 0 : -d->width;
	}
	if (**at == '.') {
		(*at)++;
		d->precision = take_width(at, args);
		d->precision = MAX(d->precision, -1);
	}
	d->size = take_size(at);
	d->type = **at;
	if (d->type)
		(*at)++;
	if (d->left)
		d->zero = 0;
}

static s64 signed_argument(const struct directive *d, struct arguments *args)
{
	if (d->size > 0)
		return va_arg(args->list, s64);
	s32 value = va_arg(args->list, s32);

	return d->size == -2 ? (s8)value : d->size == -1 ? (s16)value : value;
}

static u64 unsigned_argument(const struct directive *d, struct arguments *args)
{
	if (d->size > 0)
		return va_arg(args->list, u64);
	u32 value = va_arg(args->list, u32);

	return d->size == -2 ? (u8)value : d->size == -1 ? (u16)value : value;
}

/* False if the type is unknown. */
static bool put_directive(struct print_sink *sink, struct directive *d, struct arguments *args)
{
	switch (d->type) {
	case 'd':
	case 'i': put_signed(sink, d, signed_argument(d, args)); return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o': put_unsigned(sink, d, unsigned_argument(d, args)); return true;
	case 'p': put_unsigned(sink, d, (uintptr_t)va_arg(args->list, void *)); return true;
	case 's': put_string(sink, d, va_arg(args->list, const char *)); return true;
	case 'c': put_char(sink, d, va_arg(args->list, int)); return true;
	case '%': sink->put(sink, '%'); return true;
	default: return false;
	}
}

void print_to(struct print_sink *sink, const char *format, va_list list)
{
	struct arguments args;
	struct directive d;

	va_copy(args.list, list);
	while (*format) {
		const char *start = format;

		if (*format++ != '%') {
			sink->put(sink, *start);
			continue;
		}
		take_directive(&d, &format, &args);
		if (!put_directive(sink, &d, &args))
			for (; start < format; start++)
				sink->put(sink, *start);
	}
	va_end(args.list);
}

struct buffer_sink {
	struct print_sink sink;
	char *buf;
	size_t size;   /* of buf */
	size_t length; /* of the whole text, whether it fits or not */
};

static void buffer_put(struct print_sink *sink, char c)
{
	struct buffer_sink *b = container_of(sink, struct buffer_sink, sink);

	if (b->length + 1 < b->size)
		b->buf[b->length] = c;
	b->length++;
}

int vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
	struct buffer_sink b = { .sink.put = buffer_put, .buf = buf, .size = size };

	print_to(&b.sink, format, args);
	if (size > 0)
		buf[MIN(b.length, size - 1)] = 0;
	return b.length;
}

int snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buf, size, format, args);
	va_end(args);
	return length;
}
