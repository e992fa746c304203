/*
 * A string that grows: see text.h.
 */
#include "grading/run/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void grow(struct text *t, size_t size)
{
	if (t->size + size + 1 <= t->room)
		return;
	t->room = 2 * (t->size + size + 1);
	t->bytes = realloc(t->bytes, t->room);
	if (!t->bytes) {
		fprintf(stderr, "out of memory\n");
		exit(2);
	}
}

void text_add(struct text *t, const char *bytes, size_t size)
{
	grow(t, size);
	for (size_t i = 0; i < size; i++)
		t->bytes[t->size++] = bytes[i] ? bytes[i] : '?';
	t->bytes[t->size] = 0;
}

static size_t start_of_tail(const struct text *t, int lines)
{
	size_t at = t->size;

	if (at && t->bytes[at - 1] == '\n')
		at--;
	while (at && (t->bytes[at - 1] != '\n' || --lines))
		at--;
	return at;
}

void text_print_tail(const struct text *t, int lines, const char *prefix, FILE *to)
{
	int at_line_start = 1, column = 0;

	for (size_t i = start_of_tail(t, lines); i < t->size; i++) {
		unsigned char c = t->bytes[i];

		if (at_line_start)
			fputs(prefix, to);
		column = at_line_start ? 0 : column + 1;
		at_line_start = c == '\n';
		if (c == '\n' || (column < TEXT_COLUMNS && (c == '\t' || isprint(c))))
			putc(c, to);
	}
	if (!at_line_start)
		putc('\n', to);
}
