/*
 * qrun: run a program, usually QEMU, by a script of things to wait for and things to type.
 *
 *   qrun [option...] [step...] -- program [argument...]
 *
 *   -e TEXT   wait until TEXT comes, after what the last -e found
 *   -s TEXT   type TEXT; here as there, \n \r \t \e \\ \xHH are what they are in C
 *   -w MS     wait so long
 *   -k        kill the program with SIGKILL; the last step
 *   -t SEC    give up after so many seconds in all (60)
 *   -o FILE   write all that the program says to FILE
 *   -x N      after the last step the program must end with status N
 *   -p        give the program a terminal instead of pipes
 *   -m        print, for every -e, after how many milliseconds it was found
 *   -v        show what the program says
 *
 * After the last step the program may run on until it ends; with -k it cannot.  Exit status: 0 when all steps were
 * done and the program ended; 1 when not, and then stderr says what was missing; 2 for a bad command line.
 * The program never outlives qrun: child.h.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grading/run/child.h"
#include "grading/run/text.h"

enum { MAX_STEPS = 256, TAIL_LINES = 40 };

struct step {
	int verb;         /* the option's letter */
	const char *text; /* its argument */
};

static struct {
	struct step steps[MAX_STEPS];
	int step_count;
	long seconds;
	const char *log_name;
	int wanted_status; /* -1: any */
	enum child_io io;
	int show_times, show_output;
} options = { .seconds = 60, .wanted_status = -1 };

static struct child child;
static struct text output;
static size_t searched; /* all before this byte of output has been matched */
static long started, deadline;
static FILE *log_file;

static void usage(void)
{
	fprintf(stderr, "usage: qrun [-t sec] [-o file] [-x status] [-p] [-m] [-v] "
			"[-e text | -s text | -w ms | -k]... -- program [argument...]\n");
	exit(2);
}

/* The byte that the escape at *s, after its backslash, stands for; *s moves to its last character. */
static char unescape_one(const char **s)
{
	static const char from[] = "nrt0e\\", to[] = "\n\r\t\0\033\\";
	const char *found;

	if (**s == 'x') {
		char digits[3] = { (*s)[1], (*s)[1] ? (*s)[2] : 0, 0 };
		char *end;
		long value = strtol(digits, &end, 16);

		*s += end - digits;
		return value;
	}
	found = strchr(from, **s);
	return found && **s ? to[found - from] : **s;
}

static size_t unescape(const char *s, char *out)
{
	size_t n = 0;

	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			out[n++] = unescape_one(&s);
		} else {
			out[n++] = *s;
		}
	}
	return n;
}

/* Read until `until` or until something came: 1 for something, 0 for the end of the program, -1 for no time left. */
static int take_output(long until)
{
	char buf[4096];
	ssize_t n = child_read(&child, buf, sizeof(buf), until < deadline ? until : deadline);

	if (n <= 0)
		return n;
	text_add(&output, buf, n);
	if (log_file)
		fwrite(buf, 1, n, log_file);
	if (options.show_output) {
		fwrite(buf, 1, n, stdout);
		fflush(stdout);
	}
	return 1;
}

/* The text of a step, with its escapes replaced. */
static struct text unescaped(const char *s)
{
	struct text t = { 0 };
	char *bytes = malloc(strlen(s) + 1);
	size_t size = bytes ? unescape(s, bytes) : 0;

	text_add(&t, bytes, size);
	free(bytes);
	return t;
}

static int do_expect(const char *text)
{
	struct text wanted = unescaped(text);
	char *found;
	int came = 1;

	while (!(found = output.bytes ? strstr(output.bytes + searched, wanted.bytes) : NULL) && came > 0)
		came = take_output(deadline);
	if (found) {
		searched = found - output.bytes + wanted.size;
		if (options.show_times)
			printf("%ld ms: %s\n", now_ms() - started, text);
	} else if (came == 0) {
		fprintf(stderr, "qrun: the program ended, without saying \"%s\"\n", text);
	} else {
		fprintf(stderr, "qrun: %ld s passed without \"%s\"\n", options.seconds, text);
	}
	free(wanted.bytes);
	return found ? 0 : -1;
}

static int do_send(const char *text)
{
	struct text bytes = unescaped(text);
	int failed = child_write(&child, bytes.bytes, bytes.size);

	if (failed)
		fprintf(stderr, "qrun: the program takes no input\n");
	free(bytes.bytes);
	return failed ? -1 : 0;
}

static int do_wait(const char *text)
{
	long until = now_ms() + atol(text);

	while (now_ms() < until)
		if (take_output(until) == 0)
			break;
	return 0;
}

static int do_step(const struct step *s)
{
	switch (s->verb) {
	case 'e': return do_expect(s->text);
	case 's': return do_send(s->text);
	case 'w': return do_wait(s->text);
	case 'k': child_kill(&child); return 0;
	}
	return 0;
}

/* True when the script ends by killing: then nothing that the program does later matters. */
static int ends_with_kill(void)
{
	return options.step_count && options.steps[options.step_count - 1].verb == 'k';
}

static int run_script(void)
{
	int came;

	for (int i = 0; i < options.step_count; i++)
		if (do_step(&options.steps[i]))
			return -1;
	if (ends_with_kill())
		return 0;
	while ((came = take_output(deadline)) > 0)
		;
	if (came < 0)
		fprintf(stderr, "qrun: %ld s passed and the program did not end\n", options.seconds);
	return came;
}

static void add_step(int verb, const char *text)
{
	if (options.step_count == MAX_STEPS)
		usage();
	options.steps[options.step_count++] = (struct step){ verb, text };
}

static void parse_options(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "e:s:w:kt:o:x:pmv")) != -1;) {
		switch (c) {
		case 'e':
		case 's':
		case 'w':
		case 'k': add_step(c, optarg); break;
		case 't': options.seconds = atol(optarg); break;
		case 'o': options.log_name = optarg; break;
		case 'x': options.wanted_status = atoi(optarg); break;
		case 'p': options.io = CHILD_TERMINAL; break;
		case 'm': options.show_times = 1; break;
		case 'v': options.show_output = 1; break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
}

static void open_log(void)
{
	if (!options.log_name)
		return;
	log_file = fopen(options.log_name, "w");
	if (!log_file) {
		fprintf(stderr, "qrun: %s: %s\n", options.log_name, strerror(errno));
		exit(2);
	}
}

int main(int argc, char **argv)
{
	int failed, status;

	parse_options(argc, argv);
	open_log();
	started = now_ms();
	deadline = started + options.seconds * 1000;
	if (child_start(&child, argv + optind, options.io)) {
		fprintf(stderr, "qrun: %s: %s\n", argv[optind], strerror(errno));
		return 1;
	}
	failed = run_script() != 0;
	status = child_stop(&child);
	if (!failed && options.wanted_status >= 0 && status != options.wanted_status) {
		fprintf(stderr, "qrun: status %d instead of %d\n", status, options.wanted_status);
		failed = 1;
	}
	if (failed && !options.show_output) {
		fprintf(stderr, "qrun: status %d; the last that %s said:\n", status, argv[optind]);
		text_print_tail(&output, TAIL_LINES, "  | ", stderr);
	}
	if (log_file)
		fclose(log_file);
	return failed;
}
