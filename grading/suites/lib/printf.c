/*
 * kernel/lib/printf.c: what each directive prints.  The host also compares it with C's library on random directives
 * (grading/suites/host/printf_test.c).
 */
#include "grading/ktest/ktest.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

/* The format comes through a variable, so that the compiler does not look at it. */
#define EXPECT_TEXT(want, format, ...)                                                             \
	do {                                                                                       \
		const char *volatile format_ = (format);                                           \
		char text_[128];                                                                   \
		int length_ = snprintf(text_, sizeof(text_), format_, ##__VA_ARGS__);              \
		EXPECT_STREQ(text_, want);                                                         \
		EXPECT_EQ(length_, (int)strlen(want));                                             \
	} while (0)

static void integers_of_all_sizes_print(void)
{
	EXPECT_TEXT("0", "%d", 0);
	EXPECT_TEXT("-2147483648", "%d", -2147483647 - 1);
	EXPECT_TEXT("4294967295", "%u", ~0u);
	EXPECT_TEXT("-9223372036854775808", "%ld", -0x7fffffffffffffffl - 1);
	EXPECT_TEXT("18446744073709551615", "%lu", ~0ul);
	EXPECT_TEXT("18446744073709551615", "%llu", ~0ull);
	EXPECT_TEXT("-1 255", "%hhd %hhu", -1, -1);
	EXPECT_TEXT("-1 65535", "%hd %hu", -1, -1);
	EXPECT_TEXT("123", "%zu", (size_t)123);
	EXPECT_TEXT("777", "%o", 0777);
}

static void hexadecimal_prints(void)
{
	EXPECT_TEXT("dead BEEF", "%x %X", 0xdead, 0xbeef);
	EXPECT_TEXT("0xff 0", "%#x %#x", 0xff, 0);
	EXPECT_TEXT("ffffffffffffffff", "%lx", ~0ul);
	EXPECT_TEXT("0x1234", "%p", (void *)0x1234);
}

static void flags_widths_and_precisions_apply(void)
{
	EXPECT_TEXT("|   42|", "|%5d|", 42);
	EXPECT_TEXT("|42   |", "|%-5d|", 42);
	EXPECT_TEXT("|00042|", "|%05d|", 42);
	EXPECT_TEXT("|-0042|", "|%05d|", -42);
	EXPECT_TEXT("|+42| 42|", "|%+d|% d|", 42, 42);
	EXPECT_TEXT("|  042|", "|%5.3d|", 42);
	EXPECT_TEXT("||", "|%.0d|", 0);
	EXPECT_TEXT("|   42|42   |", "|%*d|%*d|", 5, 42, -5, 42);
	EXPECT_TEXT("|0x002a|", "|%#06x|", 42);
	EXPECT_TEXT("123456", "%2d", 123456);
}

static void text_prints(void)
{
	EXPECT_TEXT("a x b", "a %c b", 'x');
	EXPECT_TEXT("|  abc|abc  |", "|%5s|%-5s|", "abc", "abc");
	EXPECT_TEXT("|ab|", "|%.2s|", "abc");
	EXPECT_TEXT("|ab|", "|%.*s|", 2, "abc");
	EXPECT_TEXT("(null)", "%s", (char *)NULL);
	EXPECT_TEXT("100%", "100%%");
}

static void unknown_directives_are_put_out(void)
{
	EXPECT_TEXT("%q", "%q");
	EXPECT_TEXT("end %", "end %");
}

static void text_that_does_not_fit_is_cut(void)
{
	char text[6] = "!!!!!";

	EXPECT_EQ(snprintf(text, 4, "%s", "hello"), 5);
	EXPECT_STREQ(text, "hel");
	EXPECT_EQ(text[4], '!');
	EXPECT_EQ(snprintf(text, 0, "%d", 12345), 5);
	EXPECT_STREQ(text, "hel");
	EXPECT_EQ(snprintf(text, 1, "%d", 12345), 5);
	EXPECT_STREQ(text, "");
}

static const struct ktest_case printf_cases[] = {
	CASE(integers_of_all_sizes_print),
	CASE(hexadecimal_prints),
	CASE(flags_widths_and_precisions_apply),
	CASE(text_prints),
	CASE(unknown_directives_are_put_out),
	CASE(text_that_does_not_fit_is_cut),
};
KTEST_SUITE(printf, printf_cases);
