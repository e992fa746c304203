/*
 * The score in files, for other programs.
 */
#ifndef GRADING_GRADE_WRITE_H
#define GRADING_GRADE_WRITE_H

#include <stdio.h>

#include "grading/grade/score.h"

void write_ktap(const struct score *score, FILE *f);
void write_junit(const struct score *score, FILE *f);

/* Gradescope's results.json.  Points of suites stand at the cases of the first machine, all others have none there. */
void write_gradescope(const struct score *score, FILE *f);

/* lab,part,case,machine,points,of,verdict,id */
void write_csv(const struct score *score, FILE *f);

#endif
