/*
 * Where a function is that nobody has written.
 */
#ifndef GRADING_GRADE_WHERE_H
#define GRADING_GRADE_WHERE_H

#include <stddef.h>

#include "grading/grade/score.h"

/* "FUNCTION(), PATH" of the stub that this case has called: the file in the tree, if one of the lab's has it. */
void where_is_stub(char *text, size_t size, const struct score *score, const struct outcome *o);

#endif
