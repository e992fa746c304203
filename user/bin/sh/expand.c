/*
 * Words into arguments, when their command is about to run:
 *
 *	'text'       as it is                      \c          c as it is
 *	"text"       but for $ and \               $name ${name} $0...$9 $# $? $$ $! $@ $*
 *	* ? [abc]    names of files that fit       $(command)  what the command prints
 *
 * What comes from an unquoted $ is split at blanks; what comes from a quoted one is not.  Between the two steps a
 * field is kept as a file-name pattern: characters that were quoted have a backslash before them if they would mean
 * something in a pattern.
 */
#include "sh.h"
#include "ctype.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

enum quoting { UNQUOTED, QUOTED };

struct expansion {
	struct text field; /* the one that grows, as a pattern */
	bool open;         /* it counts even if it is empty */
	bool whole;        /* no splitting, no file names */
	char **out;        /* the finished ones */
	int count, room;
};

/* ---- Finished fields --------------------------------------------------------------------------------- */

static void add_argument(struct expansion *x, char *argument)
{
	if (x->count + 1 >= x->room) {
		int room = 2 * x->room + 8;
		char **larger = arena_alloc(room * sizeof(char *));

		if (x->count)
			memcpy(larger, x->out, x->count * sizeof(char *));
		x->out = larger;
		x->room = room;
	}
	x->out[x->count++] = argument;
	x->out[x->count] = NULL;
}

static char *unescape(const char *pattern)
{
	struct text t = { 0 };

	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		text_put(&t, *pattern);
	}
	return t.s ? t.s : arena_text("", 0);
}

static bool has_wildcard(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		else if (*pattern == '*' || *pattern == '?' || (*pattern == '[' && strchr(pattern, ']')))
			return true;
	}
	return false;
}

static void add_files(struct expansion *x, const char *found, const char *pattern);

/*
 * The first part of the pattern has wildcards: try all names in the directory `found`.  Names that start with a dot
 * fit only a pattern that does.
 */
