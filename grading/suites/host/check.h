/*
 * For the small host programs here: CHECK() counts and says what failed; check_done() is the program's exit status.
 *
 * A program includes the kernel sources that it tests, with names that clash with C's library renamed.  Build one with
 * `cc -I. -Ikernel -DDEBUG=1 -fsanitize=address,undefined grading/suites/host/x.c`.
 */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>

/* The kernel has its own. */
#undef SEEK_SET
#undef SEEK_CUR
#undef SEEK_END

static unsigned long check_count, check_failed;

#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		check_count++;                                                                     \
		if (!(condition) && check_failed++ < 20) {                                         \
			printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                     \
			printf(__VA_ARGS__);                                                       \
			printf("\n");                                                              \
		}                                                                                  \
	} while (0)

/* The test cannot go on. */
#define CHECK_DIE(...) (printf(__VA_ARGS__), printf("\n"), fflush(stdout), abort())

static inline int check_done(const char *name)
{
	printf("%s: %lu checks, %lu failed\n", name, check_count, check_failed);
	return check_failed != 0;
}

/* A repeatable random number below `limit`. */
static uint64_t random_state = 1;

static inline uint64_t random_below(uint64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state * 0x2545f4914f6cdd1dull >> 16) % limit;
}

#endif
