/*
 * Sentences: see sentence.h.
 */
#include "grading/grade/sentence.h"

#include <ctype.h>
#include <string.h>

static const char *const words[SENTENCE_PARTS] = {
	[SENTENCE_DID] = "did ", [SENTENCE_GOT] = "got ", [SENTENCE_EXPECTED] = "expected ",
};

static struct span trimmed(const char *text, const char *end)
{
	while (text < end && *text == ' ')
		text++;
	while (end > text && strchr(" :;", end[-1]))
		end--;
	return (struct span){ text, (int)(end - text) };
}

/* Which part begins here; SENTENCE_CONTEXT: none. */
static enum sentence_part part_at(const char *text)
{
	for (int i = SENTENCE_DID; i < SENTENCE_PARTS; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return i;
	return SENTENCE_CONTEXT;
}

/* Where the next part begins, at its separator; or the end. */
static const char *end_of_part(const char *text)
{
	const char *at = strstr(text, " | ");

	while (at && part_at(at + 3) == SENTENCE_CONTEXT)
		at = strstr(at + 3, " | ");
	return at ? at : text + strlen(text);
}

static int is_in_name(char c)
{
	return isalnum((unsigned char)c) || strchr("_/.-", c);
}

/* The text behind "FILE:LINE: ". */
static const char *behind_place(const char *text, const char *end)
{
	const char *at = text;

	while (at < end && *at && is_in_name(*at))
		at++;
	if (at == text || *at != ':' || !isdigit((unsigned char)at[1]))
		return text;
	at++;
	while (isdigit((unsigned char)*at))
		at++;
	return at[0] == ':' && at[1] == ' ' ? at + 2 : text;
}

void sentence_split(struct sentence *sentence, const char *line, const char *at)
{
	const char *context = behind_place(line, at);
	const char *text = strchr(at, ']') + 1;

	memset(sentence, 0, sizeof(*sentence));
	if (part_at(context) == SENTENCE_CONTEXT)
		sentence->part[SENTENCE_CONTEXT] = trimmed(context, at);
	text += strspn(text, " ");
	while (*text) {
		enum sentence_part part = part_at(text);
		const char *end = end_of_part(text);

		if (part == SENTENCE_CONTEXT)
			part = SENTENCE_GOT;
		else
			text += strlen(words[part]);
		if (!sentence->part[part].size)
			sentence->part[part] = trimmed(text, end);
		text = *end ? end + 3 : end;
	}
}
