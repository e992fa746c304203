/*
 * grade: what a student's work is worth.
 *
 *   grade [option...] lab.conf ARCH:FORMAT:STATE:PATH...
 *   grade -H LAB NAME VALUE       prints what an answer hashes to
 *   grade -w lab.conf             prints what each part asks for: lines "PART NAME..."
 *   grade -D diag.list            checks the list, and prints its identifiers
 *
 * For each machine: its stage-2 format, and what came of it there: "ran", and the KTAP that ktest wrote; "unbuilt", and
 * what the compiler said; "trouble", and what went wrong with QEMU.
 *
 *   -d FILE                the list of mistakes (diag.h)
 *   -h                     the cases ran on the host, as programs: no points
 *   -s SEED                the seed that was asked for
 *   -a FILE                the student's answers
 *   -1                     the course has one machine: parity is part of the suites' points
 *   -t GLOB, -P PART       only cases whose name matches; only those of a part; no total then
 *   -v                     every failure in full, and what passed; -n: only the first failure
 *   -p                     no colour; there is none either when stdout is no terminal
 *   -K -J -G -C FILE       KTAP, JUnit, Gradescope's results.json, CSV
 *
 * Exit status: 0 full points, 1 fewer, 2 a kernel does not compile, 3 the trouble is the machine's, not the student's.
 *
 * Read next: conf.h, what a lab is graded by; ktap.h, what is believed; score.h, what counts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grading/grade/report.h"
#include "grading/grade/write.h"

enum { STATUS_TROUBLE = 3, OUTPUTS = 4 };

static struct score score;
static struct conf conf;
static struct diag_list diags;

static struct {
	enum report_form form;
	int plain;
	const char *answers, *diags;
	const char *outputs[OUTPUTS];
} options;

static const struct {
	int letter;
	void (*write)(const struct score *score, FILE *f);
} outputs[OUTPUTS] = {
	{ 'K', write_ktap }, { 'J', write_junit }, { 'G', write_gradescope }, { 'C', write_csv },
};

static void usage(void)
{
	fprintf(stderr, "usage: grade [-1hvnp] [-a answers] [-d diag.list] [-s seed] [-t glob] [-P part]\n"
			"             [-K ktap] [-J junit] [-G results.json] [-C csv]\n"
			"             lab.conf ARCH:FORMAT:STATE:PATH...     STATE: ran, unbuilt, trouble\n"
			"       grade -H LAB NAME VALUE\n"
			"       grade -w lab.conf\n"
			"       grade -D diag.list\n");
	exit(STATUS_TROUBLE);
}

static void print_hash(int argc, char **argv)
{
	if (argc - optind != 3)
		usage();
	printf("%016llx\n", answer_hash(argv[optind], argv[optind + 1], argv[optind + 2]));
	exit(0);
}

static void print_writes(int argc, char **argv)
{
	if (argc - optind != 1)
		usage();
	if (conf_read(&conf, argv[optind]))
		exit(STATUS_TROUBLE);
	for (int part = 0; part < conf.part_count; part++) {
		printf("%s", conf.parts[part].name);
		for (int i = 0; i < conf.write_count; i++)
			if (conf.writes[i].part == part)
				printf(" %s", conf.writes[i].name);
		printf("\n");
	}
	exit(0);
}

static void print_diags(int argc, char **argv)
{
	if (argc - optind != 1)
		usage();
	if (diag_read(&diags, argv[optind]))
		exit(STATUS_TROUBLE);
	for (int i = 0; i < diags.count; i++)
		printf("%s\n", diags.diags[i].id);
	exit(0);
}

static int take_output(int letter, const char *path)
{
	for (int i = 0; i < OUTPUTS; i++)
		if (outputs[i].letter == letter)
			options.outputs[i] = path;
	return 0;
}

static void parse_options(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "1hvnpHwDa:d:s:t:P:K:J:G:C:")) != -1;) {
		switch (c) {
		case '1': score.arches = ONE_ARCH; break;
		case 'h': score.place = ON_THE_HOST; break;
		case 'v': options.form = REPORT_ALL; break;
		case 'n': options.form = REPORT_NEXT; break;
		case 'p': options.plain = 1; break;
		case 'a': options.answers = optarg; break;
		case 'd': options.diags = optarg; break;
		case 's': score.seed = *optarg ? optarg : NULL; break;
		case 't': score.chosen = *optarg ? optarg : NULL; break;
		case 'P': score.part = optarg; break;
		case 'H': print_hash(argc, argv); break;
		case 'w': print_writes(argc, argv); break;
		case 'D': print_diags(argc, argv); break;
		case 'K': case 'J': case 'G': case 'C': take_output(c, optarg); break;
		default: usage();
		}
	}
	if (argc - optind < 2 || argc - optind > 1 + MACHINES_MAX)
		usage();
}

/* ARCH:FORMAT:STATE:PATH */
static void take_machine(const char *text)
{
	struct machine *m = &score.machines[score.machine_count++];
	char state[CONF_NAME_MAX];
	int path = 0;

	if (sscanf(text, "%39[^:]:%39[^:]:%39[^:]:%n", m->arch, m->format, state, &path) != 3 || !path)
		usage();
	m->path = text + path;
	if (strcmp(state, "unbuilt") == 0)
		m->state = MACHINE_UNBUILT;
	else if (strcmp(state, "trouble") == 0)
		m->state = MACHINE_TROUBLE;
	else if (strcmp(state, "ran") == 0)
		ktap_read(&m->ktap, m->path);
	else
		usage();
}

static enum print_colour colour(void)
{
	const char *terminal = getenv("TERM");

	if (options.plain || getenv("NO_COLOR") || !isatty(STDOUT_FILENO))
		return PRINT_PLAIN;
	return terminal && strcmp(terminal, "dumb") != 0 ? PRINT_COLOURED : PRINT_PLAIN;
}

/* All of them, also when one cannot be written: 0, or -1. */
static int write_outputs(void)
{
	int error = 0;

	for (int i = 0; i < OUTPUTS; i++) {
		FILE *f = options.outputs[i] ? fopen(options.outputs[i], "w") : NULL;

		if (f)
			outputs[i].write(&score, f);
		if (options.outputs[i] && (!f || fclose(f))) {
			fprintf(stderr, "grade: %s: %s\n", options.outputs[i], strerror(errno));
			error = -1;
		}
	}
	return error;
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	if (conf_read(&conf, argv[optind]) || diag_read(&diags, options.diags))
		return STATUS_TROUBLE;
	score.conf = &conf;
	score.diags = &diags;
	for (int i = optind + 1; i < argc; i++)
		take_machine(argv[i]);
	answers_read(&conf, options.answers, score.answers);
	score_compute(&score);
	if (score.chosen && score.outcome_count == 0)
		printf("no case of lab %s matches %s\n", conf.lab, score.chosen);
	else
		report_print(&score, options.form, colour());
	if (write_outputs())
		return STATUS_TROUBLE;
	return score_status(&score);
}
