/*
 * The start and the end of a program, numbers, sorting, random numbers.
 */
#include "stdlib.h"
#include "stdio.h"
#include "string.h"
#include "ctype.h"
#include "sys.h"

const char *program_name = "?";

int main(int argc, char **argv);
NORETURN void start_program(u64 *stack);

/* Called by _start; the stack holds argc and then argv, as exec() left them. */
void start_program(u64 *stack)
{
	int argc = stack[0];
	char **argv = (char **)(stack + 1);

	if (argc > 0) {
		char *slash = strrchr(argv[0], '/');

		program_name = slash ? slash + 1 : argv[0];
	}
	exit(main(argc, argv));
}

/* Output that was lost makes the program fail, unless nobody wanted it. */
void exit(int code)
{
	int error = flush();

	if (error && error != -EPIPE)
		warn("output", error);
	_exit(error && !code ? 1 : code);
}

void abort(void)
{
	__builtin_trap();
}

static int digit_value(char c)
{
	return isdigit(c) ? c - '0' : isalpha(c) ? tolower(c) - 'a' + 10 : 99;
}

/* The base that the prefix of *s says, or the given one; *s moves behind a prefix that belongs to the base. */
static int take_prefix(const char **s, int base)
{
	const char *p = *s;
	bool hex = p[0] == '0' && tolower(p[1]) == 'x' && digit_value(p[2]) < 16;

	if (hex && (base == 0 || base == 16)) {
		*s += 2;
		return 16;
	}
	return base ? base : p[0] == '0' ? 8 : 10;
}

s64 strtol(const char *s, char **end, int base)
{
	const char *p = s;
	u64 value = 0;

	while (isspace(*p))
		p++;
	bool negative = *p == '-';

	if (*p == '-' || *p == '+')
		p++;
	base = take_prefix(&p, base);
	bool any = digit_value(*p) < base;
	u64 limit = (u64)INT64_MAX + negative;

	for (; digit_value(*p) < base; p++) {
		u64 digit = digit_value(*p);

		value = value > (limit - digit) / base ? limit : value * base + digit;
	}
	if (end)
		*end = (char *)(any ? p : s);
	return negative ? (s64)-value : (s64)value;
}

int atoi(const char *s)
{
	return strtol(s, NULL, 10);
}

bool parse_number(const char *s, s64 *value)
{
	char *end;

	*value = strtol(s, &end, 0);
	return end != s && !*end;
}

/* A counter with a step that has no small period, scrambled by two multiplications. */
u64 random_next(struct random *r)
{
	u64 x = r->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

u64 random_below(struct random *r, u64 limit)
{
	return random_next(r) % limit;
}

struct array {
	u8 *base;
	size_t size; /* of an element */
	int (*compare)(const void *, const void *);
};

static void swap(const struct array *a, size_t i, size_t j)
{
	u8 *x = a->base + i * a->size, *y = a->base + j * a->size;

	for (size_t k = 0; k < a->size; k++) {
		u8 byte = x[k];

		x[k] = y[k];
		y[k] = byte;
	}
}

static bool less(const struct array *a, size_t i, size_t j)
{
	return a->compare(a->base + i * a->size, a->base + j * a->size) < 0;
}

/* Element `top` may be less than its children, which are heaps: let it sink.  The heap is [0, count). */
static void sink_down(const struct array *a, size_t top, size_t count)
{
	size_t child;

	for (; (child = 2 * top + 1) < count; top = child) {
		if (child + 1 < count && less(a, child, child + 1))
			child++;
		if (!less(a, top, child))
			return;
		swap(a, top, child);
	}
}

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	struct array a = { base, size, compare };

	for (size_t top = count / 2; top-- > 0;)
		sink_down(&a, top, count);
	for (size_t end = count; end-- > 1;) {
		swap(&a, 0, end);
		sink_down(&a, 0, end);
	}
}
