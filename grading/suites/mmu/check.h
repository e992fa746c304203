/*
 * What the suites of the MMU need of their surroundings, so that one file serves host programs and the kernel's ktest.
 *
 * Freestanding.  A suite is a table of cases; a case is a function that calls EXPECT().  The surroundings run the cases
 * and define check_fail().  Everything random comes from the seed, so a failure can be repeated.
 */
#ifndef SUITES_MMU_CHECK_H
#define SUITES_MMU_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_case {
	const char *name;
	void (*run)(uint64_t seed);
};

struct check_suite {
	const char *name;
	const struct check_case *cases;
	int case_count;
};

#define CHECK_SUITE(suite, title, table)                                                                               \
	const struct check_suite suite = { (title), (table), sizeof(table) / sizeof((table)[0]) }

/*
 * A check of the running case has failed.  The format knows %s %d %u %x %lx %lu, and widths.  May return, or leave the
 * case.
 */
void check_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Behind a report: it is not the last thing that a case does, so that a debugger finds the case's frame. */
#define CHECK_STAY() __asm__ volatile("")

/* EXPECT(condition, format, ...) */
#define EXPECT(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			check_fail(__FILE__, __LINE__, __VA_ARGS__);                                                   \
			CHECK_STAY();                                                                                  \
		}                                                                                                      \
	} while (0)

/* The next of a sequence of random numbers.  [SplitMix64] */
static inline uint64_t check_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

#endif
