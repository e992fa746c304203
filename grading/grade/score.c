/*
 * Scores: see score.h.
 */
#include "grading/grade/score.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "grading/grade/sentence.h"

/* "mmu.riscv/iter.x" is shown as iter.x on the machine whose format that is. */
static const char *shown_name(const struct machine *m, const char *name)
{
	size_t size = strlen(m->format);

	if (strncmp(name, "mmu.", 4) == 0 && strncmp(name + 4, m->format, size) == 0 && name[4 + size] == '/')
		return name + 5 + size;
	return name;
}

/* ---- Outcomes -------------------------------------------------------------------------------------------- */

static void say_why(struct outcome *o, const char *text)
{
	snprintf(o->why, sizeof(o->why), "%s", text);
}

/* A line of explanation that names a mistake. */
static void find_line(struct outcome *o, const struct diag_list *diags)
{
	for (int i = 0; i < o->result->line_count && !o->diag; i++) {
		o->line = o->result->lines[i];
		o->diag = diag_in_line(diags, o->line, &o->at);
	}
	if (!o->diag)
		o->line = o->at = NULL;
}

static const struct diag *diag_of_end(const struct diag_list *diags, const char *why)
{
	if (strncmp(why, "CRASH", 5) == 0)
		return &diags->diags[DIAG_PANIC];
	return strncmp(why, "TIMEOUT", 7) == 0 ? &diags->diags[DIAG_NO_END] : NULL;
}

/*
 * Which mistake it is: a function that is not there explains everything else; then what a check says of it, unless that
 * is a later lab's and this lab knows what the case stands for.
 */
static void diagnose(struct outcome *o, const struct score *score)
{
	const struct diag_list *diags = score->diags;
	const struct diag *usual = diag_of_case(diags, score->conf->lab, o->result->name, o->machine->arch,
						o->machine->format);

	if (ktap_not_written(o->result)) {
		o->diag = &diags->diags[DIAG_NOT_WRITTEN];
		return;
	}
	find_line(o, diags);
	if (!o->diag || (usual && diag_is_of_later_lab(o->diag, usual)))
		o->diag = usual;
	if (!o->diag)
		o->diag = diag_of_end(diags, o->result->why);
}

/* What hardware sees, or the bits that differ, if the check says so: both tell more than the beginning of a value. */
static int say_difference(struct outcome *o, struct span expected)
{
	static const char *const keys[] = { "hardware sees ", "differs: " };
	char text[KTAP_LINE_MAX];

	snprintf(text, sizeof(text), "%.*s", expected.size, expected.text);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *found = strstr(text, keys[i]);

		if (!found)
			continue;
		say_why(o, found);
		return 1;
	}
	return 0;
}

/* What was got, or all that the check says. */
static void say_finding(struct outcome *o)
{
	struct sentence sentence;
	struct span got;

	sentence_split(&sentence, o->line, o->at);
	got = sentence.part[SENTENCE_GOT];
	if (say_difference(o, sentence.part[SENTENCE_EXPECTED]))
		return;
	if (got.size)
		snprintf(o->why, sizeof(o->why), "%.*s", got.size, got.text);
	else
		say_why(o, strchr(o->at, ']') + 1 + strspn(strchr(o->at, ']') + 1, " "));
}

/* Why it has not passed, as short as can be. */
static void explain(struct outcome *o, const struct score *score)
{
	const struct ktap_result *r = o->result;
	const char *not_written = r ? ktap_not_written(r) : NULL;

	if (r)
		diagnose(o, score);
	if (not_written)
		say_why(o, not_written);
	else if (!r && o->machine->state == MACHINE_UNBUILT)
		say_why(o, "it does not compile");
	else if (!r)
		say_why(o, "no result: it was not run");
	else if (o->line)
		say_finding(o);
	else if (r->why[0])
		say_why(o, r->why);
	else
		say_why(o, r->line_count ? r->lines[0] : "the kernel does not say why");
}

static struct outcome *new_outcome(struct score *score, struct machine *m, const struct conf_case *c)
{
	struct outcome *o = &score->outcomes[score->outcome_count];

	if (score->outcome_count == OUTCOMES_MAX)
		return NULL;
	score->outcome_count++;
	memset(o, 0, sizeof(*o));
	o->of = c;
	o->machine = m;
	o->points_max = c->points;
	return o;
}

static void count(struct machine *m, const struct outcome *o)
{
	m->passed += o->passed;
	m->failed += !o->passed;
	m->suite_points += o->points;
	m->part_points[o->of->part] += o->points;
	m->parity_points += o->of->parity ? o->points : 0;
}

static int is_chosen(const struct score *score, const struct machine *m, const struct conf_case *c, const char *name)
{
	if (score->part && strcmp(score->part, score->conf->parts[c->part].name) != 0)
		return 0;
	return !score->chosen || fnmatch(score->chosen, name, 0) == 0 ||
		fnmatch(score->chosen, shown_name(m, name), 0) == 0;
}

