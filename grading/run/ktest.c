/*
 * ktest: the host's side of the tests inside the kernel.
 *
 *   ktest [option...] -- qemu... @KARGS@ ...
 *
 * Boots the test kernel as often as it takes, and replaces @KARGS@ in the command by the kernel's command line:
 *
 *   ktest=GLOB      -f GLOB: only the cases that match
 *   seed=N          -r N: the seed of random tests
 *   ktest.after=N   on a later boot: go on after case N
 *   ...             -a ARGS: anything else
 *
 * What the kernel prints: "KTAP version 1", the plan "1..N", for each case "# start I suite.case" (optional), its
 * diagnostics "# ...", and "ok I suite.case" or "not ok I suite.case", either with " # SKIP why".  I counts from 1 in
 * the whole plan, also when the kernel goes on after a case.  Lines of any other form are the kernel's log.
 *
 * A case that is to end in a panic says "# panics TEXT" after its start; it is "ok" when the kernel then panics with a
 * message that contains TEXT, and the kernel is booted again after it.
 *
 * When QEMU dies otherwise, or says nothing of the tests for -t seconds, the case that ran is "not ok I name # CRASH"
 * or "# TIMEOUT", followed by the last lines of the console, and the kernel is booted again after it.  When a boot does
 * not even get to the tests, twice in a row, the rest is "# NOT RUN".
 *
 * A result that comes a second time, or for another case than the one that the kernel said it runs, is a failure
 * ("# TWICE", "# FORGED"): code under test may print lines of its own.  So is a case that prints without end: it is
 * stopped as "# TIMEOUT".
 *
 * Output: the complete KTAP in -o FILE, the console in -l FILE, one line of summary on stdout, failures before it.
 * -1 never boots again: what comes after a crash is "# NOT RUN".  It is for tests that cannot go on in the middle.
 * -n NAME is put before every case's name in the KTAP ("riscv-4.").  -g LINE is a command that repeats a case, for the
 * report of a failure: @NAME@ and @SEED@ in it are the case's.
 *
 * Exit status: 0 when nothing failed, 1 when something did, 3 when QEMU could not be run or was killed.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grading/run/child.h"
#include "grading/run/text.h"

enum { TAIL_LINES = 30, MAX_NAME = 128, MAX_TEXT = 256, END_SECONDS = 5, MAX_BAD_BOOTS = 2,
       MAX_CASE_BYTES = 1 << 20, MAX_DIAGNOSTICS = 1 << 16, FIRST_BAD_STATUS = 126 };

static struct {
	long seconds;       /* without news from the tests */
	long total_seconds; /* for everything */
	const char *ktap_name, *log_name;
	const char *prefix, *filter, *seed, *more_args, *again;
	char **command;
	int argc;
	int once;
} options = { .seconds = 60, .total_seconds = 1800, .prefix = "", .more_args = "" };

/* All boots together. */
static struct {
	int plan;            /* cases in all; 0 before the kernel has said it */
	int done;            /* cases with a result; results come in order */
	int passed, failed, skipped, crashed, boots;
	int bad_boots;       /* in a row: boots that ended before the plan */
	int qemu_status;     /* not 0: with this QEMU ended that was not to be found, or was killed, and not by us */
	long deadline;
	FILE *ktap, *log;
	struct text failures; /* what the user wants to see at the end */
} total;

/* One boot. */
static struct {
	struct child child;
	struct text console;
	size_t parsed;           /* bytes of console that were read as lines */
	int started;             /* the version line has been seen */
	int planned;             /* the plan has been seen */
	long last_news;
	char name[MAX_NAME];     /* of the case that runs, if the kernel said it */
	char panics[MAX_TEXT];   /* with what the case that runs shall panic; empty: it shall not */
	size_t case_start;       /* bytes of console before it */
	int has_planned;         /* the case that runs printed a plan, which only the kernel may */
	int ended_itself;        /* the last case was "# TIMEOUT" by the kernel's own clock; then it halts */
	struct text diagnostics; /* of the case that runs */
} boot;

static void usage(void)
{
	fprintf(stderr, "usage: ktest [-1] [-t seconds] [-T seconds in all] [-o file.ktap] [-l console log]\n"
			"             [-n prefix] [-g command] [-f glob] [-r seed] [-a args] -- qemu... @KARGS@ ...\n");
	exit(2);
}

