/*
 * The library itself, where a mistake would make all other tests doubtful.
 */
#include "test.h"

/* ---- Strings ----------------------------------------------------------------------------------------- */

TEST(lib, memory_functions_at_all_alignments)
{
	u8 a[80], b[80], expected[80];

	for (u64 to = 0; to < 9; to++)
		for (u64 from = 0; from < 9; from++)
			for (u64 size = 0; size < 40; size += 3) {
				fill(a, 80, size);
				memcpy(b, a, 80);
				for (u64 i = 0; i < 80; i++)
					expected[i] = i >= to && i < to + size ? a[i - to + from] : a[i];
				memmove(a + to, a + from, size);
				EXPECT_EQ(memcmp(a, expected, 80), 0);
				memcpy(a, b, 80);
				memset(a + to, 7, size);
				for (u64 i = 0; i < 80; i++)
					EXPECT_EQ(a[i], i >= to && i < to + size ? 7 : b[i]);
			}
}

TEST(lib, string_functions)
{
	char buf[8];

	EXPECT(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("ab", "a") > 0 && strcmp("", "") == 0);
	EXPECT(strcmp("\xff", "a") > 0);
	EXPECT(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0 && strncmp("a", "a", 9) == 0);
	EXPECT(strcmp(strchr("hello", 'l'), "llo") == 0 && strcmp(strrchr("hello", 'l'), "lo") == 0);
	EXPECT(!strchr("hello", 'x') && *strchr("hello", 0) == 0);
	EXPECT(strcmp(strstr("a needle", "need"), "needle") == 0 && !strstr("abc", "abcd"));
	EXPECT(strlcpy(buf, "0123456789", 8) == 10 && strcmp(buf, "0123456") == 0);
	EXPECT(strlcpy(buf, "ab", 8) == 2 && strlcat(buf, "cd", 8) == 4 && strcmp(buf, "abcd") == 0);
	EXPECT(strlcat(buf, "efghij", 8) == 10 && strcmp(buf, "abcdefg") == 0);
	EXPECT(memchr("abc", 'c', 3) && !memchr("abc", 'c', 2));
}

TEST(lib, glob_patterns)
{
	EXPECT(glob_match("*", "") && glob_match("*", "abc") && glob_match("a*c", "abbc") && !glob_match("a*c", "abb"));
	EXPECT(glob_match("a?c", "abc") && !glob_match("a?c", "ac") && glob_match("*.c", "x.c.c"));
	EXPECT(glob_match("[a-c]x", "bx") && !glob_match("[a-c]x", "dx") && glob_match("[!a-c]x", "dx"));
	EXPECT(glob_match("[]]", "]") && glob_match("[a", "[a") && glob_match("a\\*", "a*") &&
	       !glob_match("a\\*", "ab"));
	EXPECT(glob_match("*a*b*c*", "xxaxxbxxcxx") && !glob_match("*a*b*c*", "xxaxxcxxbxx") && !glob_match("", "a"));
}

/* ---- Numbers and formats ----------------------------------------------------------------------------- */

static void expect_format(const char *expected, const char *format, ...) PRINTF_LIKE(2, 3);

static void expect_format(const char *expected, const char *format, ...)
{
	char buf[100];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	if (strcmp(buf, expected) != 0 || length != (int)strlen(expected))
		FAIL("\"%s\" gives \"%s\", not \"%s\"", format, buf, expected);
}

