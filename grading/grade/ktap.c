/*
 * Reading KTAP: see ktap.h.
 */
#include "grading/grade/ktap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grading/grade/clean.h"

static void *grown(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (!memory) {
		fprintf(stderr, "grade: out of memory\n");
		exit(3);
	}
	return memory;
}

static void copy(char *to, const char *from, size_t length, size_t size)
{
	size_t n = length < size - 1 ? length : size - 1;

	memcpy(to, from, n);
	to[n] = 0;
}

/* "riscv-4.mmu.riscv/iter.x" is the case mmu.riscv/iter.x: a prefix is a word with a "-" in it. */
static const char *without_prefix(const char *name)
{
	size_t word = strcspn(name, ".");

	return name[word] == '.' && memchr(name, '-', word) ? name + word + 1 : name;
}

/* ---- Lines ----------------------------------------------------------------------------------------------- */

static struct ktap_result *new_result(struct ktap *ktap)
{
	struct ktap_result *result;

	ktap->results = grown(ktap->results, (ktap->result_count + 1) * sizeof(*ktap->results));
	result = &ktap->results[ktap->result_count++];
	memset(result, 0, sizeof(*result));
	return result;
}

static void fail_as_twice(struct ktap_result *result)
{
	result->state = KTAP_FAILED;
	strcpy(result->why, "it reported more than once");
}

/* Two results of one name, or a number that was there before: I1. */
static int came_before(struct ktap *ktap, const char *name, int number)
{
	int found = ktap->result_count && number <= ktap->results[ktap->result_count - 1].number;

	for (int i = 0; i < ktap->result_count; i++) {
		if (strcmp(ktap->results[i].name, name) != 0)
			continue;
		fail_as_twice(&ktap->results[i]);
		found = 1;
	}
	return found;
}

/* `text` is what stands behind the number: a name and perhaps " # WHY". */
static void take_result(struct ktap *ktap, int ok, int number, const char *text)
{
	const char *full = without_prefix(text);
	const char *rest = full + strcspn(full, " ");
	struct ktap_result *result;
	char name[KTAP_NAME_MAX];
	int twice;

	if (number < 1 || number > ktap->plan || ktap->result_count == KTAP_RESULTS_MAX)
		return;
	copy(name, full, rest - full, sizeof(name));
	twice = came_before(ktap, name, number);
	result = new_result(ktap);
	result->number = number;
	strcpy(result->name, name);
	rest += strspn(rest, " #");
	copy(result->why, rest, strlen(rest), sizeof(result->why));
	result->state = ok && !*rest ? KTAP_PASSED : KTAP_FAILED;
	if (twice)
		fail_as_twice(result);
}

static void take_diagnostic(struct ktap *ktap, const char *text)
{
	struct ktap_result *result = ktap->result_count ? &ktap->results[ktap->result_count - 1] : NULL;
	size_t size = strlen(text) + 1;

	if (!result)
		return;
	if (result->line_count == KTAP_LINES_MAX) {
		result->lines_lost++;
		return;
	}
	result->lines[result->line_count] = grown(NULL, size);
	memcpy(result->lines[result->line_count++], text, size);
}

static void take_line(struct ktap *ktap, const char *line)
{
	int number, end = 0;

	if (line[0] == '#')
		take_diagnostic(ktap, line + 1 + (line[1] == ' '));
	else if (!ktap->plan && sscanf(line, "1..%d%n", &number, &end) == 1 && !line[end])
		ktap->plan = number > 0 ? number : 0;
	else if (sscanf(line, "ok %d %n", &number, &end) == 1 && end)
		take_result(ktap, 1, number, line + end);
	else if (sscanf(line, "not ok %d %n", &number, &end) == 1 && end)
		take_result(ktap, 0, number, line + end);
}

void ktap_read(struct ktap *ktap, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[KTAP_LINE_MAX];
	int started = 0;

	memset(ktap, 0, sizeof(*ktap));
	if (!f)
		return;
	while (clean_line(f, line, sizeof(line))) {
		if (started)
			take_line(ktap, line);
		else
			started = strncmp(line, "KTAP version", 12) == 0;
	}
	fclose(f);
}

/* ---- What they say --------------------------------------------------------------------------------------- */

const char *ktap_not_written(const struct ktap_result *result)
{
	for (int i = 0; i < result->line_count; i++)
		if (strncmp(result->lines[i], "not written yet: ", 17) == 0)
			return result->lines[i];
	return NULL;
}

int ktap_is_nameless(const struct ktap_result *result)
{
	return strcmp(result->name, "boot") == 0 ||
		(strncmp(result->name, "case-", 5) == 0 && isdigit((unsigned char)result->name[5]));
}
