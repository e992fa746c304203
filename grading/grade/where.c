/*
 * Stubs: see where.h.
 */
#include "grading/grade/where.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, LINE_MAX_BYTES = 256 };

static int has_line(const char *path, const char *text)
{
	FILE *f = fopen(path, "r");
	char line[LINE_MAX_BYTES];
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return found;
}

/* A file of mmu/fmt is of one format. */
static int is_of_format(const char *path, const char *format)
{
	size_t size = strlen(format);

	return strncmp(path, "mmu/fmt/", 8) != 0 || (strncmp(path + 8, format, size) == 0 && path[8 + size] == '/');
}

void where_is_stub(char *text, size_t size, const struct score *score, const struct outcome *o)
{
	const char *said = ktap_not_written(o->result);
	const struct conf *conf = score->conf;
	char name[NAME_MAX_BYTES] = "", call[2 * NAME_MAX_BYTES];

	text[0] = 0;
	if (!said || sscanf(said, "not written yet: %63[A-Za-z0-9_]", name) != 1)
		return;
	snprintf(text, size, "%s()", name);
	snprintf(call, sizeof(call), "lab_todo(\"%s\")", name);
	for (int i = 0; i < conf->allow_count; i++) {
		if (!is_of_format(conf->allows[i], o->machine->format) || !has_line(conf->allows[i], call))
			continue;
		snprintf(text, size, "%s(), %s", name, conf->allows[i]);
		return;
	}
}
