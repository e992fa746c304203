/*
 * main() for an instance of the MMU's suites on the host.
 *
 *	htest [-t GLOBS] [-s SEED] [-e EFFORT] [-r SCHEDULE] [-w SECONDS] [-f] [-k] [-l] [-v]
 *
 *   -t  only the cases whose name matches (* and ?) one of these, with "," between
 *   -l  list their names                               -v  with times
 *   -s  the seed of random tests, 1 if not given
 *   -e  how much random tests try, 1 if not given
 *   -r  run this schedule alone (an explorer printed it)
 *   -w  so long may a case take, or the program dies (SIGALRM); 120 if not given
 *   -f  CPUs are flushed by the verbs of the format's tlb.h
 *   -k  each case in a process of its own, with -w seconds of CPU time; KTAP, whose names and ends are those of
 *       grading/run/ktest.c: mmu.FORMAT/suite.case, CRASH, TIMEOUT
 *
 * Prints "ok format.suite.case" or "not ok ..." with "# " lines before that explain it; exits with 1 if a case failed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "grading/suites/mmu/suite.h"

#define SYMBOL_2(name)  mmu_instance_##name
#define SYMBOL_OF(name) SYMBOL_2(name)

extern struct mmu_instance SYMBOL_OF(INSTANCE);
static const struct mmu_instance *instance = &SYMBOL_OF(INSTANCE);

static struct {
	const char *glob;
	int list, apart, verbose, seconds;
} options = { .glob = "*", .seconds = 120 };

static int matches(const char *pattern, const char *name)
{
	for (; *pattern && *pattern != '*'; pattern++, name++)
		if (!*name || (*pattern != '?' && *pattern != *name))
			return 0;
	if (!*pattern)
		return !*name;
	for (; *name; name++)
		if (matches(pattern + 1, name))
			return 1;
	return matches(pattern + 1, name);
}

static int is_chosen(const char *name)
{
	char globs[1024];

	snprintf(globs, sizeof(globs), "%s", options.glob);
	for (char *glob = strtok(globs, ","); glob; glob = strtok(NULL, ","))
		if (matches(glob, name))
			return 1;
	return 0;
}

/*
 * What a case says comes after its result, as its explanation.  In memory that processes share, so that it outlives
 * one that dies (-k).
 */
static struct said {
	char text[1 << 16];
	size_t length;
	int verdict; /* -1: none yet */
} *said;

static void print(const char *line)
{
	int length = snprintf(said->text + said->length, sizeof(said->text) - said->length, "%s\n", line);

	if (said->length + length < sizeof(said->text))
		said->length += length;
	said->text[said->length] = 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static const char *flavour(const struct mmu_env *env)
{
	return env->flush == MMU_FLUSH_VERBS ? "-verbs" : "";
}

/* The instance plug_FORMAT has the MMU that MMU= names: make leaves it in the environment. */
static void print_again(const char *name, const struct mmu_env *env)
{
	const char *format = instance->name, *mmu = getenv("MMU");

	if (strncmp(format, "plug_", 5) == 0)
		format += 5;
	else
		mmu = NULL;
	printf("# again: make htest%s%s FMT=%s T='%s' SEED=%lu EFFORT=%u%s\n", mmu ? " MMU=" : "", mmu ? mmu : "",
	       format, name, (unsigned long)env->seed, env->effort, env->flush ? " FLUSH=verbs" : "");
}

/* Did it fail? */
static int run_case(int i, const char *name, const struct mmu_env *env)
{
	double start = now();
	enum mmu_verdict verdict;

	printf("# start %s%s.%s\n", instance->name, flavour(env), name);
	fflush(stdout);
	alarm(options.seconds);
	said->length = 0;
	said->text[0] = 0;
	verdict = instance->run(i, env);
	alarm(0);
	printf("%sok %s%s.%s%s", verdict == MMU_FAILED ? "not " : "", instance->name, flavour(env), name,
	       verdict == MMU_SKIPPED ? " # SKIP" : "");
	if (options.verbose)
		printf(" # %.3f s", now() - start);
	printf("\n%s", verdict == MMU_SKIPPED ? "" : said->text);
	if (verdict == MMU_FAILED)
		print_again(name, env);
	return verdict == MMU_FAILED;
}

/* ---- Each case in a process of its own ------------------------------------------------------------------ */

enum { DEATH_LINES = 9, ENDLESS_MAX = 3 };

/* What the program said when it died: the beginning, in which sanitizers tell the most. */
static void print_death(FILE *errors, int status)
{
	char line[160];

	if (WIFSIGNALED(status))
		printf("# | %s\n", strsignal(WTERMSIG(status)));
	rewind(errors);
	for (int lines = 0; lines < DEATH_LINES && fgets(line, sizeof(line), errors);) {
		line[strcspn(line, "\n")] = 0;
		if (!line[0] || line[0] == '=')
			continue;
		printf("# | %s\n", line);
		lines++;
	}
}

static void run_as_child(int i, const struct mmu_env *env, FILE *errors)
{
	struct rlimit seconds = { options.seconds, options.seconds + 1 };

	setrlimit(RLIMIT_CPU, &seconds);
	dup2(fileno(errors), STDERR_FILENO);
	said->verdict = instance->run(i, env);
	_exit(0);
}

static int endless; /* cases, so far */

static const char *end_of(int status)
{
	if (said->verdict == MMU_SKIPPED)
		return " # SKIP not for this format";
	if (said->verdict >= 0)
		return "";
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGXCPU)
		return " # CRASH";
	endless++;
	return " # TIMEOUT";
}

