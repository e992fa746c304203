/*
 * Numbers as arguments: see number.h.
 */
#include "number.h"

static u32 digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Leaves *text behind the digits; false if there are none, or too many. */
static bool parse_digits(const char **text, u64 *value)
{
	const char *p = *text;
	u32 base = 10;

	if (p[0] == '0' && (p[1] | 0x20) == 'x') {
		base = 16;
		p += 2;
	}
	*text = p;
	for (*value = 0; digit_of(*p) < base; p++)
		if (__builtin_mul_overflow(*value, base, value) || __builtin_add_overflow(*value, digit_of(*p), value))
			return false;
	if (p == *text)
		return false;
	*text = p;
	return true;
}

bool parse_size(const char *text, u64 unit, u64 *value)
{
	if (!parse_digits(&text, value))
		return false;
	switch (*text) {
	case 'k': case 'K': unit = 1ull << 10; text++; break;
	case 'm': case 'M': unit = 1ull << 20; text++; break;
	case 'g': case 'G': unit = 1ull << 30; text++; break;
	}
	return *text == 0 && !__builtin_mul_overflow(*value, unit, value);
}
