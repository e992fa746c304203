/*
 * Text on the terminal: lines of at most 100 columns.  Colour only underlines: the words are the same without it.
 */
#ifndef GRADING_GRADE_PRINT_H
#define GRADING_GRADE_PRINT_H

#include <stddef.h>

enum { PRINT_COLUMNS = 100 };

enum print_colour { PRINT_PLAIN, PRINT_COLOURED };

void print_use(enum print_colour colour);

/* `code`: of the terminal, such as "1;31". */
void print_coloured(const char *code, const char *text);

/* The text behind a label ("": none), on at most `lines` lines.  What does not fit ends in "...".  How many it took. */
int print_wrapped(const char *label, const char *text, int lines);

/* How many lines that would take. */
int print_lines_of(const char *label, const char *text);

/* One line of at most so many columns. */
void print_cut(const char *text, size_t columns);

#endif
