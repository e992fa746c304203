/*
 * Clean text: see clean.h.
 */
#include "grading/grade/clean.h"

#include <string.h>

/* Bytes that follow this first byte of a character; -1 if no character begins so. */
static int bytes_behind(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first < 0xe0)
		return 1;
	if (first >= 0xe0 && first < 0xf0)
		return 2;
	return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

/* Neither a control character nor one that turns the direction of a line, and one that XML knows. */
static int is_printable(unsigned long c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
		return 0;
	if ((c >= 0x200b && c < 0x2010) || (c >= 0x2028 && c < 0x2030) || (c >= 0x2060 && c < 0x2070) || c == 0xfeff)
		return 0;
	return (c & 0xfffe) != 0xfffe && c < 0x110000;
}

/* Size of the printable character at the beginning; 0 if there is none. */
static size_t character(const unsigned char *text)
{
	static const unsigned long smallest[] = { 0, 0x80, 0x800, 0x10000 };
	int behind = bytes_behind(text[0]);
	unsigned long c = text[0];

	if (behind < 0)
		return 0;
	if (behind > 0)
		c &= 0x3f >> behind;
	for (int i = 1; i <= behind; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	return c >= smallest[behind] && is_printable(c) ? behind + 1 : 0;
}

static void clean(char *line)
{
	unsigned char *at = (unsigned char *)line;

	while (*at) {
		size_t size = character(at);

		if (size == 0)
			*at = *at == '\t' ? ' ' : '?';
		at += size ? size : 1;
	}
}

int clean_line(FILE *f, char *line, size_t size)
{
	size_t used = 0;
	int c = getc(f);

	if (c == EOF)
		return 0;
	for (; c != EOF && c != '\n'; c = getc(f))
		if (used + 1 < size)
			line[used++] = (char)(c ? c : '?');
	while (used && line[used - 1] == '\r')
		used--;
	line[used] = 0;
	clean(line);
	return 1;
}

size_t clean_fit(const char *text, size_t columns)
{
	size_t size = 0;

	while (text[size] && columns--)
		do
			size++;
		while (((unsigned char)text[size] & 0xc0) == 0x80);
	return size;
}
