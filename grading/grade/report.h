/*
 * What a student sees on the terminal: the first failure in full, a line for each other one, the points.
 */
#ifndef GRADING_GRADE_REPORT_H
#define GRADING_GRADE_REPORT_H

#include <stdio.h>

#include "grading/grade/score.h"

enum { REPORT_COLUMNS = 100, REPORT_LINES = 12 };

enum report_form {
	REPORT_SHORT,
	REPORT_ALL,  /* every failure in full, and what passed */
	REPORT_NEXT, /* the first failure alone */
};

enum report_colour { REPORT_PLAIN, REPORT_COLOURED };

void report_print(const struct score *score, enum report_form form, enum report_colour colour);

/* "KERNEL MACHINE" is in trouble or does not compile: what there is to say of it, each line after `prefix`. */
void report_machine(const struct machine *m, const char *prefix, FILE *to);

/* Does a line of explanation belong into a report?  Not if it only counts, or repeats what the report says. */
int report_shows(const char *line);

#endif
