/*
 * usertests: tests of the system calls, from outside.
 *
 *	usertests [-l] [-q] [-t] [-s seed] [pattern...]
 *
 *	-l        only list the cases           -q       leave the slow ones out
 *	-s seed   for the random ones           -t       also print how long each case took
 *	pattern   only cases whose names fit one, such as 'pipe.*'
 *
 * The output is KTAP: a plan, then one line a case, `ok N name` or `not ok N name`, and after a failure a line with its
 * reason.  The exit status is 0 if nothing failed.
 *
 * test.h says what a case is.  A case that loses memory is run again: a cache may have grown.  A real leak loses memory
 * each time.
 */
#include "args.h"
#include "test.h"

#define SCRATCH    "/tmp/usertests"
#define TIME_LIMIT (300 * SECOND)
#define ATTEMPTS   3

extern const struct test test_table_start[], test_table_end[];

static struct test *tests; /* sorted by name */
static size_t test_count;

static u64 seed = 1;

/* What must be as before after a case. */
struct resources {
	u64 pages;
	u32 procs, threads;
};

enum outcome { PASSED, FAILED, SKIPPED, LEAKED };

/* ---- One case ---------------------------------------------------------------------------------------- */

static struct resources measure(void)
{
	struct sysinfo i;

	if (sysinfo(&i))
		die("sysinfo", 0);
	return (struct resources){ i.page_free, i.proc_count, i.thread_count };
}

static bool all_ended(const struct resources *before, const struct resources *now)
{
	return now->procs == before->procs && now->threads == before->threads;
}

static bool settled(const struct resources *before, const struct resources *now)
{
	return now->pages >= before->pages && all_ended(before, now);
}

/* Processes that were killed take a moment to go; pages without processes go at once or not at all. */
static struct resources measure_settled(const struct resources *before)
{
	struct resources now = measure();

	for (int tries = 0; tries < 500 && !settled(before, &now); tries++) {
		if (tries > 50 && all_ended(before, &now))
			break;
		sleep(tries < 40 ? MS : 10 * MS);
		now = measure();
	}
	return now;
}

static NORETURN void run_in_child(const struct test *t)
{
	setgroup(0, 0);
	if (mkdir(SCRATCH) || chdir(SCRATCH))
		test_fail(__FILE__, __LINE__, "cannot make " SCRATCH);
	test_random.state = seed;
	for (const char *c = t->name; *c; c++)
		test_random.state = test_random.state * 31 + *c;
	t->run();
	_exit(0);
}

/* Wait for the case; its status.  The time limit ends a case that hangs. */
static int wait_for_case(int pid)
{
	s64 start = clock();
	int status = -1;

	while (wait(pid, &status, WAIT_NOHANG) == -EAGAIN) {
		if (clock() - start > (s64)TIME_LIMIT) {
			snprintf(verdict->text, sizeof(verdict->text), "does not end");
			kill(-pid);
			kill(pid);
			wait(pid, &status, 0);
			return STATUS_KILLED;
		}
		sleep(MS);
	}
	return status;
}

static const char *describe(int status)
{
	switch (status) {
	case 0: return "";
	case KILLED(KILL): return "killed";
	case KILLED(FAULT): return "killed by a memory fault";
	case KILLED(ILLEGAL): return "killed by an illegal instruction";
	default: return "ended with an error";
	}
}

static enum outcome judge(int status)
{
	if (!verdict->decided && !verdict->text[0])
		strlcpy(verdict->text, describe(status), sizeof(verdict->text));
	if (verdict->skipped)
		return SKIPPED;
	return status || verdict->decided ? FAILED : PASSED;
}

static enum outcome judge_resources(const struct resources *before)
{
	struct resources now = measure_settled(before);

	if (settled(before, &now))
		return PASSED;
	snprintf(verdict->text, sizeof(verdict->text), "leaks: %ld pages, %d processes, %d threads",
		 (s64)(before->pages - now.pages), (int)(now.procs - before->procs),
		 (int)(now.threads - before->threads));
	return LEAKED;
}

