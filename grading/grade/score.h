/*
 * What the results of one or two machines are worth.
 *
 * The suites count on one machine, the one with more points there (the first of two equal ones); its other name is the
 * first machine.  Parity is in proportion to what the cases that count for it are worth on the other.  In a course with
 * one machine, the points for parity are part of the suites': all of them are scaled.
 */
#ifndef GRADING_GRADE_SCORE_H
#define GRADING_GRADE_SCORE_H

#include "grading/grade/answer.h"
#include "grading/grade/conf.h"
#include "grading/grade/diag.h"
#include "grading/grade/ktap.h"

enum { MACHINES_MAX = 2, OUTCOMES_MAX = 2048 };

enum machine_state {
	MACHINE_RAN,
	MACHINE_UNBUILT, /* the kernel did not compile: `path` has what the compiler said */
	MACHINE_TROUBLE, /* QEMU is missing, or was killed */
	MACHINE_SILENT,  /* it ran, and no case has a result */
};

struct machine {
	enum machine_state state;
	char arch[CONF_NAME_MAX], format[CONF_NAME_MAX];
	const char *path;
	struct ktap ktap;
	int suite_points, parity_points; /* earned by the lab's cases, and by those of them that count for parity */
	int part_points[CONF_PARTS_MAX];
	int failed, passed;
};

/* A case on a machine; also one that has no result. */
struct outcome {
	const struct conf_case *of;
	const struct machine *machine;
	const struct ktap_result *result; /* NULL: none */
	int passed;
	int points, points_max;
	char name[KTAP_NAME_MAX]; /* as shown: without "mmu.FORMAT/" */
	char why[KTAP_LINE_MAX];  /* it has not passed, in a line */
	const struct diag *diag;  /* NULL: nobody knows the mistake */
	const char *line, *at;    /* that names it, and where its bracket opens; NULL: none does */
};

enum arches { TWO_ARCHES, ONE_ARCH };

/* Where the cases ran.  What ran on the host has no points: only the lab's cases of simulated machines are there. */
enum place { IN_THE_KERNEL, ON_THE_HOST };

struct score {
	const struct conf *conf;
	enum arches arches;    /* of the course */
	enum place place;
	const struct diag_list *diags;
	const char *seed;      /* that was asked for; NULL: none */
	const char *chosen;    /* NULL, or: only cases whose name matches, and then there is no total */
	const char *part;      /* NULL, or: only the cases of this part, and no total */
	struct machine machines[MACHINES_MAX];
	int machine_count;
	struct outcome outcomes[OUTCOMES_MAX];
	int outcome_count;
	int strangers;         /* results of no case of the lab */
	enum answer_state answers[CONF_ANSWERS_MAX];

	const struct machine *first, *second; /* second: NULL if one machine ran */
	int suites, suites_max, parity, parity_max, answered, answered_max;
	int total, total_max;
};

/* Fill in all that follows from conf, arches, place, diags, chosen, part, machines and answers. */
void score_compute(struct score *score);

/* Are all of the lab's cases judged, so that there is a total? */
int score_is_whole(const struct score *score);

/* 0 all that was judged is right, 1 it is not, 2 a kernel did not compile, 3 the trouble is the machine's. */
int score_status(const struct score *score);

#endif
