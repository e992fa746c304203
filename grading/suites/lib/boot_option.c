/*
 * kernel/boot_option.c.  The line that the machine was started with comes back after each case.
 */
#include "grading/ktest/ktest.h"
#include "boot_info.h"
#include "boot_option.h"
#include "init.h"

static void restore(void *unused)
{
	boot_option_init(boot_info()->command_line);
}

static void set_line(const char *text)
{
	ktest_defer(restore, NULL);
	boot_option_init(text);
}

static void expect_option(const char *name, const char *want)
{
	char value[8];

	EXPECT_TRUE(boot_option(name, value, sizeof(value)), "option %s", name);
	EXPECT_STREQ(value, want);
}

static void expect_none(const char *name)
{
	char value[8] = "before";

	EXPECT_FALSE(boot_option(name, value, sizeof(value)), "option %s", name);
	EXPECT_STREQ(value, "");
}

static void values_are_found_by_their_names(void)
{
	set_line("  quiet seed=7 seed.more=8 name=a=b   empty= last");
	expect_option("quiet", "");
	expect_option("seed", "7");
	expect_option("seed.more", "8");
	expect_option("name", "a=b");
	expect_option("empty", "");
	expect_option("last", "");
	expect_none("see");
	expect_none("seed.");
	expect_none("7");
	expect_none("a");
}

static void first_of_two_counts(void)
{
	set_line("x=1 x=2");
	expect_option("x", "1");
}

static void long_values_are_cut(void)
{
	set_line("x=123456789 y=1");
	expect_option("x", "1234567");
	expect_option("y", "1");
}

static void numbers_have_defaults(void)
{
	set_line("a=12 b=0x10 c= d");
	EXPECT_EQ(boot_option_u64("a", 5), 12);
	EXPECT_EQ(boot_option_u64("b", 5), 16);
	EXPECT_EQ(boot_option_u64("c", 5), 5);
	EXPECT_EQ(boot_option_u64("d", 5), 5);
	EXPECT_EQ(boot_option_u64("e", 5), 5);
}

static void words_behind_the_dashes_are_no_options(void)
{
	set_line("a=1 -- sh -c b=2 --");
	expect_option("a", "1");
	expect_none("b");
	EXPECT_STREQ(boot_option_init_arguments(), "sh -c b=2 --");
	boot_option_init("a=1 --b");
	EXPECT_STREQ(boot_option_init_arguments(), "");
	boot_option_init("--   x");
	EXPECT_STREQ(boot_option_init_arguments(), "x");
}

static void empty_line_has_no_options(void)
{
	set_line("");
	expect_none("a");
	EXPECT_STREQ(boot_option_init_arguments(), "");
}

static const struct ktest_case boot_option_cases[] = {
	CASE(values_are_found_by_their_names),
	CASE(first_of_two_counts),
	CASE(long_values_are_cut),
	CASE(numbers_have_defaults),
	CASE(words_behind_the_dashes_are_no_options),
	CASE(empty_line_has_no_options),
};
KTEST_SUITE(boot_option, boot_option_cases);