/* What cannot be removed must not disturb the next case. */
static void clean_up(void)
{
	static int left_over;
	char name[40];

	if (remove_tree(SCRATCH, NULL) == 0)
		return;
	snprintf(name, sizeof(name), SCRATCH "-left-%d", ++left_over);
	rename(SCRATCH, name);
}

static enum outcome run_once(const struct test *t)
{
	struct resources before = measure();

	memset(verdict, 0, sizeof(*verdict));
	flush();
	int pid = fork();

	if (pid == 0)
		run_in_child(t);
	if (pid < 0) {
		snprintf(verdict->text, sizeof(verdict->text), "fork: %s", strerror(pid));
		return FAILED;
	}
	enum outcome outcome = judge(wait_for_case(pid));

	kill(-pid);
	clean_up();
	return outcome == PASSED ? judge_resources(&before) : outcome;
}

static enum outcome run_test(const struct test *t)
{
	enum outcome outcome = LEAKED;

	for (int i = 0; i < ATTEMPTS && outcome == LEAKED; i++)
		outcome = run_once(t);
	return outcome == LEAKED ? FAILED : outcome;
}

/* ---- All of them ------------------------------------------------------------------------------------- */

struct selection {
	char **patterns;
	int pattern_count;
	bool quick, timed;
};

static bool is_selected(const struct selection *s, const struct test *t)
{
	if (s->quick && t->speed == SLOW)
		return false;
	for (int i = 0; i < s->pattern_count; i++)
		if (glob_match(s->patterns[i], t->name))
			return true;
	return s->pattern_count == 0;
}

static int count_selected(const struct selection *s)
{
	int count = 0;

	for (const struct test *t = tests; t < tests + test_count; t++)
		count += is_selected(s, t);
	return count;
}

static void report(int number, const char *name, enum outcome outcome)
{
	const char *what = outcome == FAILED ? "not ok" : "ok";

	if (outcome == SKIPPED)
		printf("%s %d %s # SKIP %s\n", what, number, name, verdict->text);
	else
		printf("%s %d %s\n", what, number, name);
	if (outcome == FAILED)
		printf("# %s\n", verdict->text);
	flush();
}

static int run_all(const struct selection *s)
{
	int number = 0, counts[LEAKED] = { 0 };

	printf("KTAP version 1\n1..%d\n", count_selected(s));
	for (const struct test *t = tests; t < tests + test_count; t++) {
		if (!is_selected(s, t))
			continue;
		s64 start = clock();
		enum outcome outcome = run_test(t);

		counts[outcome]++;
		report(++number, t->name, outcome);
		if (s->timed)
			printf("# %ld ms\n", (clock() - start) / (s64)MS);
	}
	printf("# %d passed, %d failed, %d skipped; seed %lu\n", counts[PASSED], counts[FAILED], counts[SKIPPED], seed);
	return counts[FAILED] ? 1 : 0;
}

static void list(const struct selection *s)
{
	for (const struct test *t = tests; t < tests + test_count; t++)
		if (is_selected(s, t))
			printf("%s%s\n", t->name, t->speed == SLOW ? " (slow)" : "");
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct test *)a)->name, ((const struct test *)b)->name);
}

/* The linker's order depends on the compiler. */
static void sort_tests(void)
{
	size_t size = (const char *)test_table_end - (const char *)test_table_start;

	tests = must_malloc(size);
	memcpy(tests, test_table_start, size);
	test_count = size / sizeof(*tests);
	qsort(tests, test_count, sizeof(*tests), compare_names);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "lqts:", "usertests [-l] [-q] [-t] [-s seed] [pattern...]");
	struct selection s = { 0 };
	bool only_list = false;

	for (int flag; (flag = args_flag(&a));) {
		only_list |= flag == 'l';
		s.quick |= flag == 'q';
		s.timed |= flag == 't';
		if (flag == 's')
			seed = args_number(&a);
	}
	sort_tests();
	s.patterns = argv + a.at;
	s.pattern_count = args_left(&a);
	if (only_list) {
		list(&s);
		return 0;
	}
	mkdir("/tmp");
	clean_up();
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_ANON | MAP_SHARED, -1, 0);
	if (error_of(verdict))
		die("no shared memory", error_of(verdict));
	return run_all(&s);
}
