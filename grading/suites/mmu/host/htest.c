/*
 * main() for an instance of the MMU's suites on the host.
 *
 *	htest [-t GLOB] [-s SEED] [-e EFFORT] [-r SCHEDULE] [-w SECONDS] [-f] [-l] [-v]
 *
 *   -t  only the cases whose name matches (* and ?)     -l  list their names
 *   -s  the seed of random tests, 1 if not given        -v  with times
 *   -e  how much random tests try, 1 if not given
 *   -r  run this schedule alone (an explorer printed it)
 *   -w  so long may a case take, or the program dies (SIGALRM); 120 if not given
 *   -f  CPUs are flushed by the verbs of the format's tlb.h
 *
 * Prints "ok format.suite.case" or "not ok ..." with "# " lines before that explain it; exits with 1 if a case failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "grading/suites/mmu/suite.h"

#define SYMBOL_2(name)  mmu_instance_##name
#define SYMBOL_OF(name) SYMBOL_2(name)

extern struct mmu_instance SYMBOL_OF(INSTANCE);
static const struct mmu_instance *instance = &SYMBOL_OF(INSTANCE);

static struct {
	const char *glob;
	int list, verbose, seconds;
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

/* What a case says comes after its result, as its explanation.  What it says when it dies is lost. */
static struct {
	char text[1 << 16];
	size_t length;
} said;

static void print(const char *line)
{
	int length = snprintf(said.text + said.length, sizeof(said.text) - said.length, "%s\n", line);

	if (said.length + length < sizeof(said.text))
		said.length += length;
	said.text[said.length] = 0;
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
	said.length = 0;
	said.text[0] = 0;
	verdict = instance->run(i, env);
	alarm(0);
	printf("%sok %s%s.%s%s", verdict == MMU_FAILED ? "not " : "", instance->name, flavour(env), name,
	       verdict == MMU_SKIPPED ? " # SKIP" : "");
	if (options.verbose)
		printf(" # %.3f s", now() - start);
	printf("\n%s", verdict == MMU_SKIPPED ? "" : said.text);
	if (verdict == MMU_FAILED)
		print_again(name, env);
	return verdict == MMU_FAILED;
}

static int run_all(const struct mmu_env *env)
{
	char name[MMU_NAME_MAX];
	int failed = 0;

	for (int i = 0; instance->case_name(i, name); i++) {
		if (!matches(options.glob, name))
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

	while ((option = getopt(argc, argv, "t:s:e:r:w:flv")) != -1) {
		switch (option) {
		case 't': options.glob = optarg; break;
		case 's': env.seed = strtoull(optarg, NULL, 0); break;
		case 'e': env.effort = strtoul(optarg, NULL, 0); break;
		case 'r': env.replay = optarg; break;
		case 'w': options.seconds = atoi(optarg); break;
		case 'f': env.flush = MMU_FLUSH_VERBS; break;
		case 'l': options.list = 1; break;
		case 'v': options.verbose = 1; break;
		default: return 2;
		}
	}
	if (posix_memalign(&env.memory, 4096, MMU_MEMORY))
		return 2;
	failed = run_all(&env);
	free(env.memory);
	return failed != 0;
}
