/*
 * The names of functions.
 */
#include "grading/ktest/ktest.h"
#include "sched.h"
#include "lib/symtab.h"

static void address_has_the_name_of_its_function(void)
{
	u64 offset = 99;

	EXPECT_STREQ(symbol_name((u64)thread_yield, &offset), "thread_yield");
	EXPECT_EQ(offset, 0);
	EXPECT_STREQ(symbol_name((u64)thread_yield + 2, &offset), "thread_yield");
	EXPECT_EQ(offset, 2);
	EXPECT_STREQ(symbol_name((u64)address_has_the_name_of_its_function, &offset),
		     "address_has_the_name_of_its_function");
}

static void return_address_has_the_name_of_the_caller(void)
{
	u64 offset;
	const char *name = symbol_name((u64)__builtin_return_address(0), &offset);

	ASSERT_NE(name, NULL);
	EXPECT_STREQ(name, "case_main");
	EXPECT_GT(offset, 0);
}

static void addresses_outside_the_code_have_no_name(void)
{
	static int data;
	u64 offset = 99;

	EXPECT_EQ(symbol_name(0, &offset), NULL);
	EXPECT_EQ(symbol_name(~0ull, &offset), NULL);
	EXPECT_EQ(symbol_name((u64)&data, &offset), NULL);
	EXPECT_EQ(offset, 99);
}

static const struct ktest_case cases[] = {
	CASE(address_has_the_name_of_its_function),
	CASE(return_address_has_the_name_of_the_caller),
	CASE(addresses_outside_the_code_have_no_name),
};
KTEST_SUITE(symtab, cases);
