/*
 * What a student sees on the terminal: the first failure in full, a line for each other one, the points.
 */
#ifndef GRADING_GRADE_REPORT_H
#define GRADING_GRADE_REPORT_H

#include <stdio.h>

#include "grading/grade/print.h"
#include "grading/grade/score.h"

/* Of what a machine in trouble has said. */
enum { REPORT_LINES = 12 };

enum report_form {
	REPORT_SHORT,
	REPORT_ALL,  /* every failure in full, and what passed */
	REPORT_NEXT, /* the first failure alone */
};

void report_print(const struct score *score, enum report_form form, enum print_colour colour);

/* "KERNEL MACHINE" is in trouble or does not compile: what there is to say of it, each line after `prefix`. */
void report_machine(const struct machine *m, const char *prefix, FILE *to);

#endif
