/*
 * Text that came out of a student's kernel, made fit to be shown and to be written into files: valid UTF-8 without
 * control characters.
 */
#ifndef GRADING_GRADE_CLEAN_H
#define GRADING_GRADE_CLEAN_H

#include <stddef.h>
#include <stdio.h>

/*
 * Read a line of at most size - 1 bytes; what is longer is read and dropped.  A tab becomes a blank, every byte that is
 * no part of a printable character a question mark.  0 at the end of the file.
 */
int clean_line(FILE *f, char *line, size_t size);

/* How many bytes of text fill at most `columns` columns, without cutting a character in two. */
size_t clean_fit(const char *text, size_t columns);

#endif
