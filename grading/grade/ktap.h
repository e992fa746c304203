/*
 * The results of a run on one machine: the KTAP that grading/run/ktest.c wrote, read with distrust, since parts of it
 * were printed by a kernel with a student's code in it.
 *
 * I1 A result that came twice - under the same name, or with a number that is not above the last - has failed.
 * I2 Only "ok NUMBER NAME" with nothing behind it has passed: what was skipped has not.
 * I3 What is kept is bounded: results, lines of explanation, and their lengths.
 */
#ifndef GRADING_GRADE_KTAP_H
#define GRADING_GRADE_KTAP_H

enum {
	KTAP_RESULTS_MAX = 4096,
	KTAP_LINES_MAX = 64, /* of explanation, for each result */
	KTAP_LINE_MAX = 512,
	KTAP_NAME_MAX = 128,
	KTAP_WHY_MAX = 80,
};

enum ktap_state { KTAP_PASSED, KTAP_FAILED };

struct ktap_result {
	enum ktap_state state;
	int number;
	int is_taken;            /* for who looks for the case that it is of */
	char name[KTAP_NAME_MAX]; /* without the prefix "riscv-4." */
	char why[KTAP_WHY_MAX];   /* "CRASH", "SKIP needs two CPUs", or "" */
	char *lines[KTAP_LINES_MAX]; /* without "# " */
	int line_count;
	int lines_lost;
};

struct ktap {
	struct ktap_result *results;
	int result_count;
	int plan; /* 0: there was none */
};

/* A file that cannot be read has no results. */
void ktap_read(struct ktap *ktap, const char *path);

/* What the kernel knows of the function that nobody has written: its line, or NULL. */
const char *ktap_not_written(const struct ktap_result *result);

/* Is this no case, but ktest's word for one of which it does not know the name, or for a kernel that did not start? */
int ktap_is_nameless(const struct ktap_result *result);

#endif
