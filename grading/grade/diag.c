/*
 * The list of mistakes: see diag.h.
 */
#include "grading/grade/diag.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "grading/grade/clean.h"

enum { LINE_MAX_BYTES = 320 };

static const char *const built_in[DIAG_BUILT_INS] = {
	[DIAG_NOT_WRITTEN] = "NOT-WRITTEN", [DIAG_PANIC] = "PANIC", [DIAG_NO_END] = "NO-END",
};

/* ---- Words ----------------------------------------------------------------------------------------------- */

/* How many bytes at the beginning are an identifier: words of A-Z and 0-9, joined by "-"; 0 if they are none. */
static size_t id_size(const char *text)
{
	size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	if (!isupper((unsigned char)text[0]) || text[size - 1] == '-')
		return 0;
	for (size_t i = 1; i < size; i++)
		if (text[i] == '-' && text[i - 1] == '-')
			return 0;
	return size;
}

static int is_word(const char *text)
{
	return *text && !strpbrk(text, " \t");
}

static int copy_text(char *to, const char *from, size_t size)
{
	if (!*from || strlen(from) >= size)
		return -1;
	strcpy(to, from);
	return 0;
}

/* Behind what is there, with a blank between. */
static int append_text(char *to, const char *from, size_t size)
{
	size_t used = strlen(to);

	if (used && used + 1 < size)
		to[used++] = ' ';
	to[used] = 0;
	return copy_text(to + used, from, size - used);
}

/* The text behind a word at the beginning of it; NULL if it does not begin so. */
static const char *behind(const char *text, const char *word)
{
	size_t size = strlen(word);

	return strncmp(text, word, size) == 0 && text[size] == ' ' ? text + size + strspn(text + size, " ") : NULL;
}

static struct diag *find(struct diag_list *list, const char *id, size_t size)
{
	for (int i = 0; i < list->count; i++)
		if (strncmp(list->diags[i].id, id, size) == 0 && !list->diags[i].id[size])
			return &list->diags[i];
	return NULL;
}

/* ---- Lines, one function a keyword: 0, or -1 when the line is wrong -------------------------------------- */

/* The block that is read; a built-in one has its place already. */
static struct diag *block;

static int take_id(struct diag_list *list, const char *id)
{
	struct diag *known = find(list, id, strlen(id));
	int is_new_built_in = known && known < list->diags + DIAG_BUILT_INS && !known->lab[0];

	block = is_new_built_in ? known : &list->diags[list->count];
	if ((known && !is_new_built_in) || list->count == DIAGS_MAX || id[id_size(id)] || !strchr(id, '-'))
		return is_new_built_in ? 0 : -1;
	list->count += !is_new_built_in;
	return copy_text(block->id, id, sizeof(block->id));
}

static int take_lab(struct diag_list *list, const char *lab)
{
	return is_word(lab) && !block->lab[0] ? copy_text(block->lab, lab, sizeof(block->lab)) : -1;
}

static int take_why(struct diag_list *list, const char *text)
{
	static const char *const arches[] = { [DIAG_RISCV] = "riscv", [DIAG_X86] = "x86" };
	enum diag_whom whom = DIAG_ALL;

	for (int i = DIAG_RISCV; i < DIAG_WHOM_COUNT; i++) {
		const char *rest = behind(text, arches[i]);

		if (!rest)
			continue;
		whom = i;
		text = rest;
		break;
	}
	return append_text(block->why[whom], text, DIAG_TEXT_MAX);
}

static int take_look(struct diag_list *list, const char *text)
{
	return append_text(block->look, text, sizeof(block->look));
}

static int take_read(struct diag_list *list, const char *anchor)
{
	return is_word(anchor) && !block->read[0] ? copy_text(block->read, anchor, sizeof(block->read)) : -1;
}

static int take_case(struct diag_list *list, const char *pattern)
{
	struct diag_case *c = &list->cases[list->case_count];

	if (list->case_count == DIAG_CASES_MAX || !is_word(pattern))
		return -1;
	list->case_count++;
	c->diag = (int)(block - list->diags);
	return copy_text(c->pattern, pattern, sizeof(c->pattern));
}

/* For labs/hint.sh. */
static int take_other(struct diag_list *list, const char *text)
{
	return *text ? 0 : -1;
}

static const struct {
	const char *word;
	int (*take)(struct diag_list *list, const char *text);
} keywords[] = {
	{ "id", take_id }, { "lab", take_lab }, { "why", take_why }, { "look", take_look }, { "read", take_read },
	{ "case", take_case }, { "ask", take_other }, { "point", take_other },
};

/* An empty line ends the block. */
static int take_line(struct diag_list *list, char *line)
{
	size_t size = strlen(line);

	if (line[0] == '#')
		return 0;
	while (size && isspace((unsigned char)line[size - 1]))
		line[--size] = 0;
	if (!size) {
		block = NULL;
		return 0;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const char *text = behind(line, keywords[i].word);

		if (text && (i == 0) == !block)
			return keywords[i].take(list, text);
	}
	return -1;
}

int diag_read(struct diag_list *list, const char *path)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	char line[LINE_MAX_BYTES];
	int error = 0;

	memset(list, 0, sizeof(*list));
	block = NULL;
	for (list->count = 0; list->count < DIAG_BUILT_INS; list->count++)
		strcpy(list->diags[list->count].id, built_in[list->count]);
	if (path && !f)
		fprintf(stderr, "grade: %s: %s\n", path, strerror(errno));
	if (!f)
		return path ? -1 : 0;
	for (int number = 1; !error && clean_line(f, line, sizeof(line)); number++) {
		error = strlen(line) == sizeof(line) - 1 ? -1 : take_line(list, line);
		if (error)
			fprintf(stderr, "%s:%d: not understood: %s\n", path, number, line);
	}
	fclose(f);
	return error;
}

/* ---- What is asked of it --------------------------------------------------------------------------------- */

const struct diag *diag_in_line(const struct diag_list *list, const char *line, const char **at)
{
	for (*at = strchr(line, '['); *at; *at = strchr(*at + 1, '[')) {
		size_t size = id_size(*at + 1);
		const struct diag *diag = size && (*at)[1 + size] == ']' ?
			find((struct diag_list *)list, *at + 1, size) : NULL;

		if (diag)
			return diag;
	}
	return NULL;
}

const struct diag *diag_of_case(const struct diag_list *list, const char *lab, const char *name, const char *arch,
				const char *format)
{
	const struct diag *first = NULL;
	char pattern[CONF_PATTERN_MAX];

	for (int i = 0; i < list->case_count; i++) {
		const struct diag *diag = &list->diags[list->cases[i].diag];

		conf_replace(pattern, sizeof(pattern), list->cases[i].pattern, arch, format);
		if (fnmatch(pattern, name, 0) != 0)
			continue;
		if (strcmp(diag->lab, lab) == 0)
			return diag;
		first = first ? first : diag;
	}
	return first;
}

int diag_is_of_later_lab(const struct diag *diag, const struct diag *than)
{
	return diag > than && strcmp(diag->lab, than->lab) != 0;
}

const char *diag_why(const struct diag *diag, const char *arch)
{
	enum diag_whom whom = strcmp(arch, "riscv") == 0 ? DIAG_RISCV : DIAG_X86;

	return diag->why[whom][0] ? diag->why[whom] : diag->why[DIAG_ALL];
}