/* ---- Results ------------------------------------------------------------------------------------------- */

static void emit(const char *line)
{
	if (total.ktap)
		fprintf(total.ktap, "%s\n", line);
}

static void remember_failure(const char *line)
{
	text_add(&total.failures, line, strlen(line));
	text_add(&total.failures, "\n", 1);
}

/* The console up to its end or, after a panic, to where enough of it has been said: events follow, newest last. */
static struct text console_of_crash(void)
{
	struct text cut = boot.console;
	const char *at = cut.size ? strstr(cut.bytes + boot.case_start, "\npanic: ") : NULL;

	for (int line = 0; at && line < TAIL_LINES - 4; line++)
		at = strchr(at + 1, '\n');
	if (at)
		cut.size = at + 1 - cut.bytes;
	return cut;
}

/* A copy of text with the first mark in it replaced. */
static char *replace(const char *text, const char *mark, const char *value)
{
	const char *at = strstr(text, mark);
	char *out = malloc(strlen(text) + strlen(value) + 1);

	if (!at)
		strcpy(out, text);
	else
		sprintf(out, "%.*s%s%s", (int)(at - text), text, value, at + strlen(mark));
	return out;
}

/* The command that repeats the case. */
static void print_again(const char *name, FILE *details)
{
	char *named = replace(options.again, "@NAME@", name);
	char *line = replace(named, "@SEED@", options.seed ? options.seed : "1");

	fprintf(details, "# again: %s\n", line);
	free(named);
	free(line);
}

/* The diagnostics of the case, and after a crash the console, in the KTAP and where failures are kept. */
static void emit_details(const char *result_line, int crashed)
{
	char *bytes = NULL;
	size_t size = 0;
	struct text console = console_of_crash();
	FILE *details = open_memstream(&bytes, &size);

	if (!details)
		return;
	if (boot.diagnostics.size)
		fputs(boot.diagnostics.bytes, details);
	if (crashed)
		text_print_tail(&console, TAIL_LINES, "# | ", details);
	if (options.again && boot.name[0])
		print_again(boot.name, details);
	fclose(details);
	remember_failure(result_line);
	text_add(&total.failures, bytes, size);
	if (total.ktap)
		fputs(bytes, total.ktap);
	free(bytes);
}

/* `why` is what stands after the name: "", " # SKIP no second CPU", " # CRASH". */
static void add_result(int ok, const char *name, const char *why)
{
	int crashed = strstr(why, "# CRASH") || strstr(why, "# TIMEOUT");
	char line[512];

	total.done++;
	total.skipped += strstr(why, "# SKIP") != NULL;
	total.passed += ok && !strstr(why, "# SKIP");
	total.failed += !ok;
	total.crashed += crashed;
	snprintf(line, sizeof(line), "%s %d %s%s%s", ok ? "ok" : "not ok", total.done, options.prefix, name, why);
	emit(line);
	if (!ok)
		emit_details(line, crashed);
	boot.diagnostics.size = 0;
	boot.name[0] = boot.panics[0] = 0;
	boot.has_planned = 0;
}

/* Cases that the kernel jumped over have failed: they were planned. */
static void fail_up_to(int number, const char *why)
{
	char name[MAX_NAME];

	while (total.done < number) {
		snprintf(name, sizeof(name), "case-%d", total.done + 1);
		add_result(0, boot.name[0] ? boot.name : name, why);
	}
}

/* ---- What the kernel says ------------------------------------------------------------------------------ */

static void take_plan(int plan)
{
	char line[64];

	if (boot.planned) {
		boot.has_planned = 1;
		return;
	}
	if (total.plan && total.plan != plan) {
		fprintf(stderr, "ktest: the plan was 1..%d and became 1..%d\n", total.plan, plan);
		exit(1);
	}
	boot.planned = 1;
	if (total.plan)
		return;
	total.plan = plan;
	snprintf(line, sizeof(line), "1..%d", plan);
	emit(line);
}

/* A case that has its result already: somebody prints results. */
static void take_second_result(int number, const char *name)
{
	char line[512];

	total.failed++;
	snprintf(line, sizeof(line), "not ok %d %s%s # TWICE", number, options.prefix, name);
	emit(line);
	remember_failure(line);
}

