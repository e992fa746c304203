/*
 * Reading lab.conf: see conf.h.
 */
#include "grading/grade/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grading/grade/clean.h"

enum { LINE_MAX_BYTES = 400, WORDS_MAX = 16 };

/* A line, and a copy of it that is cut into words. */
struct line {
	char bytes[LINE_MAX_BYTES], copy[LINE_MAX_BYTES];
	char *word[WORDS_MAX];
	int words;
};

static void cut_words(struct line *line)
{
	line->words = 0;
	strcpy(line->copy, line->bytes);
	for (char *w = strtok(line->copy, " \t\r\n"); w && line->words < WORDS_MAX; w = strtok(NULL, " \t\r\n"))
		line->word[line->words++] = w;
}

/* What stands from word n on, without the newline; "" if there is none. */
static const char *rest_from(struct line *line, int n)
{
	if (n >= line->words)
		return "";
	line->bytes[strcspn(line->bytes, "\r\n")] = 0;
	return line->bytes + (line->word[n] - line->copy);
}

static int copy_word(char *to, const char *from, size_t size)
{
	if (strlen(from) >= size)
		return -1;
	strcpy(to, from);
	return 0;
}

/* A number of points; -1 if it is none. */
static int points_of(const char *word, char **end)
{
	long value = strtol(word, end, 10);

	return *end == word || value < 0 || value > 1000 ? -1 : (int)value;
}

/* ---- Lines, one function a keyword: 0, or -1 when the line is wrong -------------------------------------- */

static int take_lab(struct conf *conf, struct line *line)
{
	return line->words < 3 || copy_word(conf->lab, line->word[1], CONF_NAME_MAX) ||
		copy_word(conf->title, rest_from(line, 2), CONF_TITLE_MAX) ? -1 : 0;
}

static int take_part(struct conf *conf, struct line *line)
{
	struct conf_part *part = &conf->parts[conf->part_count];
	char *end;

	if (conf->part_count == CONF_PARTS_MAX || line->words < 4)
		return -1;
	part->points = points_of(line->word[1], &end);
	conf->part_count++;
	return part->points < 0 || *end || copy_word(part->name, line->word[2], CONF_NAME_MAX) ||
		copy_word(part->title, rest_from(line, 3), CONF_TITLE_MAX) ? -1 : 0;
}

static int take_case(struct conf *conf, struct line *line)
{
	struct conf_case *c = &conf->cases[conf->case_count];
	char *end;

	if (conf->case_count == CONF_CASES_MAX || conf->part_count == 0 || line->words < 3 || line->words > 4)
		return -1;
	conf->case_count++;
	c->part = conf->part_count - 1;
	c->count = 1;
	c->points = points_of(line->word[1], &end);
	if (c->points >= 0 && *end == 'x')
		c->count = points_of(end + 1, &end);
	c->parity = line->words == 4;
	return c->points < 0 || c->count < 1 || *end || (c->parity && strcmp(line->word[3], "parity") != 0) ||
		copy_word(c->pattern, line->word[2], CONF_PATTERN_MAX) ? -1 : 0;
}

static int is_written(const struct conf *conf, const char *name)
{
	for (int i = 0; i < conf->write_count; i++)
		if (strcmp(conf->writes[i].name, name) == 0)
			return 1;
	return 0;
}

/* A line of WORDS_MAX words may have had more. */
static int take_write(struct conf *conf, struct line *line)
{
	if (conf->part_count == 0 || line->words < 2 || line->words == WORDS_MAX)
		return -1;
	for (int i = 1; i < line->words; i++) {
		struct conf_write *write = &conf->writes[conf->write_count];

		if (conf->write_count == CONF_WRITES_MAX || is_written(conf, line->word[i]) ||
		    copy_word(write->name, line->word[i], CONF_NAME_MAX))
			return -1;
		write->part = conf->part_count - 1;
		conf->write_count++;
	}
	return 0;
}

