/*
 * Between the files of ktest: ktest.c says what runs, case.c runs it, check.c reports.
 */
#ifndef KTEST_RUN_H
#define KTEST_RUN_H

#include "grading/ktest/ktest.h"

#define KTEST_NAME_MAX 96

/* A case with a parameter: what has a number in the plan. */
struct ktest_instance {
	const struct ktest_suite *suite;
	const struct ktest_case *test;
	struct ktest_param param;
	u32 number;
	char name[KTEST_NAME_MAX];
};

enum ktest_verdict { KTEST_PASSED, KTEST_FAILED, KTEST_SKIPPED };

/* What happens in the case that runs.  Any of its threads writes it. */
struct ktest_state {
	const struct ktest_instance *instance;
	u64 seed;             /* of this case */
	u32 failure_count;    /* atomic */
	bool leaving;         /* an ASSERT failed, or the case is skipped */
	bool skipped;
	char skip_reason[80];
};

extern struct ktest_state ktest_state;

/* What the command line asks for. */
struct ktest_options {
	u64 seed;
	u64 budget;     /* of instructions, for every case; 0: each has its own */
	bool real_time; /* CPUs run at once, and instructions are not counted */
};

extern struct ktest_options ktest_options;

/* case.c: run one case, print its diagnostics and its result. */
enum ktest_verdict ktest_run(const struct ktest_instance *instance);

/* check.c: forget the last case. */
void ktest_state_reset(const struct ktest_instance *instance);

#endif
