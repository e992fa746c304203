/*
 * main() for a suite of check.h on the host: runs it with one seed, prints "ok suite.case" or "not ok suite.case".
 *
 *	cc -DSUITE=suite_laws ... && ./laws [seed]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "grading/suites/mmu/check.h"

#define REPORTS_MAX 3 /* of a case; loops fail often */

extern const struct check_suite SUITE;

static jmp_buf case_end;
static int failures;

void check_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (++failures == REPORTS_MAX)
		longjmp(case_end, 1);
}

/* Did it fail? */
static bool run_case(const struct check_case *c, uint64_t seed)
{
	failures = 0;
	if (setjmp(case_end) == 0)
		c->run(seed);
	printf("%sok %s.%s\n", failures ? "not " : "", SUITE.name, c->name);
	return failures != 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	int failed = 0;

	for (int i = 0; i < SUITE.case_count; i++)
		failed += run_case(&SUITE.cases[i], seed);
	return failed != 0;
}
