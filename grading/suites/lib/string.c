/*
 * kernel/lib/string.c against plain loops.
 */
#include "grading/ktest/ktest.h"

#define AREA 160

/* ---- Memory -------------------------------------------------------------------------------------------- */

struct areas {
	u8 ours[AREA], plain[AREA];
};

static void fill(struct areas *a, struct ktest_random *r)
{
	for (u32 i = 0; i < AREA; i++)
		a->ours[i] = a->plain[i] = random_next(r);
}

static bool same(const struct areas *a)
{
	for (u32 i = 0; i < AREA; i++)
		if (a->ours[i] != a->plain[i])
			return false;
	return true;
}

static void plain_copy(u8 *to, const u8 *from, size_t size)
{
	u8 copy[AREA];

	for (size_t i = 0; i < size; i++)
		copy[i] = from[i];
	for (size_t i = 0; i < size; i++)
		to[i] = copy[i];
}

static void memory_is_moved_whatever_the_alignment(void)
{
	struct ktest_random r = ktest_random(0);
	struct areas a;

	for (u32 round = 0; round < 3000 && !ktest_has_failed(); round++) {
		size_t to = random_below(&r, 64), from = random_below(&r, 64), size = random_below(&r, AREA - 64);

		fill(&a, &r);
		EXPECT_EQ(memmove(a.ours + to, a.ours + from, size), (void *)(a.ours + to));
		plain_copy(a.plain + to, a.plain + from, size);
		EXPECT_TRUE(same(&a), "memmove of %lu bytes from %lu to %lu", size, from, to);
	}
}

static void memory_is_copied_whatever_the_alignment(void)
{
	struct ktest_random r = ktest_random(0);
	u8 from[AREA];
	struct areas a;

	for (u32 round = 0; round < 3000 && !ktest_has_failed(); round++) {
		size_t at = random_below(&r, 32), start = random_below(&r, 32), size = random_below(&r, AREA - 32);

		fill(&a, &r);
		for (u32 i = 0; i < AREA; i++)
			from[i] = random_next(&r);
		EXPECT_EQ(memcpy(a.ours + at, from + start, size), (void *)(a.ours + at));
		plain_copy(a.plain + at, from + start, size);
		EXPECT_TRUE(same(&a), "memcpy of %lu bytes from %lu to %lu", size, start, at);
	}
}

static void memory_is_set_whatever_the_alignment(void)
{
	struct ktest_random r = ktest_random(0);
	struct areas a;

	for (u32 round = 0; round < 3000 && !ktest_has_failed(); round++) {
		size_t at = random_below(&r, 32), size = random_below(&r, AREA - 32);
		int byte = (int)random_below(&r, 512);

		fill(&a, &r);
		EXPECT_EQ(memset(a.ours + at, byte, size), (void *)(a.ours + at));
		for (size_t i = 0; i < size; i++)
			a.plain[at + i] = byte;
		EXPECT_TRUE(same(&a), "memset of %lu bytes at %lu to %d", size, at, byte);
	}
}

/* ---- Strings ------------------------------------------------------------------------------------------- */

static void random_text(struct ktest_random *r, char *s, u32 size, const char *alphabet)
{
	u32 length = random_below(r, size), letters = 0;

	while (alphabet[letters])
		letters++;
	for (u32 i = 0; i < length; i++)
		s[i] = alphabet[random_below(r, letters)];
	s[length] = 0;
}

static int plain_compare(const char *a, const char *b, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		if (a[i] != b[i])
			return (u8)a[i] < (u8)b[i] ? -1 : 1;
		if (!a[i])
			return 0;
	}
	return 0;
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void strings_compare_as_unsigned_bytes(void)
{
	struct ktest_random r = ktest_random(0);
	char a[9], b[9];

	for (u32 round = 0; round < 5000; round++) {
		size_t n = random_below(&r, 10);

		random_text(&r, a, sizeof(a), "ab\xff");
		random_text(&r, b, sizeof(b), "ab\xff");
		EXPECT_EQ(sign(strcmp(a, b)), plain_compare(a, b, ~0ul), "\"%s\" and \"%s\"", a, b);
		EXPECT_EQ(sign(strncmp(a, b, n)), plain_compare(a, b, n), "\"%s\" and \"%s\", %lu", a, b, n);
	}
	EXPECT_GT(memcmp("a\0c", "a\0b", 3), 0);
	EXPECT_LT(memcmp("a\0b", "a\0\xff", 3), 0);
	EXPECT_EQ(memcmp("a\0b", "a\0c", 2), 0);
	EXPECT_EQ(memcmp("a", "b", 0), 0);
}

