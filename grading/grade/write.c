/*
 * Files: see write.h.
 *
 * All text is valid UTF-8 without control characters (clean.h), so that what is left to escape is each format's own.
 */
#include "grading/grade/write.h"

#include <string.h>

#include "grading/grade/failure.h"
#include "grading/grade/report.h"

static int is_of_first(const struct score *score, const struct outcome *o)
{
	return o->machine == score->first;
}

/* Which mistake it is, and each line of explanation, by a function that knows the format. */
static void each_line(const struct outcome *o, void (*put)(const char *line, FILE *f), FILE *f)
{
	char id[CONF_NAME_MAX + 2];

	if (o->diag) {
		snprintf(id, sizeof(id), "[%s]", o->diag->id);
		put(id, f);
	}
	put(o->why, f);
	for (int i = 0; o->result && i < o->result->line_count; i++)
		if (failure_shows(o->result->lines[i]) && strcmp(o->result->lines[i], o->why) != 0)
			put(o->result->lines[i], f);
}

/* ---- KTAP ------------------------------------------------------------------------------------------------ */

static void put_ktap_line(const char *line, FILE *f)
{
	fprintf(f, "# %s\n", line);
}

void write_ktap(const struct score *score, FILE *f)
{
	fprintf(f, "KTAP version 1\n1..%d\n", score->outcome_count);
	for (int i = 0; i < score->outcome_count; i++) {
		const struct outcome *o = &score->outcomes[i];

		fprintf(f, "%s %d %s.%s.%s\n", o->passed ? "ok" : "not ok", i + 1, score->conf->lab, o->machine->arch,
			o->name);
		if (!o->passed)
			each_line(o, put_ktap_line, f);
	}
	for (int i = 0; i < score->machine_count; i++)
		report_machine(&score->machines[i], "# ", f);
	if (score_is_whole(score))
		fprintf(f, "# total: %d of %d points\n", score->total, score->total_max);
}

/* ---- JUnit ----------------------------------------------------------------------------------------------- */

static void put_xml(const char *text, FILE *f)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", f); break;
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '"': fputs("&quot;", f); break;
		default: putc(*text, f);
		}
	}
}

static void put_xml_line(const char *line, FILE *f)
{
	put_xml(line, f);
	putc('\n', f);
}

static void write_junit_case(const struct score *score, const struct outcome *o, FILE *f)
{
	fprintf(f, "  <testcase classname=\"%s.%s\" name=\"", score->conf->lab, o->machine->arch);
	put_xml(o->name, f);
	fputs(o->passed ? "\"/>\n" : "\">\n    <failure", f);
	if (o->passed)
		return;
	if (o->diag)
		fprintf(f, " type=\"%s\"", o->diag->id);
	fputs(" message=\"", f);
	put_xml(o->why, f);
	fputs("\">", f);
	each_line(o, put_xml_line, f);
	fputs("</failure>\n  </testcase>\n", f);
}

void write_junit(const struct score *score, FILE *f)
{
	int failed = 0;

	for (int i = 0; i < score->outcome_count; i++)
		failed += !score->outcomes[i].passed;
	fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\">\n",
		score->conf->lab, score->outcome_count, failed);
	for (int i = 0; i < score->outcome_count; i++)
		write_junit_case(score, &score->outcomes[i], f);
	fputs("</testsuite>\n", f);
}

/* ---- Gradescope ------------------------------------------------------------------------------------------ */

static void put_json(const char *text, FILE *f)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', f);
		putc(*text, f);
	}
}

static void put_json_line(const char *line, FILE *f)
{
	put_json(line, f);
	fputs("\\n", f);
}

/* One test, down to where its output begins. */
static void begin_json_test(FILE *f, int points, int points_max, int passed)
{
	fprintf(f, "\", \"score\": %d, \"max_score\": %d, \"status\": \"%s\", \"visibility\": \"visible\", "
		"\"output_format\": \"text\", \"output\": \"", points, points_max, passed ? "passed" : "failed");
}

static void write_json_case(const struct score *score, const struct outcome *o, FILE *f)
{
	int counts = is_of_first(score, o) && score_is_whole(score);

	fputs("    { \"name\": \"", f);
	put_json(o->name, f);
	fprintf(f, " (%s)", o->machine->arch);
	begin_json_test(f, counts ? o->points : 0, counts ? o->points_max : 0, o->passed);
	if (!o->passed)
		each_line(o, put_json_line, f);
	fputs("\"", f);
	if (o->diag)
		fprintf(f, ", \"tags\": [\"%s\"]", o->diag->id);
	fputs(" },\n", f);
}

static void write_json_sum(const char *name, int points, int points_max, FILE *f)
{
	fprintf(f, "    { \"name\": \"%s", name);
	begin_json_test(f, points, points_max, points == points_max);
	fputs("\" }", f);
}

static void write_json_machines(const struct score *score, FILE *f)
{
	for (int i = 0; i < score->machine_count; i++) {
		const struct machine *m = &score->machines[i];

		if (m->state == MACHINE_RAN)
			continue;
		fprintf(f, "    { \"name\": \"%s", m->arch);
		begin_json_test(f, 0, 0, 0);
		put_json(m->state == MACHINE_UNBUILT ? "the kernel does not compile" : "it could not be tested", f);
		fputs("\" },\n", f);
	}
}

void write_gradescope(const struct score *score, FILE *f)
{
	fprintf(f, "{ \"score\": %d, \"stdout_visibility\": \"hidden\",\n  \"extra_data\": { \"lab\": \"%s\", "
		"\"max_score\": %d, \"status\": %d },\n  \"tests\": [\n", score_is_whole(score) ? score->total : 0,
		score->conf->lab, score->total_max, score_status(score));
	write_json_machines(score, f);
	for (int i = 0; i < score->outcome_count; i++)
		write_json_case(score, &score->outcomes[i], f);
	write_json_sum("parity of the machines", score->parity, score->parity_max, f);
	fputs(",\n", f);
	write_json_sum("answers", score->answered, score->answered_max, f);
	fputs("\n  ] }\n", f);
}

/* ---- CSV ------------------------------------------------------------------------------------------------- */

static void put_csv(const char *text, FILE *f)
{
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', f);
		putc(*text, f);
	}
	putc('"', f);
}

void write_csv(const struct score *score, FILE *f)
{
	const char *lab = score->conf->lab;

	fputs("lab,part,case,machine,points,of,verdict,id\n", f);
	for (int i = 0; i < score->outcome_count; i++) {
		const struct outcome *o = &score->outcomes[i];

		fprintf(f, "%s,%s,", lab, score->conf->parts[o->of->part].name);
		put_csv(o->name, f);
		fprintf(f, ",%s,%d,%d,%s,%s\n", o->machine->arch, o->points, o->points_max,
			o->passed ? "passed" : "failed", o->diag ? o->diag->id : "");
	}
	if (!score_is_whole(score))
		return;
	fprintf(f, "%s,suites,,%s,%d,%d,,\n", lab, score->first->arch, score->suites, score->suites_max);
	fprintf(f, "%s,parity,,%s,%d,%d,,\n", lab, score->second ? score->second->arch : "", score->parity,
		score->parity_max);
	fprintf(f, "%s,answers,,,%d,%d,,\n", lab, score->answered, score->answered_max);
	fprintf(f, "%s,total,,,%d,%d,,\n", lab, score->total, score->total_max);
}
