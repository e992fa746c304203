/*
 * sh: read commands and run them.
 *
 *	sh                      from the input: with prompts if that is a console
 *	sh file [argument...]   from a file
 *	sh -c commands [name [argument...]]
 *
 * Exit status: the last command's; 127 if a command was not found, 126 if it could not be run, 2 for a syntax error,
 * 128 + reason if it was killed.
 */
#include "sh.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

static void prompt(const char *text)
{
	if (!interactive)
		return;
	ioctl(0, TTY_SETMODE, TTY_COOKED); /* whatever the last program left */
	job_reap();
	dprintf(1, "%s", text);
}

/* Add a line of the input to the text; false at the end. */
static bool read_line(struct reader *r, struct text *t)
{
	int more = reader_next(r);

	if (more < 0)
		warn("input", more);
	if (more <= 0)
		return false;
	text_puts(t, r->line);
	text_put(t, '\n');
	return true;
}

/* Read lines until they make whole commands; false at the end of the input. */
static bool read_commands(struct reader *r, struct text *t)
{
	struct node *tree;
	const char *near;

	prompt("flatland$ ");
	do {
		if (!read_line(r, t))
			return t->length > 0;
		if (parse(t->s, &tree, &near) != PARSE_INCOMPLETE)
			return true;
		prompt("> ");
	} while (true);
}

static int run_input(int fd)
{
	struct reader r;
	bool more;

	reader_init(&r, fd);
	do {
		struct arena_mark mark = arena_mark();
		struct text t = { 0 };

		interrupted = false;
		more = read_commands(&r, &t);
		if (t.length)
			run_text(t.s);
		arena_release(mark);
	} while (more);
	reader_free(&r);
	return last_status;
}

static int run_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0) {
		warn(path, fd);
		return 127;
	}
	private_fd_add(fd);
	return run_input(fd);
}

static int run_console(void)
{
	interactive = is_console(0);
	if (interactive) {
		setgroup(0, 0);
		ioctl(0, TTY_SETFG, 0);
	}
	int status = run_input(0);

	if (interactive)
		dprintf(1, "\n");
	return status;
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 2 && strcmp(argv[1], "-c") == 0) {
		script_args = argc > 3 ? argv + 3 : argv;
		script_arg_count = argc > 3 ? argc - 3 : 1;
		status = run_text(argv[2]);
	} else if (argc > 1 && argv[1][0] == '-') {
		dprintf(2, "usage: sh [file [argument...]], sh -c commands [name [argument...]]\n");
		status = 2;
	} else if (argc > 1) {
		script_args = argv + 1;
		script_arg_count = argc - 1;
		status = run_file(argv[1]);
	} else {
		script_args = argv;
		script_arg_count = argc;
		status = run_console();
	}
	exit(status);
}
