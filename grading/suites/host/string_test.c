/*
 * kernel/lib/string.c against C's library and against plain loops, over all alignments.
 */
#include <stddef.h>
#include <string.h>
#include "check.h"

#include "names_begin.h"
#include "kernel/lib/string.c"
#include "names_end.h"

#define AREA 200

static void check_memory(void)
{
	unsigned char ours[AREA], theirs[AREA];

	for (int round = 0; round < 200000; round++) {
		size_t to = random_below(64), from = random_below(64), size = random_below(AREA - 64);
		int byte = random_below(256);

		for (int i = 0; i < AREA; i++)
			ours[i] = theirs[i] = random_below(256);
		kernel_memmove(ours + to, ours + from, size);
		memmove(theirs + to, theirs + from, size);
		CHECK(!memcmp(ours, theirs, AREA), "memmove to %zu from %zu size %zu", to, from, size);
		kernel_memset(ours + to, byte, size);
		memset(theirs + to, byte, size);
		CHECK(!memcmp(ours, theirs, AREA), "memset to %zu size %zu", to, size);
		kernel_memcpy(ours + to, theirs + from, size);
		CHECK(!memcmp(ours + to, theirs + from, size), "memcpy to %zu from %zu size %zu", to, from, size);
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void random_text(char *s, int max, const char *alphabet)
{
	int length = random_below(max);

	for (int i = 0; i < length; i++)
		s[i] = alphabet[random_below(strlen(alphabet))];
	s[length] = 0;
}

static void check_strings(void)
{
	char a[9], b[9], copy[9];

	for (int round = 0; round < 200000; round++) {
		size_t n = random_below(10), size = random_below(10);

		random_text(a, sizeof(a), "ab\xff");
		random_text(b, sizeof(b), "ab\xff");
		CHECK(sign(kernel_strcmp(a, b)) == sign(strcmp(a, b)), "'%s' '%s'", a, b);
		CHECK(sign(kernel_strncmp(a, b, n)) == sign(strncmp(a, b, n)), "'%s' '%s' %zu", a, b, n);
		CHECK(sign(kernel_memcmp(a, b, 9)) == sign(memcmp(a, b, 9)), "memcmp");
		CHECK(kernel_strlen(a) == strlen(a), "'%s'", a);
		CHECK(kernel_strnlen(a, n) == strnlen(a, n), "'%s' %zu", a, n);
		CHECK(kernel_strchr(a, 'b') == strchr(a, 'b') && kernel_strchr(a, 0) == strchr(a, 0), "'%s'", a);

		memset(copy, '!', sizeof(copy));
		CHECK(string_copy(copy, a, size) == (strlen(a) < size), "'%s' into %zu", a, size);
		size_t fits = strlen(a) < size ? strlen(a) : size - 1;
		CHECK(size == 0 || (strlen(copy) == fits && !strncmp(copy, a, fits)), "'%s' into %zu gave '%s'", a,
		      size, copy);
		CHECK(size == 9 || copy[size] == '!', "'%s' into %zu wrote too far", a, size);
	}
}

static bool plain_match(const char *p, const char *s)
{
	if (*p == '*')
		return plain_match(p + 1, s) || (*s && plain_match(p, s + 1));
	if (!*s)
		return !*p;
	return (*p == '?' || *p == *s) && plain_match(p + 1, s + 1);
}

static void check_match(void)
{
	char pattern[9], name[9];

	for (int round = 0; round < 500000; round++) {
		random_text(pattern, sizeof(pattern), "ab?**");
		random_text(name, sizeof(name), "ab");
		CHECK(string_match(pattern, name) == plain_match(pattern, name), "'%s' '%s'", pattern, name);
	}
}

static void check_number(const char *s, u64 value, size_t length)
{
	const char *end;

	CHECK(string_to_u64(s, &end) == value, "'%s' is %lu", s, string_to_u64(s, NULL));
	CHECK(end == s + length, "'%s' ends at %td", s, end - s);
}

int main(void)
{
	check_memory();
	check_strings();
	check_match();
	check_number("", 0, 0);
	check_number("x", 0, 0);
	check_number("0", 0, 1);
	check_number("0x", 0, 1);
	check_number("0xg", 0, 1);
	check_number("123abc", 123, 3);
	check_number("0xAbCg", 0xabc, 5);
	check_number("18446744073709551615", ~0ull, 20);
	check_number("0xffffffffffffffff,", ~0ull, 18);
	return check_done("string");
}
