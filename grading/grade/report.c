/*
 * The report: see report.h.
 *
 * Colour only underlines: the words are the same without it.
 */
#include "grading/grade/report.h"

#include <string.h>

#include "grading/grade/clean.h"

enum { INDENT = 2, WRAPPED_INDENT = 11, CONSOLE_LINES = 9 };

static enum report_colour colour;

static void in_colour(const char *code, const char *text)
{
	if (colour == REPORT_COLOURED)
		printf("\033[%sm%s\033[0m", code, text);
	else
		fputs(text, stdout);
}

/* ---- Lines of bounded width ------------------------------------------------------------------------------ */

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

/* Print text on at most `lines` lines; how many it took.  What does not fit ends in "...". */
static int print_wrapped(const char *text, int lines)
{
	int used = 0;

	for (int indent = INDENT; *text && used < lines; indent = WRAPPED_INDENT) {
		size_t size = piece_of(text, REPORT_COLUMNS - indent);
		int is_cut = text[size] && used + 1 == lines;

		if (is_cut)
			size = piece_of(text, REPORT_COLUMNS - indent - 4);
		printf("%*s%.*s%s\n", indent, "", (int)size, text, is_cut ? " ..." : "");
		text += size + strspn(text + size, " ");
		used++;
	}
	return used;
}

/* One line, cut. */
static void print_cut(const char *text, size_t columns)
{
	size_t size = clean_fit(text, columns);

	if (text[size] && columns > 3)
		printf("%.*s...\n", (int)clean_fit(text, columns - 3), text);
	else
		printf("%.*s\n", (int)size, text);
}

/* ---- One failure ----------------------------------------------------------------------------------------- */

int report_shows(const char *line)
{
	static const char *const dull[] = { "again: ", "used ", "not written yet: ", "id ", "start ", "panics " };

	for (size_t i = 0; i < sizeof(dull) / sizeof(dull[0]); i++)
		if (strncmp(line, dull[i], strlen(dull[i])) == 0)
			return 0;
	return line[0] && !strstr(line, ": expected verdict != MMU_FAILED:");
}

/* The identifier of a mistake, if the case knows one: its line "id PTE-U-MISSING"; else NULL. */
static const char *id_of(const struct ktap_result *r)
{
	for (int i = 0; r && i < r->line_count; i++)
		if (strncmp(r->lines[i], "id ", 3) == 0)
			return r->lines[i] + 3;
	return NULL;
}

static void points_to_text(char text[48], const struct outcome *o)
{
	if (o->points_max)
		snprintf(text, 48, "%d of %d points", o->points, o->points_max);
	else
		snprintf(text, 48, "worked before");
}

static void print_head(const struct outcome *o)
{
	const char *id = id_of(o->result);
	char points[48], head[2 * REPORT_COLUMNS];
	int room = REPORT_COLUMNS - 5;

	points_to_text(points, o);
	if (id)
		room -= (int)strlen(id) + 3;
	snprintf(head, sizeof(head), "%.60s %s, %s", o->name, o->machine->arch, points);
	in_colour("1;31", "FAIL");
	if (id && room > 0)
		printf(" %-*.*s [%s]\n", room, room, head, id);
	else
		printf(" %.*s\n", room, head);
}

/* Where in the explanation to begin: of a console, at the panic, or with its last lines. */
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

static void print_every_line(const struct ktap_result *r)
{
	for (int i = 0; r && i < r->line_count; i++)
		if (report_shows(r->lines[i]))
			print_wrapped(r->lines[i], KTAP_LINES_MAX);
	if (r && r->lines_lost)
		printf("  and %d lines more\n", r->lines_lost);
}

/* The body: at most `lines` lines, or all there is. */
static void print_explanation(const struct outcome *o, int lines)
{
	const struct ktap_result *r = o->result;
	int first = r ? first_line(r) : 0;
	char why[KTAP_LINE_MAX + 16];

	if (!r || r->why[0] || ktap_not_written(r)) {
		snprintf(why, sizeof(why), "why      %s", o->why);
		lines -= print_wrapped(why, lines);
	}
	if (lines > REPORT_LINES) {
		print_every_line(r);
		return;
	}
	for (int i = first; r && lines > 0 && !is_behind_the_end(r, i, first); i++)
		if (report_shows(r->lines[i]))
			lines -= print_wrapped(r->lines[i], lines);
}

static void print_in_full(const struct score *score, const struct outcome *o, int lines)
{
	print_head(o);
	print_explanation(o, lines - 2);
	printf("  again    make grade LAB=%s ARCH=%s T='%.50s'\n", score->conf->lab, o->machine->arch, o->name);
}

/* The machine is named where there are two. */
static void print_in_a_line(const struct score *score, const struct outcome *o)
{
	char points[48], line[KTAP_NAME_MAX + KTAP_LINE_MAX + 100];

	if (o->points_max)
		snprintf(points, sizeof(points), "%d of %d", o->points, o->points_max);
	else
		points_to_text(points, o);
	snprintf(line, sizeof(line), "%.60s%s%s, %s: %s", o->name, score->second ? " " : "",
		 score->second ? o->machine->arch : "", points, o->why);
	in_colour("31", "FAIL");
	putchar(' ');
	print_cut(line, REPORT_COLUMNS - 5);
}

/* ---- Machines -------------------------------------------------------------------------------------------- */

static void print_file(const char *path, int lines, const char *prefix, FILE *to)
{
	FILE *f = fopen(path, "r");
	char line[KTAP_LINE_MAX];

	while (f && lines-- > 0 && clean_line(f, line, sizeof(line)))
		fprintf(to, "%s%.*s\n", prefix, (int)clean_fit(line, REPORT_COLUMNS - strlen(prefix)), line);
	if (f)
		fclose(f);
}

