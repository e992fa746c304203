/*
 * Failures: see failure.h.
 */
#include "grading/grade/failure.h"

#include <stdio.h>
#include <string.h>

#include "grading/grade/print.h"
#include "grading/grade/sentence.h"
#include "grading/grade/where.h"

enum { CONSOLE_LINES = 9, TEXT_MAX = 2 * KTAP_LINE_MAX };

/* What stands between the head and where to look. */
enum row { ROW_DID, ROW_GOT, ROW_EXPECTED, ROW_WHY, ROWS };

struct rows {
	char text[ROWS][TEXT_MAX];
	int lines[ROWS];
};

static const char *const labels[ROWS] = {
	[ROW_DID] = "did", [ROW_GOT] = "got", [ROW_EXPECTED] = "expected", [ROW_WHY] = "why",
};

int failure_shows(const char *line)
{
	static const char *const dull[] = { "again: ", "used ", "not written yet: ", "start ", "panics " };

	for (size_t i = 0; i < sizeof(dull) / sizeof(dull[0]); i++)
		if (strncmp(line, dull[i], strlen(dull[i])) == 0)
			return 0;
	return line[0] && !strstr(line, ": expected verdict != MMU_FAILED:");
}

/* ---- The head -------------------------------------------------------------------------------------------- */

static void points_to_text(char text[48], const struct score *score, const struct outcome *o)
{
	if (score->place == ON_THE_HOST)
		snprintf(text, 48, "on the host");
	else if (o->points_max)
		snprintf(text, 48, "%d of %d points", o->points, o->points_max);
	else
		snprintf(text, 48, "worked before");
}

static void print_head(const struct score *score, const struct outcome *o)
{
	char points[48], head[2 * PRINT_COLUMNS];
	int room = PRINT_COLUMNS - 5;

	points_to_text(points, score, o);
	if (o->diag)
		room -= (int)strlen(o->diag->id) + 3;
	snprintf(head, sizeof(head), "%.60s %s, %s", o->name, o->machine->arch, points);
	print_coloured("1;31", "FAIL");
	if (o->diag)
		printf(" %-*.*s [%s]\n", room, room, head, o->diag->id);
	else
		printf(" %.*s\n", room, head);
}

/* ---- The end: where to look, how to see it again --------------------------------------------------------- */

static void put_look(char text[TEXT_MAX], const struct score *score, const struct outcome *o)
{
	char look[DIAG_TEXT_MAX];

	text[0] = 0;
	if (o->diag == NULL || !o->diag->look[0])
		return;
	conf_replace(look, sizeof(look), o->diag->look, o->machine->arch, o->machine->format);
	if (strcmp(look, "FUNCTION") == 0)
		where_is_stub(text, TEXT_MAX, score, o);
	else
		snprintf(text, TEXT_MAX, "%s", look);
}

/* On one line, if they fit. */
static void print_look(const struct score *score, const struct outcome *o)
{
	char look[TEXT_MAX], read[DIAG_TEXT_MAX] = "", both[2 * TEXT_MAX];

	put_look(look, score, o);
	if (o->diag && o->diag->read[0])
		snprintf(read, sizeof(read), "labs/%s/README.md#%s", o->diag->lab, o->diag->read);
	snprintf(both, sizeof(both), "%s      read  %s", look, read);
	if (look[0] && read[0] && print_lines_of("look", both) == 1) {
		print_wrapped("look", both, 1);
		return;
	}
	print_wrapped("look", look, 1);
	print_wrapped("read", read, 1);
}

static int is_plain(const char *name)
{
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")] == 0;
}

/* GDB stands behind it, or on a line of its own. */
static void print_again(const struct score *score, const struct outcome *o)
{
	const char *quote = is_plain(o->name) ? "" : "'";
	char line[TEXT_MAX], both[TEXT_MAX + 32];

	snprintf(line, sizeof(line), "make %s LAB=%s ARCH=%s T=%s%s%s%s%s",
		 score->place == ON_THE_HOST ? "htest" : "grade", score->conf->lab, o->machine->arch, quote, o->name,
		 quote, score->seed ? " SEED=" : "", score->seed ? score->seed : "");
	snprintf(both, sizeof(both), "%s      debug: add GDB=1", line);
	if (score->place == ON_THE_HOST || !o->result) {
		print_wrapped("again", line, 2);
	} else if (print_lines_of("again", both) == 1) {
		print_wrapped("again", both, 1);
	} else {
		print_wrapped("again", line, 1);
		print_wrapped("debug", "add GDB=1", 1);
	}
}

/* How many lines print_look() and print_again() take, at most. */
static int lines_of_end(const struct score *score, const struct outcome *o)
{
	char look[TEXT_MAX];

	put_look(look, score, o);
	return 2 + (look[0] != 0) + (o->diag && o->diag->read[0]);
}

/* ---- What a check has found ------------------------------------------------------------------------------ */

static void put_span(char text[TEXT_MAX], struct span span)
{
	snprintf(text, TEXT_MAX, "%.*s", span.size, span.text);
}

/* The context stands behind what was done. */
static void fill_from_sentence(struct rows *rows, const struct outcome *o)
{
	struct sentence sentence;
	struct span context, did;

	sentence_split(&sentence, o->line, o->at);
	context = sentence.part[SENTENCE_CONTEXT];
	did = sentence.part[SENTENCE_DID];
	put_span(rows->text[ROW_DID], did.size ? did : context);
	if (did.size && context.size)
		snprintf(rows->text[ROW_DID], TEXT_MAX, "%.*s  (%.*s)", did.size, did.text, context.size, context.text);
	put_span(rows->text[ROW_GOT], sentence.part[SENTENCE_GOT]);
	put_span(rows->text[ROW_EXPECTED], sentence.part[SENTENCE_EXPECTED]);
}