static void add_matches(struct expansion *x, const char *found, const char *part, const char *rest)
{
	char **names;
	size_t count;

	if (dir_read_sorted(*found ? found : ".", &names, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct text path = { 0 };

		if ((names[i][0] == '.') != (part[0] == '.') || !glob_match(part, names[i]))
			continue;
		text_puts(&path, found);
		text_puts(&path, names[i]);
		add_files(x, path.s, rest);
	}
	names_free(names, count);
}

/* Add the files that fit found + pattern; found is a path that exists, pattern the part that is still to be tried. */
static void add_files(struct expansion *x, const char *found, const char *pattern)
{
	struct text path = { 0 };
	struct stat st;
	const char *slash = strchr(pattern, '/');
	char *part = arena_text(pattern, slash ? (size_t)(slash - pattern) : strlen(pattern));

	text_puts(&path, found);
	if (!*pattern) {
		if (stat_path(found, &st) == 0)
			add_argument(x, path.s);
		return;
	}
	if (has_wildcard(part)) {
		add_matches(x, found, part, pattern + strlen(part));
		return;
	}
	text_puts(&path, unescape(part));
	if (slash)
		text_put(&path, '/');
	add_files(x, path.s, slash ? slash + 1 : "");
}

static void end_field(struct expansion *x)
{
	if (!x->open && !x->field.length)
		return;
	char *pattern = x->field.length ? x->field.s : arena_text("", 0);
	int before = x->count;

	if (!x->whole && has_wildcard(pattern))
		add_files(x, "", pattern);
	if (x->count == before)
		add_argument(x, unescape(pattern));
	x->field = (struct text){ 0 };
	x->open = false;
}

/* ---- Growing fields ---------------------------------------------------------------------------------- */

static void put_char(struct expansion *x, char c, enum quoting quoting)
{
	if (c == '\\' || (quoting == QUOTED && strchr("*?[", c)))
		text_put(&x->field, '\\');
	text_put(&x->field, c);
}

static void put_value(struct expansion *x, const char *value, enum quoting quoting)
{
	for (; *value; value++) {
		if (quoting == UNQUOTED && !x->whole && isspace(*value))
			end_field(x);
		else
			put_char(x, *value, quoting);
	}
}

static void put_number(struct expansion *x, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	put_value(x, text, QUOTED);
}

/* $@ and $*: one field an argument, unless $* is quoted. */
static void put_script_args(struct expansion *x, char which, enum quoting quoting)
{
	for (int i = 1; i < script_arg_count; i++) {
		if (i > 1 && (x->whole || (which == '*' && quoting == QUOTED)))
			put_char(x, ' ', QUOTED);
		else if (i > 1)
			end_field(x);
		put_value(x, script_args[i], quoting);
		x->open |= quoting == QUOTED;
	}
}

/* ---- $( ) -------------------------------------------------------------------------------------------- */

static const char *read_output(int fd)
{
	struct text t = { 0 };
	char buf[256];
	s64 n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (s64 i = 0; i < n; i++)
			if (buf[i])
				text_put(&t, buf[i]);
	while (t.length && t.s[t.length - 1] == '\n')
		t.s[--t.length] = 0;
	return t.length ? t.s : "";
}

static const char *command_output(const char *command)
{
	struct job job = { 0 };
	int fd[2], error = pipe(fd);

	if (error) {
		warn("pipe", error);
		return "";
	}
	int pid = job_fork(&job, FOREGROUND);

	if (pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		exit(run_text(command));
	}
	close(fd[1]);
	const char *output = pid < 0 ? "" : read_output(fd[0]);

	close(fd[0]);
	substitution_status = job_wait(&job);
	return output;
}

/* ---- $ ----------------------------------------------------------------------------------------------- */

static void put_special(struct expansion *x, char c, enum quoting quoting)
{
	switch (c) {
	case '?': put_number(x, last_status); break;
	case '$': put_number(x, getpid()); break;
	case '!': put_number(x, last_background); break;
	case '#': put_number(x, script_arg_count - 1); break;
	case '@':
	case '*': put_script_args(x, c, quoting); break;
	default:
		if (c - '0' < script_arg_count)
			put_value(x, script_args[c - '0'], quoting);
	}
}

/* s is behind a `$`; the character behind the name. */
static const char *expand_dollar(struct expansion *x, const char *s, enum quoting quoting)
{
	const char *end = s;

	if (*s == '(') {
		end = lex_skip_parentheses(s + 1);
		put_value(x, command_output(arena_text(s + 1, end - s - 2)), quoting);
		return end;
	}
	bool braces = *s == '{' && strchr(s, '}');

	s += braces;
	if (*s && strchr("?$!#@*0123456789", *s)) {
		put_special(x, *s, quoting);
		return s + 1 + (braces && s[1] == '}');
	}
	for (end = s; isalnum(*end) || *end == '_'; end++)
		;
	if (end == s)
		put_char(x, '$', QUOTED);
	else
		put_value(x, var_get(s, end - s), quoting);
	return end + (braces && *end == '}');
}

/* ---- Words ------------------------------------------------------------------------------------------- */

/* s is behind the opening quote; behind the closing one is answered. */
static const char *expand_double_quotes(struct expansion *x, const char *s)
{
	while (*s != '"') {
		if (*s == '$') {
			s = expand_dollar(x, s + 1, QUOTED);
			continue;
		}
		if (*s == '\\' && strchr("$\"\\`\n", s[1]))
			s++;
		put_char(x, *s++, QUOTED);
	}
	return s + 1;
}

/* "$@" without arguments is nothing, not an empty argument. */
static bool is_empty_args(const char *s)
{
	return script_arg_count <= 1 && strcmp(s, "\"$@\"") == 0;
}

static void expand_word(struct expansion *x, const char *s)
{
	if (is_empty_args(s))
		return;
	while (*s) {
		switch (*s) {
		case '\'':
			for (s++; *s != '\''; s++)
				put_char(x, *s, QUOTED);
			s++;
			x->open = true;
			break;
		case '"':
			s = expand_double_quotes(x, s + 1);
			x->open = true;
			break;
		case '\\':
			if (s[1] != '\n')
				put_char(x, s[1], QUOTED);
			s += 2;
			break;
		case '$': s = expand_dollar(x, s + 1, UNQUOTED); break;
		default: put_char(x, *s++, UNQUOTED);
		}
	}
	end_field(x);
}

char **expand_words(const struct word *words, int *count)
{
	struct expansion x = { 0 };

	for (; words; words = words->next)
		expand_word(&x, words->text);
	if (!x.out)
		x.out = arena_alloc(sizeof(char *));
	if (count)
		*count = x.count;
	return x.out;
}

char *expand_text(const char *word)
{
	struct expansion x = { .whole = true, .open = true };

	expand_word(&x, word);
	return x.count ? x.out[0] : arena_text("", 0);
}