void report_machine(const struct machine *m, const char *prefix, FILE *to)
{
	char indented[16];

	snprintf(indented, sizeof(indented), "%s  ", prefix);
	switch (m->state) {
	case MACHINE_RAN:
		return;
	case MACHINE_UNBUILT:
		fprintf(to, "%sthe kernel for %s does not compile:\n", prefix, m->arch);
		print_file(m->path, REPORT_LINES - 1, indented, to);
		return;
	case MACHINE_TROUBLE:
		fprintf(to, "%s%s could not be tested, and that is not your fault: try `make doctor`\n",
			prefix, m->arch);
		print_file(m->path, REPORT_LINES - 1, indented, to);
		return;
	case MACHINE_SILENT:
		fprintf(to, "%sno test has run on %s: the kernel or QEMU did not get so far; try `make doctor`\n",
			prefix, m->arch);
		for (int i = 0; i < m->ktap.result_count && i < 1; i++)
			for (int j = 0; j < m->ktap.results[i].line_count && j < REPORT_LINES - 2; j++)
				fprintf(to, "%s%.*s\n", indented, (int)clean_fit(m->ktap.results[i].lines[j], 90),
					m->ktap.results[i].lines[j]);
	}
}

/* ---- Points ---------------------------------------------------------------------------------------------- */

static void print_parts(const struct score *score)
{
	const struct conf *conf = score->conf;

	printf("\n");
	for (int i = 0; i < conf->part_count; i++) {
		printf("  %-10.10s %-44.44s", conf->parts[i].name, conf->parts[i].title);
		for (int j = 0; j < score->machine_count; j++)
			printf("  %5s %3d of %3d", score->machines[j].arch, score->machines[j].part_points[i],
			       conf->parts[i].points);
		printf("\n");
	}
}

static const char *answer_word(enum answer_state state)
{
	static const char *const words[] = {
		[ANSWER_NONE] = "no answer", [ANSWER_WRONG] = "not right", [ANSWER_TWICE] = "two answers",
		[ANSWER_RIGHT] = "right",
	};

	return words[state];
}

static void print_answers(const struct score *score)
{
	const struct conf *conf = score->conf;
	int right = 0;

	for (int i = 0; i < conf->answer_count; i++)
		right += score->answers[i] == ANSWER_RIGHT;
	printf("  answers    %d of %d points (labs/%s/answers)\n", score->answered, score->answered_max, conf->lab);
	for (int i = 0; right < conf->answer_count && i < conf->answer_count; i++)
		printf("             %s: %s\n", conf->answers[i].name, answer_word(score->answers[i]));
}

static void print_total(const struct score *score)
{
	int is_full = score->total == score->total_max;

	if (score_status(score) == 3) {
		printf("total: none, since not all could be tested\n");
		return;
	}
	printf("total: ");
	in_colour(is_full ? "1;32" : "1", is_full ? "all " : "");
	printf("%d of %d points", score->total, score->total_max);
	if (!score->second && score->arches == TWO_ARCHES)
		printf("; %d more for the other machine: make grade LAB=%s ARCH=all", score->conf->parity,
		       score->conf->lab);
	printf("\n");
}

static void print_points(const struct score *score)
{

	print_parts(score);
	printf("  suites     %d of %d points", score->suites, score->suites_max);
	printf(score->second ? " (on %s)\n" : "\n", score->first->arch);
	if (score->second && score->parity_max)
		printf("  parity     %d of %d points (on %s)\n", score->parity, score->parity_max, score->second->arch);
	print_answers(score);
	if (score->strangers)
		printf("  %d results belong to no case of this lab and count for nothing\n", score->strangers);
	print_total(score);
}

static void print_chosen(const struct score *score)
{
	int passed = 0, points = 0, points_max = 0;

	for (int i = 0; i < score->outcome_count; i++) {
		passed += score->outcomes[i].passed;
		points += score->outcomes[i].points;
		points_max += score->outcomes[i].points_max;
	}
	printf("%d of %d cases chosen by T= pass, %d of their %d points; no total\n", passed, score->outcome_count,
	       points, points_max);
}

/* ---- All of it ------------------------------------------------------------------------------------------- */

static void print_next(const struct score *score)
{
	int passed = 0;

	while (passed < score->outcome_count && score->outcomes[passed].passed)
		passed++;
	if (passed == score->outcome_count) {
		printf("all %d cases pass: make grade LAB=%s\n", passed, score->conf->lab);
		return;
	}
	if (score->outcomes[passed].machine->state == MACHINE_RAN)
		print_in_full(score, &score->outcomes[passed], REPORT_LINES);
	printf("%d of %d cases pass before it\n", passed, score->outcome_count);
}

static void print_outcomes(const struct score *score, enum report_form form)
{
	int failed = 0;

	for (int i = 0; i < score->outcome_count; i++) {
		const struct outcome *o = &score->outcomes[i];

		if (o->passed && form == REPORT_ALL)
			printf("ok   %s %s, %d points\n", o->name, o->machine->arch, o->points);
		if (o->passed || o->machine->state != MACHINE_RAN)
			continue;
		if (form == REPORT_ALL || failed++ == 0)
			print_in_full(score, o, form == REPORT_ALL ? KTAP_LINES_MAX : REPORT_LINES);
		else
			print_in_a_line(score, o);
	}
}

void report_print(const struct score *score, enum report_form form, enum report_colour new_colour)
{
	colour = new_colour;
	for (int i = 0; i < score->machine_count; i++)
		report_machine(&score->machines[i], "", stdout);
	if (form == REPORT_NEXT) {
		print_next(score);
		return;
	}
	print_outcomes(score, form);
	if (score->chosen)
		print_chosen(score);
	else
		print_points(score);
}
