/*
 * The arguments of a program.
 */
#include "args.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

struct args args_start(int argc, char **argv, const char *flags, const char *usage)
{
	return (struct args){ .argc = argc, .argv = argv, .flags = flags, .usage = usage, .at = 1 };
}

void args_usage(const struct args *a)
{
	dprintf(2, "usage: %s\n", a->usage);
	exit(2);
}

/* Make `letters` the flags of the next argument, if there are any. */
static bool open_argument(struct args *a)
{
	char *arg = a->at < a->argc ? a->argv[a->at] : NULL;

	if (!arg || arg[0] != '-' || !arg[1])
		return false;
	a->at++;
	if (strcmp(arg, "--") == 0)
		return false;
	a->letters = arg + 1;
	return true;
}

int args_flag(struct args *a)
{
	if (!(a->letters && *a->letters) && !open_argument(a))
		return 0;
	int letter = *a->letters++;
	const char *known = letter == ':' ? NULL : strchr(a->flags, letter);

	if (!known)
		args_usage(a);
	if (known[1] == ':') {
		a->value = *a->letters ? a->letters : args_next(a);
		a->letters = NULL;
		if (!a->value)
			args_usage(a);
	}
	return letter;
}

s64 args_number(struct args *a)
{
	s64 number;

	if (!parse_number(a->value, &number))
		args_usage(a);
	return number;
}

char *args_next(struct args *a)
{
	return a->at < a->argc ? a->argv[a->at++] : NULL;
}

int args_left(const struct args *a)
{
	return a->argc - a->at;
}
