/*
 * Answers to a lab's questions: lines "name: value" in a file.  A right one is known by a hash, so that who reads
 * lab.conf has not read the answers.  It is no secret: who wants to can try all numbers.
 */
#ifndef GRADING_GRADE_ANSWER_H
#define GRADING_GRADE_ANSWER_H

#include "grading/grade/conf.h"

enum answer_state { ANSWER_NONE, ANSWER_WRONG, ANSWER_NO_NUMBER, ANSWER_TWICE, ANSWER_RIGHT };

/*
 * The hash of an answer.  How it is written does not matter: upper and lower case, blanks, "_" and "," between digits,
 * a number in decimal or, after 0x, hexadecimal.
 */
unsigned long long answer_hash(const char *lab, const char *name, const char *value);

/* What the file says of each question; a file that does not exist says nothing. */
void answers_read(const struct conf *conf, const char *path, enum answer_state states[CONF_ANSWERS_MAX]);

#endif
