/*
 * grep [-chinqv] pattern [file...]: print the lines that contain the pattern.
 *
 *	-c  only how many         -h  without file names       -i  capitals do not matter
 *	-n  with line numbers     -q  print nothing            -v  the lines that do not contain it
 *
 * Patterns: `.` any character, [abc] [a-z] [^a-z] one of a set, x* any number of x, ^ and $ the ends of the line;
 * a backslash takes the meaning from the character behind it.  Exit status: 0 found, 1 not found, 2 trouble.
 */
#include "args.h"
#include "ctype.h"
#include "stdio.h"
#include "string.h"
#include "sys.h"

static struct {
	bool count_only, no_names, ignore_case, numbers, quiet, inverted;
	bool names; /* each line and count has its file name before it */
} option;

static const char *pattern;

/* ---- Matching ---------------------------------------------------------------------------------------- */

/* Behind the element (a character, a set, an escaped character) at p. */
static const char *element_end(const char *p)
{
	if (*p == '\\' && p[1])
		return p + 2;
	if (*p == '[') {
		const char *q = p + 1 + (p[1] == '^');
		const char *end = *q ? strchr(q + 1, ']') : NULL;

		if (end)
			return end + 1;
	}
	return p + 1;
}

static bool same(char a, char b)
{
	return option.ignore_case ? tolower(a) == tolower(b) : a == b;
}

static bool in_range(char c, char low, char high)
{
	if (option.ignore_case && isalpha(c))
		return (tolower(c) >= low && tolower(c) <= high) || (toupper(c) >= low && toupper(c) <= high);
	return c >= low && c <= high;
}

/* The set is [p, end), brackets included. */
static bool set_match(const char *p, const char *end, char c)
{
	bool inverted = p[1] == '^', found = false;

	for (p += 1 + inverted; p < end - 1; p++) {
		if (p[1] == '-' && p + 2 < end - 1) {
			found |= in_range(c, p[0], p[2]);
			p += 2;
		} else {
			found |= same(*p, c);
		}
	}
	return found != inverted;
}

static bool element_match(const char *p, const char *end, char c)
{
	if (!c)
		return false;
	if (*p == '.')
		return true;
	if (*p == '[' && end > p + 1)
		return set_match(p, end, c);
	if (*p == '\\' && end > p + 1)
		p++;
	return same(*p, c);
}

/* Does the pattern from p on match the line from s on? */
static bool match_here(const char *p, const char *s)
{
	while (*p) {
		const char *end = element_end(p);

		if (*end == '*') {
			const char *most = s;

			while (element_match(p, end, *most))
				most++;
			for (; most >= s; most--)
				if (match_here(end + 1, most))
					return true;
			return false;
		}
		if (*p == '$' && !p[1])
			return !*s;
		if (!element_match(p, end, *s))
			return false;
		p = end;
		s++;
	}
	return true;
}

static bool match(const char *line)
{
	if (*pattern == '^')
		return match_here(pattern + 1, line);
	do {
		if (match_here(pattern, line))
			return true;
	} while (*line++);
	return false;
}

/* ---- Files ------------------------------------------------------------------------------------------- */

static void print_line(const char *name, u64 number, const struct reader *r)
{
	if (name)
		printf("%s:", name);
	if (option.numbers)
		printf("%lu:", number);
	print_bytes(r->line, r->length);
	putchar('\n');
}

/* How many lines were found, or -E...; name stands before each line, if it is not NULL. */
static s64 grep_lines(int fd, const char *name)
{
	struct reader r;
	s64 found = 0;
	u64 number = 0;
	int more;

	reader_init(&r, fd);
	while ((more = reader_next(&r)) > 0) {
		number++;
		if (match(r.line) == option.inverted)
			continue;
		found++;
		if (!option.count_only && !option.quiet)
			print_line(name, number, &r);
	}
	reader_free(&r);
	return more < 0 ? more : found;
}

static s64 grep(const char *name)
{
	int fd = name ? open(name, O_RDONLY) : 0;
	s64 found = fd < 0 ? fd : grep_lines(fd, option.names ? name : NULL);

	if (found < 0)
		warn(name ? name : "input", found);
	else if (option.count_only && option.names)
		printf("%s:%ld\n", name, found);
	else if (option.count_only)
		printf("%ld\n", found);
	if (fd > 0)
		close(fd);
	return found;
}

static void set_option(int flag)
{
	switch (flag) {
	case 'c': option.count_only = true; break;
	case 'h': option.no_names = true; break;
	case 'i': option.ignore_case = true; break;
	case 'n': option.numbers = true; break;
	case 'q': option.quiet = true; break;
	case 'v': option.inverted = true; break;
	}
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "chinqv", "grep [-chinqv] pattern [file...]");
	bool found = false, trouble = false;

	for (int flag; (flag = args_flag(&a));)
		set_option(flag);
	pattern = args_next(&a);
	if (!pattern)
		args_usage(&a);
	option.names = args_left(&a) > 1 && !option.no_names;
	char *name = args_next(&a);

	do {
		s64 n = grep(name);

		found |= n > 0;
		trouble |= n < 0;
	} while (name && (name = args_next(&a)));
	return trouble ? 2 : found ? 0 : 1;
}