static int take_parity(struct conf *conf, struct line *line)
{
	char *end;

	if (line->words != 2)
		return -1;
	conf->parity = points_of(line->word[1], &end);
	return conf->parity < 0 || *end ? -1 : 0;
}

static int take_answer(struct conf *conf, struct line *line)
{
	struct conf_answer *answer = &conf->answers[conf->answer_count];
	char *end;

	if (conf->answer_count == CONF_ANSWERS_MAX || line->words < 4 || line->words > 3 + CONF_HASHES_MAX)
		return -1;
	conf->answer_count++;
	answer->points = points_of(line->word[1], &end);
	if (answer->points < 0 || *end || copy_word(answer->name, line->word[2], CONF_NAME_MAX))
		return -1;
	for (int i = 3; i < line->words; i++) {
		answer->hashes[answer->hash_count++] = strtoull(line->word[i], &end, 16);
		if (*end)
			return -1;
	}
	return 0;
}

static int take_allow(struct conf *conf, struct line *line)
{
	return line->words != 2 || conf->allow_count == CONF_ALLOWS_MAX ||
		copy_word(conf->allows[conf->allow_count++], line->word[1], CONF_PATTERN_MAX) ? -1 : 0;
}

/* For those who run the lab: labs/grade.sh, labs/conf_check.sh. */
static int take_other(struct conf *conf, struct line *line)
{
	return line->words == 2 ? 0 : -1;
}

static const struct {
	const char *word;
	int (*take)(struct conf *conf, struct line *line);
} keywords[] = {
	{ "lab", take_lab }, { "part", take_part }, { "case", take_case }, { "parity", take_parity },
	{ "answer", take_answer }, { "allow", take_allow }, { "run", take_other }, { "budget", take_other },
	{ "reading", take_other }, { "read", take_other }, { "write", take_write },
};

static int take_line(struct conf *conf, struct line *line)
{
	cut_words(line);
	if (line->words == 0 || line->word[0][0] == '#')
		return 0;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(line->word[0], keywords[i].word) == 0)
			return keywords[i].take(conf, line);
	return -1;
}

int conf_read(struct conf *conf, const char *path)
{
	FILE *f = fopen(path, "r");
	struct line line;
	int number = 0;

	memset(conf, 0, sizeof(*conf));
	if (!f) {
		fprintf(stderr, "grade: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (clean_line(f, line.bytes, sizeof(line.bytes))) {
		number++;
		if (take_line(conf, &line) == 0)
			continue;
		fprintf(stderr, "%s:%d: not understood: %s\n", path, number, line.bytes);
		fclose(f);
		return -1;
	}
	fclose(f);
	if (conf->case_count && conf->lab[0])
		return 0;
	fprintf(stderr, "%s: no lab, or no cases\n", path);
	return -1;
}

/* ---- What is asked of it --------------------------------------------------------------------------------- */

void conf_replace(char *out, size_t size, const char *text, const char *arch, const char *format)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		const char *value = strncmp(text, "FORMAT", 6) == 0 ? format : NULL;
		size_t word = 6;

		if (strncmp(text, "ARCH", 4) == 0) {
			value = arch;
			word = 4;
		}
		if (!value) {
			out[used++] = *text++;
			continue;
		}
		used += snprintf(out + used, size - used, "%s", value);
		used = used < size ? used : size - 1;
		text += word;
	}
	out[used] = 0;
}

int conf_suite_points(const struct conf *conf)
{
	int sum = 0;

	for (int i = 0; i < conf->case_count; i++)
		sum += conf->cases[i].points * conf->cases[i].count;
	return sum;
}

int conf_parity_case_points(const struct conf *conf)
{
	int sum = 0;

	for (int i = 0; i < conf->case_count; i++)
		sum += conf->cases[i].parity ? conf->cases[i].points * conf->cases[i].count : 0;
	return sum;
}

int conf_answer_points(const struct conf *conf)
{
	int sum = 0;

	for (int i = 0; i < conf->answer_count; i++)
		sum += conf->answers[i].points;
	return sum;
}