static void take_result(int ok, int number, const char *rest)
{
	char name[MAX_NAME];
	size_t size = strcspn(rest, " ");

	if (number > total.plan)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)size, rest);
	if (number <= total.done) {
		take_second_result(number, name);
		return;
	}
	fail_up_to(number - 1, " # MISSING");
	if (boot.has_planned || (boot.name[0] && strcmp(boot.name, name) != 0))
		add_result(0, boot.name[0] ? boot.name : name, " # FORGED");
	else if (ok && boot.panics[0])
		add_result(0, name, " # NO PANIC");
	else
		add_result(ok, name, rest + size);
	boot.ended_itself = !ok && strstr(rest, "# TIMEOUT");
}

static void take_diagnostic(const char *line)
{
	char name[MAX_NAME];
	int number;

	if (sscanf(line, "# start %d %127s", &number, name) == 2 && number <= total.plan) {
		fail_up_to(number - 1, " # MISSING");
		strcpy(boot.name, name);
		boot.diagnostics.size = 0;
		boot.panics[0] = 0;
		boot.case_start = boot.parsed;
		return;
	}
	if (sscanf(line, "# panics %255[^\n]", boot.panics) == 1)
		return;
	if (boot.diagnostics.size > MAX_DIAGNOSTICS)
		return;
	text_add(&boot.diagnostics, line, strlen(line));
	text_add(&boot.diagnostics, "\n", 1);
}

/* One line of the console.  Only what comes after the version line can be a result. */
static void take_line(const char *line)
{
	int number, end = 0;

	if (strncmp(line, "KTAP version", 12) == 0)
		boot.started = 1;
	else if (!boot.started)
		return;
	else if (sscanf(line, "1..%d%n", &number, &end) == 1 && !line[end])
		take_plan(number);
	else if (boot.planned && sscanf(line, "ok %d %n", &number, &end) == 1 && end)
		take_result(1, number, line + end);
	else if (boot.planned && sscanf(line, "not ok %d %n", &number, &end) == 1 && end)
		take_result(0, number, line + end);
	else if (line[0] == '#')
		take_diagnostic(line);
	else
		return;
	boot.last_news = now_ms();
}

static void take_lines(void)
{
	char *start, *end;

	while ((end = strchr(start = boot.console.bytes + boot.parsed, '\n'))) {
		char line[512];
		size_t size = end - start;

		boot.parsed += size + 1;
		while (size && start[size - 1] == '\r')
			size--;
		snprintf(line, sizeof(line), "%.*s", (int)size, start);
		take_line(line);
	}
}

static int plan_complete(void)
{
	return boot.planned && total.done >= total.plan;
}

/* ---- Boots --------------------------------------------------------------------------------------------- */

static char *kernel_args(void)
{
	char *bytes = NULL;
	size_t size;
	FILE *f = open_memstream(&bytes, &size);

	if (options.filter)
		fprintf(f, "ktest=%s ", options.filter);
	if (options.seed)
		fprintf(f, "seed=%s ", options.seed);
	if (total.done)
		fprintf(f, "ktest.after=%d ", total.done);
	fputs(options.more_args, f);
	fclose(f);
	return bytes;
}

static void start_boot(void)
{
	char *args = kernel_args();
	char **argv = calloc(options.argc + 1, sizeof(*argv));

	for (int i = 0; i < options.argc; i++)
		argv[i] = replace(options.command[i], "@KARGS@", args);
	boot.console.size = boot.parsed = boot.diagnostics.size = 0;
	boot.started = boot.planned = boot.name[0] = boot.panics[0] = 0;
	boot.ended_itself = boot.has_planned = 0;
	boot.case_start = 0;
	boot.last_news = now_ms();
	total.boots++;
	if (total.log)
		fprintf(total.log, "==== boot %d: %s\n", total.boots, args);
	if (child_start(&boot.child, argv, CHILD_PIPES)) {
		fprintf(stderr, "ktest: %s: %s\n", argv[0], strerror(errno));
		exit(1);
	}
	for (int i = 0; i < options.argc; i++)
		free(argv[i]);
	free(argv);
	free(args);
}

/* When the kernel has been silent for so long, this boot is over. */
static long boot_deadline(void)
{
	long deadline = boot.last_news + 1000 * (plan_complete() ? END_SECONDS : options.seconds);

	return deadline < total.deadline ? deadline : total.deadline;
}

