/*
 * Memory and strings.
 *
 * The compiler recognizes a loop that copies or fills memory and replaces it by a call of memcpy() or memset(): here
 * that would be a call of the function itself, hence the pragma.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#include "string.h"
#include "stdlib.h"

#define WORD (sizeof(u64))

static bool both_aligned(const void *a, const void *b)
{
	return (((u64)a | (u64)b) & (WORD - 1)) == 0;
}

void *memcpy(void *to, const void *from, size_t size)
{
	u8 *t = to;
	const u8 *f = from;

	if (both_aligned(t, f))
		for (; size >= WORD; size -= WORD, t += WORD, f += WORD)
			*(u64 *)t = *(const u64 *)f;
	while (size--)
		*t++ = *f++;
	return to;
}

static void copy_down_from_end(u8 *t, const u8 *f, size_t size)
{
	t += size;
	f += size;
	if (both_aligned(t, f))
		for (; size >= WORD; size -= WORD)
			*(u64 *)(t -= WORD) = *(const u64 *)(f -= WORD);
	while (size--)
		*--t = *--f;
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((u64)to - (u64)from >= size)
		return memcpy(to, from, size);
	copy_down_from_end(to, from, size);
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	u8 *t = to;
	u64 word = (u8)byte * 0x0101010101010101ull;

	while (size && ((u64)t & (WORD - 1))) {
		*t++ = byte;
		size--;
	}
	for (; size >= WORD; size -= WORD, t += WORD)
		*(u64 *)t = word;
	while (size--)
		*t++ = byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	if (both_aligned(x, y))
		for (; size >= WORD && *(const u64 *)x == *(const u64 *)y; size -= WORD)
			x += WORD, y += WORD;
	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *from, int byte, size_t size)
{
	for (const u8 *f = from; size--; f++)
		if (*f == (u8)byte)
			return (void *)f;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return end - s;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strstr(const char *s, const char *part)
{
	size_t size = strlen(part);

	for (; strlen(s) >= size; s++)
		if (strncmp(s, part, size) == 0)
			return (char *)s;
	return NULL;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t wanted = strlen(from);

	if (size) {
		size_t fits = wanted < size ? wanted : size - 1;

		memcpy(to, from, fits);
		to[fits] = 0;
	}
	return wanted;
}

size_t strlcat(char *to, const char *from, size_t size)
{
	size_t used = strlen(to);

	return used + strlcpy(to + used, from, size > used ? size - used : 0);
}

char *strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, s, size) : NULL;
}
