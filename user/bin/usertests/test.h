/*
 * usertests: what a test case may use.
 *
 *	TEST(pipe, full_blocks_writer)
 *	{
 *		EXPECT_EQ(write(fd, buf, 1), 1);
 *	}
 *
 * is the case "pipe.full_blocks_writer".  Each case runs in a process of its own, in an empty directory of its own and
 * in a group of its own.  The first expectation that fails, in whichever process or thread, ends that process and is
 * the reason that is printed.  Whatever the case leaves running is killed; what it leaves allocated makes it fail.
 */
#ifndef USERTESTS_TEST_H
#define USERTESTS_TEST_H

#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "thread.h"

#define PAGE      4096ul
#define HUGE_PAGE (512 * PAGE)
#define KIB       1024ul
#define MIB       (1024 * KIB)

enum { QUICK, SLOW };

struct test {
	const char *name;
	void (*run)(void);
	u64 speed; /* SLOW: left out by -q */
};

/* The linker gathers the cases of all files in one table. */
#define TEST_WITH_SPEED(topic, condition, speed_)                                                                      \
	static void topic##_##condition(void);                                                                         \
	static const struct test topic##_##condition##_entry                                                           \
	    __attribute__((section("test_table"), used, aligned(8))) = {                                               \
		    .name = #topic "." #condition,                                                                     \
		    .run = topic##_##condition,                                                                        \
		    .speed = speed_,                                                                                   \
	    };                                                                                                         \
	static void topic##_##condition(void)
#define TEST(topic, condition)      TEST_WITH_SPEED(topic, condition, QUICK)
#define SLOW_TEST(topic, condition) TEST_WITH_SPEED(topic, condition, SLOW)

/* ---- Expectations ------------------------------------------------------------------------------------ */

void test_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));
void test_skip(const char *why) __attribute__((noreturn));

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(why) test_skip(why)

#define EXPECT(condition)                                                                                              \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			FAIL("not so: %s", #condition);                                                                \
	} while (0)

#define EXPECT_EQ(actual, expected)                                                                                    \
	do {                                                                                                           \
		s64 actual_ = (s64)(actual), expected_ = (s64)(expected);                                              \
		if (actual_ != expected_)                                                                              \
			FAIL("%s is %ld, not %ld", #actual, actual_, expected_);                                       \
	} while (0)

/* The call must succeed (not be negative); its answer. */
#define OK(call)                                                                                                       \
	({                                                                                                             \
		s64 answer_ = (s64)(call);                                                                             \
		if (answer_ < 0 && answer_ > -4096)                                                                    \
			FAIL("%s: %s", #call, strerror(answer_));                                                      \
		answer_;                                                                                               \
	})

/* ---- Processes --------------------------------------------------------------------------------------- */

typedef s64 test_fn(void *arg);

/* Run fn(arg) in a child, which exits with its low 8 bits; the pid. */
int spawn(test_fn *fn, void *arg);

/* Wait for that child: its status. */
int reap(int pid);

/* Both. */
int status_of(test_fn *fn, void *arg);

#define KILLED(why)                 (STATUS_KILLED | STATUS_BY_##why)
#define EXPECT_KILLED(fn, arg, why) EXPECT_EQ(status_of(fn, arg), KILLED(why))

/* Run a program to its end, with argv[0] as its path: its status. */
int run_program(const char *const argv[]);

/* Children for many purposes: one that sleeps until it is killed, one that computes until then. */
s64 sleep_forever(void *arg);
s64 spin_forever(void *arg);

/* Wait until *word (shared memory) is at least value; fails after 30 s. */
void await(const u32 *word, u32 value);

/* ---- Memory, numbers, files -------------------------------------------------------------------------- */

/* New memory; `how` is MAP_PRIVATE or MAP_SHARED, perhaps with MAP_HUGE or MAP_POPULATE. */
void *map(size_t size, u64 how);

/* This case's random numbers: they depend on -s and the case's name. */
extern struct random test_random;

/* Bytes that depend on the seed and their place. */
void fill(void *buf, size_t size, u64 seed);
bool is_filled(const void *buf, size_t size, u64 seed);

/* Make a file of these bytes. */
void make_file(const char *path, const void *bytes, size_t size);

/* The resident pages of this process, as the kernel counts them. */
u64 resident_pages(void);

/* For the runner. */
struct verdict {
	u32 decided; /* atomic: the first one to set it writes the text */
	bool skipped;
	char text[200];
};
extern struct verdict *verdict; /* shared between the runner and the case */

#endif