/* Did it fail? */
static int run_apart(int i, int number, const struct mmu_env *env)
{
	FILE *errors = tmpfile();
	char name[MMU_NAME_MAX];
	int status, failed;
	pid_t child;

	*said = (struct said){ .verdict = -1 };
	fflush(stdout);
	child = errors ? fork() : -1;
	if (child < 0) {
		perror("htest");
		exit(2);
	}
	if (child == 0)
		run_as_child(i, env, errors);
	waitpid(child, &status, 0);
	failed = said->verdict != MMU_PASSED && said->verdict != MMU_SKIPPED;
	printf("%sok %d mmu.%s/%s%s\n%s", failed ? "not " : "", number, instance->name, instance->case_name(i, name),
	       end_of(status), failed ? said->text : "");
	if (said->verdict < 0)
		print_death(errors, status);
	fclose(errors);
	return failed;
}

/* ---- All of them ---------------------------------------------------------------------------------------- */

/* After some cases that never end the rest is not run. */
static int run_all_apart(const struct mmu_env *env)
{
	char name[MMU_NAME_MAX];
	int count = 0, number = 0, failed = 0;

	for (int i = 0; instance->case_name(i, name); i++)
		count += is_chosen(name);
	printf("KTAP version 1\n1..%d\n", count);
	for (int i = 0; instance->case_name(i, name); i++) {
		if (!is_chosen(name))
			continue;
		number++;
		if (endless == ENDLESS_MAX)
			printf("not ok %d mmu.%s/%s # NOT RUN\n", number, instance->name, name);
		else
			failed += run_apart(i, number, env);
	}
	return failed;
}

static int run_all(const struct mmu_env *env)
{
	char name[MMU_NAME_MAX];
	int failed = 0;

	for (int i = 0; instance->case_name(i, name); i++) {
		if (!is_chosen(name))
			continue;
		if (options.list)
			printf("%s\n", name);
		else
			failed += run_case(i, name, env);
	}
	return failed;
}

int main(int argc, char **argv)
{
	struct mmu_env env = { .print = print, .seed = 1, .effort = 1 };
	int option, failed;

	while ((option = getopt(argc, argv, "t:s:e:r:w:fklv")) != -1) {
		switch (option) {
		case 't': options.glob = optarg; break;
		case 's': env.seed = strtoull(optarg, NULL, 0); break;
		case 'e': env.effort = strtoul(optarg, NULL, 0); break;
		case 'r': env.replay = optarg; break;
		case 'w': options.seconds = atoi(optarg); break;
		case 'f': env.flush = MMU_FLUSH_VERBS; break;
		case 'k': options.apart = 1; break;
		case 'l': options.list = 1; break;
		case 'v': options.verbose = 1; break;
		default: return 2;
		}
	}
	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (said == MAP_FAILED)
		return 2;
	if (posix_memalign(&env.memory, 4096, MMU_MEMORY))
		return 2;
	failed = options.apart ? run_all_apart(&env) : run_all(&env);
	free(env.memory);
	return failed != 0;
}