static void fill(struct rows *rows, const struct outcome *o)
{
	memset(rows, 0, sizeof(*rows));
	if (o->line)
		fill_from_sentence(rows, o);
	else
		snprintf(rows->text[ROW_GOT], TEXT_MAX, "%s", o->why);
	snprintf(rows->text[ROW_WHY], TEXT_MAX, "%s", diag_why(o->diag, o->machine->arch));
}

/* So many lines for all: the longest give. */
static void share(struct rows *rows, int lines)
{
	int all = 0;

	for (int i = 0; i < ROWS; i++) {
		rows->lines[i] = print_lines_of(labels[i], rows->text[i]);
		all += rows->lines[i];
	}
	for (; all > lines; all--) {
		int longest = ROW_DID;

		for (int i = 0; i < ROWS; i++)
			if (rows->lines[i] > rows->lines[longest])
				longest = i;
		rows->lines[longest]--;
	}
}

static int print_rows(const struct rows *rows, enum row first, enum row last)
{
	int used = 0;

	for (int i = first; i <= last; i++)
		used += print_wrapped(labels[i], rows->text[i], rows->lines[i]);
	return used;
}

/* ---- What else was printed ------------------------------------------------------------------------------- */

/* Where to begin: in a console at the panic, or with its last lines. */
static int first_line(const struct ktap_result *r)
{
	int last = r->line_count - CONSOLE_LINES;

	for (int i = 0; i < r->line_count; i++)
		if (strncmp(r->lines[i], "| panic: ", 9) == 0)
			return i;
	if (r->line_count && r->lines[0][0] == '|' && last > 0)
		return last;
	return 0;
}

/* Is the console of interest?  Not behind what the case itself has said. */
static int is_behind_the_end(const struct ktap_result *r, int i, int first)
{
	return i == r->line_count || (r->lines[i][0] == '|' && r->lines[first][0] != '|');
}

/* What `got` has said already, is left out. */
static void print_some_lines(const struct outcome *o, int lines)
{
	const struct ktap_result *r = o->result;
	int first = r ? first_line(r) : 0;

	for (int i = first; r && lines > 0 && !is_behind_the_end(r, i, first); i++)
		if (failure_shows(r->lines[i]) && strcmp(r->lines[i], o->why) != 0)
			lines -= print_wrapped("", r->lines[i], lines);
}

static void print_every_line(const struct ktap_result *r)
{
	for (int i = 0; r && i < r->line_count; i++)
		if (failure_shows(r->lines[i]))
			print_wrapped("", r->lines[i], KTAP_LINES_MAX);
	if (r && r->lines_lost)
		printf("  and %d lines more\n", r->lines_lost);
}

/* ---- All of it ------------------------------------------------------------------------------------------- */

static void print_known(const struct outcome *o, enum failure_form form, int lines)
{
	struct rows rows;
	int says_all = o->line || ktap_not_written(o->result);

	fill(&rows, o);
	share(&rows, form == FAILURE_SHORT ? lines : TEXT_MAX);
	lines -= print_rows(&rows, ROW_DID, ROW_EXPECTED);
	if (form == FAILURE_SHORT && !says_all)
		print_some_lines(o, lines - rows.lines[ROW_WHY]);
	print_rows(&rows, ROW_WHY, ROW_WHY);
}

static void print_unknown(const struct outcome *o, enum failure_form form, int lines)
{
	if (!o->result || o->result->why[0] || !o->result->line_count)
		lines -= print_wrapped("why", o->why, lines);
	else if (form == FAILURE_SHORT)
		lines -= print_wrapped("", o->why, lines);
	if (form == FAILURE_SHORT)
		print_some_lines(o, lines);
}

void failure_print(const struct score *score, const struct outcome *o, enum failure_form form)
{
	int lines = FAILURE_LINES - 1 - lines_of_end(score, o);

	print_head(score, o);
	if (o->diag)
		print_known(o, form, lines);
	else
		print_unknown(o, form, lines);
	if (form == FAILURE_WITH_ALL_LINES)
		print_every_line(o->result);
	print_look(score, o);
	print_again(score, o);
}

/* Behind the identifier, the words that it stands for are left out. */
static const char *short_why(const struct outcome *o)
{
	const char *not_written = "not written yet: ";
	size_t size = o->diag ? strlen(not_written) : 0;

	return strncmp(o->why, not_written, size) == 0 ? o->why + size : o->why;
}

/* The machine is named where there are two. */
void failure_print_in_a_line(const struct score *score, const struct outcome *o)
{
	char points[48] = "", line[KTAP_NAME_MAX + KTAP_LINE_MAX + 200];

	if (score->place == IN_THE_KERNEL && o->points_max)
		snprintf(points, sizeof(points), ", %d of %d", o->points, o->points_max);
	else if (score->place == IN_THE_KERNEL)
		snprintf(points, sizeof(points), ", worked before");
	snprintf(line, sizeof(line), "%.60s%s%s%s%s%s%s: %s", o->name, score->second ? " " : "",
		 score->second ? o->machine->arch : "", points, o->diag ? " [" : "", o->diag ? o->diag->id : "",
		 o->diag ? "]" : "", short_why(o));
	print_coloured("31", "FAIL");
	putchar(' ');
	print_cut(line, PRINT_COLUMNS - 5);
}
