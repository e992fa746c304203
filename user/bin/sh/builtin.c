/*
 * Commands that change the shell itself, and help.
 */
#include "sh.h"
#include "ctype.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

static int do_cd(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/";
	int error = chdir(path);

	if (error)
		warn(path, error);
	return error ? 1 : 0;
}

static int do_exit(int argc, char **argv)
{
	exit(argc > 1 ? atoi(argv[1]) : last_status);
}

static int do_nothing(int argc, char **argv)
{
	return 0;
}

static int wait_for(const char *arg)
{
	s64 pid;
	int status;

	if (!parse_number(arg, &pid) || pid <= 0 || wait(pid, &status, 0) < 0) {
		warn(arg, -ECHILD);
		return 127;
	}
	return job_status(pid, status);
}

/* wait: for all children; wait pid...: for these. */
static int do_wait(int argc, char **argv)
{
	int result = 0, pid, status;

	for (int i = 1; i < argc; i++)
		result = wait_for(argv[i]);
	if (argc == 1)
		while ((pid = wait(-1, &status, 0)) > 0)
			job_status(pid, status);
	return result;
}

static int do_shift(int argc, char **argv)
{
	if (script_arg_count < 2)
		return 1;
	script_args[1] = script_args[0];
	script_args++;
	script_arg_count--;
	return 0;
}

/* read name: a line of the input into a variable; byte by byte, so that the next command finds the rest. */
static int do_read(int argc, char **argv)
{
	struct text line = { 0 };
	char c = 0;

	if (argc != 2 || !isalpha(argv[1][0])) {
		dprintf(2, "usage: read name\n");
		return 2;
	}
	while (read(0, &c, 1) == 1 && c != '\n')
		text_put(&line, c);
	var_set(argv[1], strlen(argv[1]), line.length ? line.s : "");
	return c == '\n' ? 0 : 1;
}

static int do_help(int argc, char **argv)
{
	char **names;
	size_t count;

	printf("In the shell: cd exit help read shift wait : if while for { } ( )\n"
	       "  a | b   a ; b   a & b   a && b   a || b   a > f   a >> f   a < f   a 2>&1\n"
	       "  'as it is'   \"with $name\"   $?   $1   $(command)   *.c   # comment\n"
	       "Programs:");
	if (dir_read_sorted("/bin", &names, &count) == 0) {
		for (size_t i = 0, column = 9; i < count; i++) {
			if (column + 1 + strlen(names[i]) > 78) {
				printf("\n        ");
				column = 8;
			}
			column += printf(" %s", names[i]);
		}
		names_free(names, count);
	}
	printf("\n");
	return flush() ? 1 : 0;
}

static const struct {
	const char *name;
	builtin_fn *fn;
} builtins[] = {
	{ ":", do_nothing }, { "cd", do_cd },       { "exit", do_exit }, { "help", do_help },
	{ "read", do_read }, { "shift", do_shift }, { "wait", do_wait },
};

builtin_fn *builtin_find(const char *name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return builtins[i].fn;
	return NULL;
}
