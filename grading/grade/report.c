/*
 * The report: see report.h.
 */

#include "grading/grade/report.h"

#include <string.h>

#include "grading/grade/clean.h"
#include "grading/grade/failure.h"

/* ---- Machines -------------------------------------------------------------------------------------------- */

static void print_file(const char *path, int lines, const char *prefix, FILE *to)
{
	FILE *f = fopen(path, "r");
	char line[KTAP_LINE_MAX];

	while (f && lines-- > 0 && clean_line(f, line, sizeof(line)))
		fprintf(to, "%s%.*s\n", prefix, (int)clean_fit(line, PRINT_COLUMNS - strlen(prefix)), line);
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
		[ANSWER_NONE] = "no answer",
		[ANSWER_WRONG] = "not right",
		[ANSWER_NO_NUMBER] = "not right, and not a number",
		[ANSWER_TWICE] = "two answers",
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
	print_coloured(is_full ? "1;32" : "1", is_full ? "all " : "");
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

/* Cases on the host have no points. */
static void print_passed(const struct score *score)
{
	int passed = 0;

	for (int i = 0; i < score->outcome_count; i++)
		passed += score->outcomes[i].passed;
	printf("%d of %d cases pass on the host; points are given by make grade\n", passed, score->outcome_count);
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
		if (score->part)
			printf("part %s: all %d cases pass\n", score->part, passed);
		else
			printf("all %d cases pass: make grade LAB=%s\n", passed, score->conf->lab);
		return;
	}
	if (score->outcomes[passed].machine->state == MACHINE_RAN)
		failure_print(score, &score->outcomes[passed], FAILURE_SHORT);
	printf("%d of %d cases%s%s pass before it\n", passed, score->outcome_count, score->part ? " of part " : "",
	       score->part ? score->part : "");
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
			failure_print(score, o, form == REPORT_ALL ? FAILURE_WITH_ALL_LINES : FAILURE_SHORT);
		else
			failure_print_in_a_line(score, o);
	}
}

void report_print(const struct score *score, enum report_form form, enum print_colour colour)
{
	print_use(colour);
	for (int i = 0; i < score->machine_count; i++)
		report_machine(&score->machines[i], "", stdout);
	if (form == REPORT_NEXT) {
		print_next(score);
		return;
	}
	print_outcomes(score, form);
	if (score->place == ON_THE_HOST)
		print_passed(score);
	else if (score->chosen)
		print_chosen(score);
	else
		print_points(score);
}
