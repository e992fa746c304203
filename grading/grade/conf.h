/*
 * lab.conf: what a lab is graded by.  Lines of words, read by this program and by awk:
 *
 *   lab NAME TITLE...          parity POINTS
 *   part POINTS NAME TITLE...  the cases below it, down to the next part
 *   write NAME...              what the part asks for: names of markers, as in LAB(n) begin NAME
 *   case POINTS PATTERN [parity]
 *   case POINTSxCOUNT PATTERN [parity]      COUNT cases match, each of POINTS
 *   answer POINTS NAME HASH... a question of labs/NAME/answers, and what a right answer hashes to (answer.h)
 *   allow PATH                 a file that the student may change
 *   run PATTERN                what the test kernel is asked to run: all cases, and no other (labs/conf_check.sh)
 *   budget MILLIONS            of instructions, for each case
 *   reading LINES, read PATH   how much is to be read at most, and what
 *
 * A pattern is a glob over names of `make ktest-list`; in it, FORMAT is the machine's stage-2 format and ARCH the
 * machine.  A case with "parity" counts once more on the second machine.  Points of 0: the case holds in the release
 * already, and it must not break.
 *
 * I1 A part's points are the sum of its cases'; all parts, parity and answers make 100 (labs/conf_check.sh).
 * I2 A name is written in one part only.
 */
#ifndef GRADING_GRADE_CONF_H
#define GRADING_GRADE_CONF_H

#include <stddef.h>

enum {
	CONF_PARTS_MAX = 16,
	CONF_CASES_MAX = 128,
	CONF_ANSWERS_MAX = 16,
	CONF_WRITES_MAX = 64,
	CONF_ALLOWS_MAX = 64,
	CONF_HASHES_MAX = 4,
	CONF_NAME_MAX = 40,
	CONF_TITLE_MAX = 64,
	CONF_PATTERN_MAX = 112,
};

struct conf_part {
	int points;
	char name[CONF_NAME_MAX], title[CONF_TITLE_MAX];
};

struct conf_case {
	int part;   /* index */
	int points; /* of each */
	int count;  /* how many match */
	int parity;
	char pattern[CONF_PATTERN_MAX];
};

struct conf_write {
	int part; /* index */
	char name[CONF_NAME_MAX];
};

struct conf_answer {
	int points;
	char name[CONF_NAME_MAX];
	unsigned long long hashes[CONF_HASHES_MAX];
	int hash_count;
};

struct conf {
	char lab[CONF_NAME_MAX], title[CONF_TITLE_MAX];
	int parity;
	struct conf_part parts[CONF_PARTS_MAX];
	struct conf_case cases[CONF_CASES_MAX];
	struct conf_answer answers[CONF_ANSWERS_MAX];
	struct conf_write writes[CONF_WRITES_MAX];
	char allows[CONF_ALLOWS_MAX][CONF_PATTERN_MAX]; /* paths */
	int part_count, case_count, answer_count, write_count, allow_count;
};

/* 0, or -1 when it was said on stderr what is wrong. */
int conf_read(struct conf *conf, const char *path);

/* The text for a machine: FORMAT and ARCH replaced, cut to size - 1 bytes. */
void conf_replace(char *out, size_t size, const char *text, const char *arch, const char *format);

int conf_suite_points(const struct conf *conf);
int conf_parity_case_points(const struct conf *conf);
int conf_answer_points(const struct conf *conf);

#endif