TEST(lib, formats)
{
	char buf[4];

	expect_format("a 5 -5 b", "a %d %i b", 5, -5);
	expect_format("4294967295 ffffffff", "%u %x", ~0u, ~0u);
	expect_format("-9223372036854775808 9223372036854775807", "%ld %ld", INT64_MIN, INT64_MAX);
	expect_format("18446744073709551615 ffffffffffffffff", "%lu %lx", ~0ul, ~0ul);
	expect_format("   42|42   |00042|+42| 42", "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42);
	expect_format("  -42|-0042|  042", "%5d|%05d|%5.3d", -42, -42, 42);
	expect_format("0x2a 0X2A 2A 52 0", "%#x %#X %X %o %#x", 42, 42, 42, 42, 0);
	expect_format("str|  str|str  |st", "%s|%5s|%-5s|%.2s", "str", "str", "str", "str");
	expect_format("c|  c|%", "%c|%3c|%%", 'c', 'c');
	expect_format("   7|7  |ab", "%*d|%-*d|%.*s", 4, 7, 3, 7, 2, "abc");
	expect_format("0x1000 0x0", "%p %p", (void *)4096, NULL);
	expect_format("-1 255 65535", "%hhd %hhu %hu", 255, 255, 65535);
	EXPECT_EQ(snprintf(buf, 4, "%d", 123456), 6);
	EXPECT_EQ(strcmp(buf, "123"), 0);
	EXPECT_EQ(snprintf(NULL, 0, "%d", 123456), 6);
}

TEST(lib, numbers)
{
	char *end;
	s64 value;

	EXPECT(strtol("  -42x", &end, 10) == -42 && *end == 'x');
	EXPECT(strtol("0x1fg", &end, 0) == 31 && *end == 'g');
	EXPECT(strtol("017", NULL, 0) == 15 && strtol("17", NULL, 8) == 15 && strtol("zz", NULL, 36) == 35 * 36 + 35);
	EXPECT(strtol("9223372036854775807", NULL, 10) == INT64_MAX &&
	       strtol("99999999999999999999", NULL, 10) == INT64_MAX);
	EXPECT(strtol("-9223372036854775808", NULL, 10) == INT64_MIN && strtol("0x", &end, 0) == 0 && *end == 'x');
	EXPECT(strtol("none", &end, 10) == 0 && *end == 'n');
	EXPECT(parse_number("12", &value) && value == 12 && !parse_number("12a", &value) && !parse_number("", &value));
}

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

TEST(lib, sorting)
{
	static u32 list[500];

	for (u32 count = 0; count < 500; count += 1 + count / 3) {
		u64 sum = 0;

		for (u32 i = 0; i < count; i++)
			sum += list[i] = random_below(&test_random, 300);
		qsort(list, count, sizeof(u32), compare_u32);
		for (u32 i = 0; i < count; i++) {
			sum -= list[i];
			EXPECT(i == 0 || list[i - 1] <= list[i]);
		}
		EXPECT_EQ(sum, 0);
	}
}

/* ---- Memory ------------------------------------------------------------------------------------------ */

TEST(lib, malloc_blocks_do_not_overlap)
{
	enum { COUNT = 50 };
	u8 *p[COUNT] = { 0 };
	u64 size[COUNT] = { 0 };

	for (int i = 0; i < 3000; i++) {
		int k = random_below(&test_random, COUNT);
		u64 limit = 1ul << (1 + random_below(&test_random, 18)), wanted = random_below(&test_random, limit);

		EXPECT(is_filled(p[k], size[k], k));
		if (i % 3) {
			u64 kept = size[k] < wanted ? size[k] : wanted;

			p[k] = realloc(p[k], wanted);
			EXPECT(p[k] && is_filled(p[k], kept & ~7ul, k));
		} else {
			free(p[k]);
			p[k] = malloc(wanted);
		}
		EXPECT(p[k] && ((u64)p[k] & 15) == 0);
		size[k] = wanted;
		fill(p[k], wanted, k);
	}
}

TEST(lib, malloc_of_too_much_fails)
{
	EXPECT(!malloc(~0ul) && !malloc(1ul << 62) && !calloc(1ul << 40, 1ul << 40));
	u8 *p = calloc(100, 100);

	EXPECT(p && p[0] == 0 && p[9999] == 0);
}

TEST(lib, malloc_gives_large_blocks_back)
{
	u64 before = resident_pages();

	for (int i = 0; i < 20; i++) {
		u8 *p = must_malloc(4 * MIB);

		memset(p, 1, 4 * MIB);
		free(p);
	}
	EXPECT(resident_pages() - before < 300);
}

/* ---- Files ------------------------------------------------------------------------------------------- */

TEST(lib, reader_gives_lines)
{
	static char text[20000];
	struct reader r;
	int fd;

	memset(text, 'x', sizeof(text));
	memcpy(text, "first\n\nthird\n", 13);
	make_file("f", text, sizeof(text));
	fd = OK(open("f", O_RDONLY));
	reader_init(&r, fd);
	EXPECT(reader_next(&r) == 1 && strcmp(r.line, "first") == 0 && r.newline);
	EXPECT(reader_next(&r) == 1 && r.length == 0 && r.newline);
	EXPECT(reader_next(&r) == 1 && strcmp(r.line, "third") == 0);
	EXPECT(reader_next(&r) == 1 && r.length == sizeof(text) - 13 && !r.newline);
	EXPECT_EQ(reader_next(&r), 0);
	reader_free(&r);
}

TEST(lib, paths)
{
	char path[PATH_MAX], slashes[] = "/a/b//", plain[] = "plain", root[] = "/";

	EXPECT(strcmp(path_base(slashes), "b") == 0 && strcmp(path_base(plain), "plain") == 0);
	EXPECT(strcmp(path_base(root), "/") == 0);
	EXPECT(path_join(path, "a", "b") == 0 && strcmp(path, "a/b") == 0);
	EXPECT(path_join(path, "/", "b") == 0 && strcmp(path, "/b") == 0);
}