static void lengths_and_places_are_found(void)
{
	static const char text[] = "hello";

	EXPECT_EQ(strlen(""), 0u);
	EXPECT_EQ(strlen(text), 5u);
	EXPECT_EQ(strnlen(text, 3), 3u);
	EXPECT_EQ(strnlen(text, 5), 5u);
	EXPECT_EQ(strnlen(text, 9), 5u);
	EXPECT_EQ(strchr(text, 'l'), text + 2);
	EXPECT_EQ(strchr(text, 0), text + 5);
	EXPECT_EQ(strchr(text, 'x'), NULL);
}

static void copy_ends_with_zero_and_says_what_fits(void)
{
	char to[8];

	memset(to, '!', sizeof(to));
	EXPECT_TRUE(string_copy(to, "abc", 4));
	EXPECT_STREQ(to, "abc");
	EXPECT_EQ(to[4], '!');
	EXPECT_FALSE(string_copy(to, "abcdef", 4));
	EXPECT_STREQ(to, "abc");
	EXPECT_EQ(to[4], '!');
	EXPECT_FALSE(string_copy(to, "x", 1));
	EXPECT_STREQ(to, "");
	EXPECT_FALSE(string_copy(to, "x", 0));
	EXPECT_EQ(to[0], 0);
	EXPECT_TRUE(string_copy(to, "", 1));
}

/* ---- Patterns and numbers ------------------------------------------------------------------------------ */

static bool plain_match(const char *p, const char *s)
{
	if (*p == '*')
		return plain_match(p + 1, s) || (*s && plain_match(p, s + 1));
	if (!*s)
		return !*p;
	return (*p == '?' || *p == *s) && plain_match(p + 1, s + 1);
}

static void patterns_match_as_their_definition_says(void)
{
	struct ktest_random r = ktest_random(0);
	char pattern[9], name[9];

	for (u32 round = 0; round < 20000; round++) {
		random_text(&r, pattern, sizeof(pattern), "ab?**");
		random_text(&r, name, sizeof(name), "ab");
		EXPECT_EQ(string_match(pattern, name), plain_match(pattern, name), "\"%s\" \"%s\"", pattern, name);
	}
}

/* A pattern of many stars takes no more than a moment. */
static void patterns_take_no_exponential_time(void)
{
	const char *name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	EXPECT_FALSE(string_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

static void numbers_end_where_digits_end(void)
{
	static const struct {
		const char *text;
		u64 value;
		u32 length;
	} table[] = {
		{ "", 0, 0 },
		{ "x", 0, 0 },
		{ "0", 0, 1 },
		{ "0x", 0, 1 },
		{ "0xg", 0, 1 },
		{ "123abc", 123, 3 },
		{ "0xAbCg", 0xabc, 5 },
		{ "18446744073709551615", ~0ull, 20 },
		{ "0xffffffffffffffff,", ~0ull, 18 },
		{ "-1", 0, 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(table); i++) {
		const char *end;

		EXPECT_EQ(string_to_u64(table[i].text, &end), table[i].value, "\"%s\"", table[i].text);
		EXPECT_EQ(end - table[i].text, table[i].length, "\"%s\"", table[i].text);
	}
	EXPECT_EQ(string_to_u64("42", NULL), 42);
}

static const struct ktest_case string_cases[] = {
	CASE(memory_is_moved_whatever_the_alignment),
	CASE(memory_is_copied_whatever_the_alignment),
	CASE(memory_is_set_whatever_the_alignment),
	CASE(strings_compare_as_unsigned_bytes),
	CASE(lengths_and_places_are_found),
	CASE(copy_ends_with_zero_and_says_what_fits),
	CASE(patterns_match_as_their_definition_says),
	CASE(patterns_take_no_exponential_time, .budget = 10 * MILLION),
	CASE(numbers_end_where_digits_end),
};
KTEST_SUITE(string, string_cases);