static void add_result(struct score *score, struct machine *m, const struct conf_case *c, struct ktap_result *r)
{
	struct outcome *o = is_chosen(score, m, c, r->name) ? new_outcome(score, m, c) : NULL;

	r->is_taken = 1;
	if (!o)
		return;
	o->result = r;
	o->passed = r->state == KTAP_PASSED;
	o->points = o->passed ? c->points : 0;
	snprintf(o->name, sizeof(o->name), "%s", shown_name(m, r->name));
	if (!o->passed)
		explain(o, score);
	count(m, o);
}

/* A case that should be there.  One of several has no name but the pattern. */
static void add_missing(struct score *score, struct machine *m, const struct conf_case *c, const char *pattern)
{
	struct outcome *o = is_chosen(score, m, c, pattern) ? new_outcome(score, m, c) : NULL;

	if (!o)
		return;
	snprintf(o->name, sizeof(o->name), "%s", shown_name(m, pattern));
	explain(o, score);
	count(m, o);
}

static void add_case(struct score *score, struct machine *m, const struct conf_case *c)
{
	char pattern[CONF_PATTERN_MAX];
	int found = 0;

	if (score->place == ON_THE_HOST && strncmp(c->pattern, "mmu.", 4) != 0)
		return;
	conf_replace(pattern, sizeof(pattern), c->pattern, m->arch, m->format);
	for (int i = 0; i < m->ktap.result_count && found < c->count; i++) {
		struct ktap_result *r = &m->ktap.results[i];

		if (r->is_taken || fnmatch(pattern, r->name, 0) != 0)
			continue;
		add_result(score, m, c, r);
		found++;
	}
	for (; found < c->count; found++)
		add_missing(score, m, c, pattern);
}

/* A name that came twice is one case, and it has failed: all of its results say so (ktap.h). */
static void take_doubles(struct ktap *ktap)
{
	for (int i = 1; i < ktap->result_count; i++)
		for (int j = 0; j < i && !ktap->results[i].is_taken; j++)
			ktap->results[i].is_taken = strcmp(ktap->results[i].name, ktap->results[j].name) == 0;
}

static void judge_machine(struct score *score, struct machine *m)
{
	int named = 0;

	for (int i = 0; i < m->ktap.result_count; i++)
		named += !ktap_is_nameless(&m->ktap.results[i]);
	if (m->state == MACHINE_RAN && named == 0)
		m->state = MACHINE_SILENT;
	take_doubles(&m->ktap);
	for (int i = 0; i < score->conf->case_count; i++)
		add_case(score, m, &score->conf->cases[i]);
	for (int i = 0; i < m->ktap.result_count; i++)
		score->strangers += !m->ktap.results[i].is_taken && !ktap_is_nameless(&m->ktap.results[i]);
}

/* ---- Sums ------------------------------------------------------------------------------------------------ */

static void choose_first(struct score *score)
{
	struct machine *m = score->machines;
	int better = score->machine_count == 2 && m[1].suite_points > m[0].suite_points;

	score->first = &m[better];
	score->second = score->machine_count == 2 ? &m[!better] : NULL;
}

static void sum_suites(struct score *score)
{
	int all = conf_suite_points(score->conf);

	score->suites = score->first->suite_points;
	score->suites_max = all;
	if (score->arches == TWO_ARCHES || all == 0)
		return;
	score->suites_max = all + score->conf->parity;
	score->suites = score->suites * score->suites_max / all;
}

static void sum_parity(struct score *score)
{
	int all = conf_parity_case_points(score->conf);

	if (!score->second || score->arches == ONE_ARCH || all == 0)
		return;
	score->parity_max = score->conf->parity;
	score->parity = score->second->parity_points * score->parity_max / all;
}

static void sum_answers(struct score *score)
{
	score->answered_max = conf_answer_points(score->conf);
	for (int i = 0; i < score->conf->answer_count; i++)
		score->answered += score->answers[i] == ANSWER_RIGHT ? score->conf->answers[i].points : 0;
}

void score_compute(struct score *score)
{
	for (int i = 0; i < score->machine_count; i++)
		judge_machine(score, &score->machines[i]);
	choose_first(score);
	sum_suites(score);
	sum_parity(score);
	sum_answers(score);
	score->total = score->suites + score->parity + score->answered;
	score->total_max = score->suites_max + score->parity_max + score->answered_max;
}

int score_is_whole(const struct score *score)
{
	return !score->chosen && !score->part;
}

int score_status(const struct score *score)
{
	int failed = score->outcome_count == 0, unbuilt = 0, trouble = 0;

	for (int i = 0; i < score->machine_count; i++) {
		failed += score->machines[i].failed;
		unbuilt |= score->machines[i].state == MACHINE_UNBUILT;
		trouble |= score->machines[i].state == MACHINE_TROUBLE || score->machines[i].state == MACHINE_SILENT;
	}
	if (score_is_whole(score) && score->place == IN_THE_KERNEL)
		failed += score->total < score->total_max;
	return unbuilt ? 2 : trouble ? 3 : failed ? 1 : 0;
}
