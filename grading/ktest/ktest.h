/*
 * ktest: tests inside the kernel.
 *
 * A suite is a file in grading/suites/: functions, a table of cases, and KTEST_SUITE():
 *
 *	static void pages_of_a_block_are_zero(void)
 *	{
 *		hpa_t block = page_alloc_block(3);
 *
 *		ASSERT_NE(block.raw, 0);
 *		...
 *		EXPECT_EQ(page_count(block), 1);
 *	}
 *
 *	static const struct ktest_case cases[] = {
 *		CASE(pages_of_a_block_are_zero),
 *		CASE(cpus_meet, .cpus = 2, .budget = 10 * MILLION),
 *	};
 *	KTEST_SUITE(page, cases);
 *
 * Each case runs in a kernel thread of its own, one at a time.  It passes if it returns, no EXPECT or ASSERT failed,
 * and it has left nothing behind: pages, kmalloc objects, threads, processes.  EXPECT_* go on after a failure,
 * ASSERT_* and SKIP() leave the case; in a helper thread (crew.h) they end that thread.  ktest_defer() names what to
 * undo at the end, however the case ends.
 *
 * Time is counted in guest instructions (under -icount one instruction is one nanosecond of the guest's clock).  A case
 * that exceeds its budget is "# TIMEOUT" and the machine halts; the host's side (grading/run/ktest.c) goes on after it.
 *
 * The same file can be compiled into a program on the host (suites/host/ktest_host.h) if it asks for nothing but
 * kernel/lib.
 */
#ifndef KTEST_KTEST_H
#define KTEST_KTEST_H

#include "kernel.h"

#define MILLION 1000000ull

/* ---- Cases and suites ---------------------------------------------------------------------------------- */

/* One value that a case is run with.  The case's name becomes suite.case/name. */
struct ktest_param {
	char name[64];
	u64 value;
};

struct ktest_case {
	const char *name; /* condition_outcome */
	void (*run)(void);

	/* What it needs, or it is skipped. */
	u32 cpus;  /* this many CPUs at least */
	bool debug; /* a kernel with assertions */

	u64 budget; /* guest instructions; 0: KTEST_BUDGET */

	/* NULL, or: the case passes if the kernel panics with a message that contains this text, and only then. */
	const char *panics;

	/* One run for each; neither: one run.  The generator is called with 0, 1, 2... until it answers false. */
	const struct ktest_param *params;
	u32 param_count;
	bool (*generate)(u32 index, struct ktest_param *param);
};

struct ktest_suite {
	const char *name;
	const struct ktest_case *cases;
	u32 case_count;
	bool hidden; /* planned only with the boot option ktest.hidden: cases that fail on purpose */

	/* Around the suite's cases, once a boot; what they leave behind is not looked at. */
	void (*setup)(void);
	void (*teardown)(void);
};

#define KTEST_BUDGET (500 * MILLION)

#define CASE(function, ...)  { .name = #function, .run = function, ##__VA_ARGS__ }
#define KTEST_PARAMS(array)  .params = (array), .param_count = ARRAY_SIZE(array)

/* A case that ends in a panic. */
#define DEATH(function, text, ...) CASE(function, .debug = true, .panics = (text), ##__VA_ARGS__)

#ifdef KTEST_ON_HOST
#define KTEST_REGISTER(suite)
#else
#define KTEST_REGISTER(suite)                                                                      \
	static const struct ktest_suite *const suite##_entry __attribute__((section(".ktest"), used)) = &suite;
#endif

