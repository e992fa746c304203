/*
 * Memory and strings: see string.h.
 *
 * The compiler may turn any structure copy into a call of memcpy or memset, so these four always exist, and their own
 * loops must not be turned into calls of themselves: loop_barrier() stands in each of them.
 *
 * Whole pages are copied and cleared all the time, so the aligned case moves many words a turn.  Bytes do for the rest:
 * misaligned words trap into the firmware on some RISC-V machines.
 */
#include "lib/string.h"

#define WORD sizeof(u64)

static inline void loop_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

static inline bool words_fit(const void *a, const void *b)
{
	return ((uintptr_t)a | (uintptr_t)b) % WORD == 0;
}

void *memset(void *to, int byte, size_t size)
{
	u8 *p = to;
	u64 word = (u8)byte * 0x0101010101010101ull;

	if (words_fit(to, to)) {
		for (; size >= 8 * WORD; size -= 8 * WORD, p += 8 * WORD) {
			u64 *w = (u64 *)p;

			w[0] = w[1] = w[2] = w[3] = word;
			w[4] = w[5] = w[6] = w[7] = word;
			loop_barrier();
		}
		for (; size >= WORD; size -= WORD, p += WORD) {
			*(u64 *)p = word;
			loop_barrier();
		}
	}
	for (; size > 0; size--) {
		*p++ = (u8)byte;
		loop_barrier();
	}
	return to;
}

/* Upwards, reading before writing in each turn: right for any target that is not inside the source. */
static void copy_up(u8 *p, const u8 *q, size_t size)
{
	if (words_fit(p, q)) {
		for (; size >= 4 * WORD; size -= 4 * WORD, p += 4 * WORD, q += 4 * WORD) {
			const u64 *r = (const u64 *)q;
			u64 a = r[0], b = r[1], c = r[2], d = r[3];
			u64 *w = (u64 *)p;

			w[0] = a, w[1] = b, w[2] = c, w[3] = d;
			loop_barrier();
		}
		for (; size >= WORD; size -= WORD, p += WORD, q += WORD) {
			*(u64 *)p = *(const u64 *)q;
			loop_barrier();
		}
	}
	for (; size > 0; size--) {
		*p++ = *q++;
		loop_barrier();
	}
}

void *memcpy(void *to, const void *from, size_t size)
{
	copy_up(to, from, size);
	return to;
}

/* Backwards, for a target that begins inside the source. */
static void copy_down(u8 *to, const u8 *from, size_t size)
{
	u8 *p = to + size;
	const u8 *q = from + size;

	if (words_fit(p, q))
		for (; size >= WORD; size -= WORD) {
			p -= WORD, q -= WORD;
			*(u64 *)p = *(const u64 *)q;
			loop_barrier();
		}
	for (; size > 0; size--) {
		*--p = *--q;
		loop_barrier();
	}
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size)
		copy_up(to, from, size);
	else
		copy_down(to, from, size);
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *p = a, *q = b;

	for (; size > 0; size--, p++, q++)
		if (*p != *q)
			return *p < *q ? -1 : 1;
	return 0;
}

size_t strlen(const char *s)
{
	const char *p = s;

	for (; *p; p++)
		loop_barrier();
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, ~(size_t)0);
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (; max > 0; max--, a++, b++) {
		if (*a != *b)
			return (u8)*a < (u8)*b ? -1 : 1;
		if (!*a)
			return 0;
	}
	return 0;
}

const char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return s;
}

bool string_copy(char *to, const char *from, size_t size)
{
	size_t length;

	if (size == 0)
		return false;
	length = strnlen(from, size);
	if (length == size) {
		memcpy(to, from, size - 1);
		to[size - 1] = 0;
		return false;
	}
	memcpy(to, from, length + 1);
	return true;
}

/*
 * On a mismatch, the last star takes one character more and matching goes on behind it.  Earlier stars need no second
 * chance: whatever they could take, the last one can.
 */
bool string_match(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static u32 digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 255;
}

u64 string_to_u64(const char *s, const char **end)
{
	u32 base = 10;
	u64 value = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16) {
		base = 16;
		s += 2;
	}
	for (; digit_value(*s) < base; s++)
		value = value * base + digit_value(*s);
	if (end)
		*end = s;
	return value;
}