/* Run until QEMU ends or the time is up.  True for the latter. */
static int watch_boot(void)
{
	char buf[4096];
	ssize_t n;

	while ((n = child_read(&boot.child, buf, sizeof(buf), boot_deadline())) != 0) {
		if (n < 0 || now_ms() > boot_deadline() || boot.console.size - boot.case_start > MAX_CASE_BYTES)
			return 1;
		text_add(&boot.console, buf, n);
		if (total.log)
			fwrite(buf, 1, n, total.log);
		take_lines();
	}
	return 0;
}

/* Did the case that runs end in the panic that it announced? */
static int died_as_announced(void)
{
	static const char mark[] = "\npanic: ";
	const char *message = boot.panics[0] ? strstr(boot.console.bytes + boot.case_start, mark) : NULL;
	const char *text;

	if (!message)
		return 0;
	message += strlen(mark);
	text = strstr(message, boot.panics);
	return text && text < message + strcspn(message, "\n");
}

/*
 * What to make of a boot that ended before all was done.  Once the plan is out, the next case had begun, whether the
 * kernel named it or not, unless the kernel halted after a case that took too long.  Before the plan, something is
 * wrong with booting, and trying again may help once.
 */
static void judge_broken_boot(int timed_out)
{
	const char *why = timed_out ? " # TIMEOUT" : " # CRASH";

	if (boot.planned)
		total.bad_boots = 0;
	if (boot.planned && !timed_out && died_as_announced()) {
		add_result(1, boot.name, "");
	} else if (boot.planned && !timed_out && boot.ended_itself && !boot.name[0]) {
		; /* it has its result */
	} else if (boot.planned) {
		fail_up_to(total.done + 1, why);
	} else if (!total.plan) {
		total.plan = 1;
		emit("1..1");
		add_result(0, "boot", why);
	} else if (++total.bad_boots == MAX_BAD_BOOTS) {
		fail_up_to(total.plan, " # NOT RUN");
	}
	if (options.once || now_ms() >= total.deadline)
		fail_up_to(total.plan, " # NOT RUN");
}

static void run_all(void)
{
	total.deadline = now_ms() + 1000 * options.total_seconds;
	emit("KTAP version 1");
	do {
		int timed_out, status;

		start_boot();
		timed_out = watch_boot();
		status = child_stop(&boot.child);
		if (!timed_out && !plan_complete() && status >= FIRST_BAD_STATUS)
			total.qemu_status = status;
		if (!plan_complete())
			judge_broken_boot(timed_out);
	} while (total.done < total.plan);
}

/* ---- The program --------------------------------------------------------------------------------------- */

static void parse_options(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "1t:T:o:l:n:g:f:r:a:")) != -1;) {
		switch (c) {
		case 't': options.seconds = atol(optarg); break;
		case 'T': options.total_seconds = atol(optarg); break;
		case '1': options.once = 1; break;
		case 'o': options.ktap_name = optarg; break;
		case 'l': options.log_name = optarg; break;
		case 'n': options.prefix = optarg; break;
		case 'g': options.again = optarg; break;
		case 'f': options.filter = *optarg ? optarg : NULL; break;
		case 'r': options.seed = *optarg ? optarg : NULL; break;
		case 'a': options.more_args = optarg; break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
	options.command = argv + optind;
	options.argc = argc - optind;
}

static FILE *open_output(const char *name)
{
	FILE *f = name ? fopen(name, "w") : NULL;

	if (name && !f) {
		fprintf(stderr, "ktest: %s: %s\n", name, strerror(errno));
		exit(2);
	}
	return f;
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	total.ktap = open_output(options.ktap_name);
	total.log = open_output(options.log_name);
	run_all();
	if (total.failures.size)
		fputs(total.failures.bytes, stdout);
	if (total.plan == 0)
		printf("%sno case matches\n", options.prefix);
	printf("%s%d passed, %d failed, %d skipped of %d (%d boots, %d crashes)\n", options.prefix, total.passed,
	       total.failed, total.skipped, total.plan, total.boots, total.crashed);
	if (total.qemu_status)
		printf("%sQEMU ended with status %d\n", options.prefix, total.qemu_status);
	if (total.ktap && fclose(total.ktap))
		return 2;
	if (total.log)
		fclose(total.log);
	return total.qemu_status ? 3 : total.failed != 0 || total.plan == 0;
}
