/*
 * A string that grows: what a child has said so far.
 */
#ifndef GRADING_RUN_TEXT_H
#define GRADING_RUN_TEXT_H

#include <stddef.h>
#include <stdio.h>

struct text {
	char *bytes; /* followed by a zero that is not counted */
	size_t size;
	size_t room;
};

/* Zero bytes become question marks, so that the text stays a C string.  Ends the program without memory. */
void text_add(struct text *t, const char *bytes, size_t size);

/* Print the last `lines` lines, each after `prefix`; nothing but printable characters and tabs, and no more columns. */
enum { TEXT_COLUMNS = 480 };
void text_print_tail(const struct text *t, int lines, const char *prefix, FILE *to);

#endif
