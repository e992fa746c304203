/*
 * The kernel's command line: see boot_option.h.
 */
#include "boot_option.h"
#include "boot_info.h"

static char line[BOOT_COMMAND_LINE_MAX];

void boot_option_init(const char *command_line)
{
	string_copy(line, command_line, sizeof(line));
}

static const char *skip_spaces(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != ' ')
		n++;
	return n;
}

static bool word_is(const char *word, const char *text)
{
	size_t n = strlen(text);

	return word_length(word) == n && strncmp(word, text, n) == 0;
}

bool boot_option(const char *name, char *value, size_t size)
{
	size_t n = strlen(name);

	value[0] = 0;
	for (const char *w = skip_spaces(line); *w && !word_is(w, "--"); w = skip_spaces(w + word_length(w))) {
		size_t length = word_length(w);

		if (length < n || strncmp(w, name, n) != 0 || (length > n && w[n] != '='))
			continue;
		if (length > n)
			string_copy(value, w + n + 1, MIN(size, length - n));
		return true;
	}
	return false;
}

u64 boot_option_u64(const char *name, u64 otherwise)
{
	char value[24];

	return boot_option(name, value, sizeof(value)) && value[0] ? string_to_u64(value, NULL) : otherwise;
}

const char *boot_option_init_arguments(void)
{
	for (const char *w = skip_spaces(line); *w; w = skip_spaces(w + word_length(w)))
		if (word_is(w, "--"))
			return skip_spaces(w + 2);
	return "";
}