/* One in a file: suites run in the order of their files' names. */
#define KTEST_SUITE(suite, table, ...)                                                             \
	static const struct ktest_suite ktest_suite_##suite = {                                    \
		.name = #suite, .cases = (table), .case_count = ARRAY_SIZE(table), ##__VA_ARGS__   \
	};                                                                                         \
	KTEST_REGISTER(ktest_suite_##suite)                                                        \
	_Static_assert(ARRAY_SIZE(table) > 0, "a suite has cases")

/* The running case's parameter. */
u64 ktest_param(void);

/* ---- Checks -------------------------------------------------------------------------------------------- */

enum ktest_failure { KTEST_GOES_ON, KTEST_LEAVES };

/* A check as it stands in the source. */
struct ktest_check {
	const char *file;
	u32 line;
	enum ktest_failure failure;
	const char *left, *op, *right;
};

/* Report a failed check; format says more. */
void ktest_compare_failed(const struct ktest_check *check, u64 left, u64 right, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void ktest_string_failed(const struct ktest_check *check, const char *left, const char *right);
void ktest_check_failed(const struct ktest_check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Behind a report: it is not the last thing that a test does, so that a debugger finds the test's frame. */
#define KTEST_STAY() __asm__ volatile("")

/* The blank in " " is for the compiler, which dislikes empty formats; the report leaves it out. */
/* The texts come from the outermost macro, where the arguments are as they were written. */
#define KTEST_COMPARE(failure_, a, op_, b, a_text, b_text, ...)                                    \
	do {                                                                                       \
		static const struct ktest_check check_ = { __FILE__, __LINE__, failure_, a_text, #op_, b_text }; \
		__auto_type left_ = (a);                                                           \
		__auto_type right_ = (b);                                                          \
		if (!(left_ op_ right_)) {                                                         \
			ktest_compare_failed(&check_, (u64)left_, (u64)right_, " " __VA_ARGS__);   \
			KTEST_STAY();                                                              \
		}                                                                                  \
	} while (0)

#define KTEST_STRING(failure_, a, b, a_text, b_text)                                               \
	do {                                                                                       \
		static const struct ktest_check check_ = { __FILE__, __LINE__, failure_, a_text, "equals", b_text }; \
		const char *left_ = (a), *right_ = (b);                                            \
		if (strcmp(left_, right_) != 0) {                                                  \
			ktest_string_failed(&check_, left_, right_);                               \
			KTEST_STAY();                                                              \
		}                                                                                  \
	} while (0)

#define KTEST_CHECK(failure_, condition, text, ...)                                                \
	do {                                                                                       \
		static const struct ktest_check check_ = { __FILE__, __LINE__, failure_, text, "", "" }; \
		if (!(condition)) {                                                                \
			ktest_check_failed(&check_, " " __VA_ARGS__);                            \
			KTEST_STAY();                                                              \
		}                                                                                  \
	} while (0)

/*
 * EXPECT_EQ(actual, expected), or with more to say: EXPECT_EQ(count, 1, "page %lu", i).  Values are integers or
 * pointers of at most 64 bits, and are evaluated once.
 */
#define EXPECT_EQ(a, b, ...) KTEST_COMPARE(KTEST_GOES_ON, a, ==, b, #a, #b, __VA_ARGS__)
#define EXPECT_NE(a, b, ...) KTEST_COMPARE(KTEST_GOES_ON, a, !=, b, #a, #b, __VA_ARGS__)
#define EXPECT_LT(a, b, ...) KTEST_COMPARE(KTEST_GOES_ON, a, <, b, #a, #b, __VA_ARGS__)
#define EXPECT_LE(a, b, ...) KTEST_COMPARE(KTEST_GOES_ON, a, <=, b, #a, #b, __VA_ARGS__)
#define EXPECT_GT(a, b, ...) KTEST_COMPARE(KTEST_GOES_ON, a, >, b, #a, #b, __VA_ARGS__)
#define EXPECT_GE(a, b, ...) KTEST_COMPARE(KTEST_GOES_ON, a, >=, b, #a, #b, __VA_ARGS__)
#define EXPECT_STREQ(a, b)   KTEST_STRING(KTEST_GOES_ON, a, b, #a, #b)
#define EXPECT_TRUE(c, ...)  KTEST_CHECK(KTEST_GOES_ON, c, #c, __VA_ARGS__)
#define EXPECT_FALSE(c, ...) KTEST_CHECK(KTEST_GOES_ON, !(c), "not " #c, __VA_ARGS__)

#define ASSERT_EQ(a, b, ...) KTEST_COMPARE(KTEST_LEAVES, a, ==, b, #a, #b, __VA_ARGS__)
#define ASSERT_NE(a, b, ...) KTEST_COMPARE(KTEST_LEAVES, a, !=, b, #a, #b, __VA_ARGS__)
#define ASSERT_LT(a, b, ...) KTEST_COMPARE(KTEST_LEAVES, a, <, b, #a, #b, __VA_ARGS__)
#define ASSERT_LE(a, b, ...) KTEST_COMPARE(KTEST_LEAVES, a, <=, b, #a, #b, __VA_ARGS__)
#define ASSERT_GT(a, b, ...) KTEST_COMPARE(KTEST_LEAVES, a, >, b, #a, #b, __VA_ARGS__)
#define ASSERT_GE(a, b, ...) KTEST_COMPARE(KTEST_LEAVES, a, >=, b, #a, #b, __VA_ARGS__)
#define ASSERT_STREQ(a, b)   KTEST_STRING(KTEST_LEAVES, a, b, #a, #b)
#define ASSERT_TRUE(c, ...)  KTEST_CHECK(KTEST_LEAVES, c, #c, __VA_ARGS__)
#define ASSERT_FALSE(c, ...) KTEST_CHECK(KTEST_LEAVES, !(c), "not " #c, __VA_ARGS__)

/* Leave the case; it counts as skipped. */
#define SKIP(...) ktest_skip(__VA_ARGS__)
void ktest_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Are instructions counted, and every run the same?  Cases that bound time ask. */
bool ktest_is_exact(void);

/* How often to do a thing that CPUs do at once: n times; fewer where they share the host's CPUs with others. */
u32 ktest_rounds(u32 n);

/* Has a check of this case failed?  Loops of random steps ask, and stop. */
bool ktest_has_failed(void);

/* A line of the report: "# ...".  Shown with a failure. */
void ktest_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Leave the case, or the helper thread, here. */
void ktest_leave(void) __attribute__((noreturn));

/* Call undo(arg) when the case ends; the last named is undone first.  For the case's own thread. */
void ktest_defer(void (*undo)(void *arg), void *arg);

/* ---- Random numbers ------------------------------------------------------------------------------------ */

struct ktest_random {
	u64 state;
};

/*
 * A generator for stream 0, 1, 2... of the running case: the same numbers for the same `seed=` and case, whatever else
 * runs.  Threads that draw at once take a stream each.
 */
struct ktest_random ktest_random(u64 stream);

/* [SplitMix64]: a counter, scrambled. */
static inline u64 random_next(struct ktest_random *r)
{
	u64 x = r->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Below limit, which is not 0. */
static inline u64 random_below(struct ktest_random *r, u64 limit)
{
	return random_next(r) % limit;
}

#endif
