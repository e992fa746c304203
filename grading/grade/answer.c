/*
 * Answers: see answer.h.
 */
#include "grading/grade/answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 128, LINE_MAX_BYTES = 512 };

/* Lower case, without blanks, "_" and ",". */
static void strip(char out[VALUE_MAX], const char *value)
{
	size_t size = 0;

	for (; *value && size + 1 < VALUE_MAX; value++)
		if (!isspace((unsigned char)*value) && *value != '_' && *value != ',')
			out[size++] = (char)tolower((unsigned char)*value);
	out[size] = 0;
}

/* Of what strip() has made. */
static int is_number(const char *plain, unsigned long long *number)
{
	char *end;

	if (!isdigit((unsigned char)plain[0]))
		return 0;
	*number = strtoull(plain, &end, strncmp(plain, "0x", 2) == 0 ? 16 : 10);
	return !*end;
}

static void normalize(char out[VALUE_MAX], const char *value)
{
	unsigned long long number;

	strip(out, value);
	if (is_number(out, &number))
		snprintf(out, VALUE_MAX, "%llu", number);
}

/* FNV-1a, of 64 bits. */
static unsigned long long hash_text(unsigned long long hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

unsigned long long answer_hash(const char *lab, const char *name, const char *value)
{
	char plain[VALUE_MAX];
	unsigned long long hash = hash_text(0xcbf29ce484222325, lab);

	normalize(plain, value);
	hash = hash_text(hash_text(hash, "."), name);
	return hash_text(hash_text(hash, "="), plain);
}

static int is_right(const struct conf *conf, const struct conf_answer *answer, const char *value)
{
	unsigned long long hash = answer_hash(conf->lab, answer->name, value);

	for (int i = 0; i < answer->hash_count; i++)
		if (answer->hashes[i] == hash)
			return 1;
	return 0;
}

static enum answer_state judge(const struct conf *conf, const struct conf_answer *answer, const char *value)
{
	char plain[VALUE_MAX];
	unsigned long long number;

	if (is_right(conf, answer, value))
		return ANSWER_RIGHT;
	strip(plain, value);
	return is_number(plain, &number) ? ANSWER_WRONG : ANSWER_NO_NUMBER;
}

/* One line: "name: value".  Who answers twice has not answered. */
static void take_line(const struct conf *conf, char *line, enum answer_state *states)
{
	char *value = strchr(line, ':');
	char plain[VALUE_MAX];

	if (line[0] == '#' || !value)
		return;
	*value++ = 0;
	strip(plain, value);
	for (int i = 0; plain[0] && i < conf->answer_count; i++) {
		if (strcmp(conf->answers[i].name, line) != 0)
			continue;
		if (states[i] != ANSWER_NONE)
			states[i] = ANSWER_TWICE;
		else
			states[i] = judge(conf, &conf->answers[i], value);
	}
}

void answers_read(const struct conf *conf, const char *path, enum answer_state states[CONF_ANSWERS_MAX])
{
	FILE *f = path ? fopen(path, "r") : NULL;
	char line[LINE_MAX_BYTES];

	memset(states, 0, CONF_ANSWERS_MAX * sizeof(*states));
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		take_line(conf, line, states);
	fclose(f);
}
