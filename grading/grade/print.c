/*
 * Lines: see print.h.
 */
#include "grading/grade/print.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "grading/grade/clean.h"

enum { INDENT = 2, LABEL_INDENT = 11 };

static enum print_colour colour;

void print_use(enum print_colour new_colour)
{
	colour = new_colour;
}

void print_coloured(const char *code, const char *text)
{
	if (colour == PRINT_COLOURED)
		printf("\033[%sm%s\033[0m", code, text);
	else
		fputs(text, stdout);
}

/* As many bytes as fit, cut at a blank where there is one. */
static size_t piece_of(const char *text, size_t columns)
{
	size_t size = clean_fit(text, columns), at = size;

	if (!text[size])
		return size;
	while (at && text[at] != ' ')
		at--;
	return at > size / 2 ? at : size;
}

static const char *behind_piece(const char *text, size_t size)
{
	return text + size + strspn(text + size, " ");
}

static int first_indent(const char *label)
{
	return *label ? LABEL_INDENT : INDENT;
}

int print_wrapped(const char *label, const char *text, int lines)
{
	int used = 0;

	for (int indent = first_indent(label); *text && used < lines; indent = LABEL_INDENT) {
		size_t size = piece_of(text, PRINT_COLUMNS - indent);
		int is_cut = text[size] && used + 1 == lines;

		if (is_cut)
			size = piece_of(text, PRINT_COLUMNS - indent - 4);
		printf("%*s%-*s%.*s%s\n", INDENT, "", indent - INDENT, used ? "" : label, (int)size, text,
		       is_cut ? " ..." : "");
		text = behind_piece(text, size);
		used++;
	}
	return used;
}

int print_lines_of(const char *label, const char *text)
{
	int lines = 0;

	for (int indent = first_indent(label); *text; indent = LABEL_INDENT) {
		text = behind_piece(text, piece_of(text, PRINT_COLUMNS - indent));
		lines++;
	}
	return lines;
}

void print_cut(const char *text, size_t columns)
{
	size_t size = clean_fit(text, columns);

	if (text[size] && columns > 3)
		printf("%.*s...\n", (int)clean_fit(text, columns - 3), text);
	else
		printf("%.*s\n", (int)size, text);
}
