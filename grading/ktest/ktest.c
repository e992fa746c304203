/*
 * The test kernel: takes the place of kernel/init.c.
 *
 * The boot options:
 *
 *   ktest=GLOB,...  only the cases whose name matches one; a case's name without its parameter matches all of them
 *   ktest.only=GLOB,... of those, only what matches one of these as well
 *   ktest.budget=N  every case may take N million instructions, whatever it says itself
 *   seed=N          for random tests; 1 if not given
 *   ktest.after=N   go on after case N of the plan
 *   ktest.list      print the plan's names and halt
 *   ktest.realtime  CPUs run at once and instructions are not counted (the machine was started without -icount)
 *   ktest.nodeaths without the cases that end in a panic, each of which costs a boot
 *   ktest.nosim    without the suites that run on a simulated machine (grading/suites/mmu)
 *   ktest.hidden    the suites that fail on purpose, instead of all others: tests of ktest itself
 *
 * The output is KTAP, version 1; what grading/run/ktest.c expects of it is said there.  The plan depends on nothing but
 * the options and the machine, so that a number means the same case in every boot of a run.
 */
#include "grading/ktest/run.h"
#include "boot_option.h"
#include "cpu.h"
#include "init.h"
#include "proc.h"

#define FILTER_MAX 1536

/* The linker's table: one pointer a suite. */
extern const struct ktest_suite *const ktest_start[], *const ktest_end[];

static char filter[FILTER_MAX], only[FILTER_MAX];
static bool hidden, no_deaths;

/* ---- The plan ------------------------------------------------------------------------------------------ */

/* A walk through all cases that the options choose. */
struct plan {
	const struct ktest_suite *const *suite;
	u32 case_index, param_index;
	struct ktest_instance instance;
};

/* The case's parameter of this index; a case without parameters is run once, with an empty one. */
static bool take_param(const struct ktest_case *test, u32 index, struct ktest_param *param)
{
	*param = (struct ktest_param){ .value = 0 };
	if (test->generate)
		return test->generate(index, param);
	if (!test->params)
		return index == 0;
	if (index >= test->param_count)
		return false;
	*param = test->params[index];
	return true;
}

/* Does the name match one of the globs, which have commas between them?  No globs match everything. */
static bool matches_any(const char *globs, const char *name)
{
	char glob[KTEST_NAME_MAX];

	for (const char *at = globs; *at; at += *at == ',') {
		size_t size = 0;

		for (; *at && *at != ','; at++)
			if (size + 1 < sizeof(glob))
				glob[size++] = *at;
		glob[size] = 0;
		if (string_match(glob, name))
			return true;
	}
	return !globs[0];
}

static bool is_chosen(const struct ktest_instance *i)
{
	char plain[KTEST_NAME_MAX];

	if (no_deaths && i->test->panics)
		return false;
	snprintf(plain, sizeof(plain), "%s.%s", i->suite->name, i->test->name);
	return (matches_any(filter, plain) || matches_any(filter, i->name)) &&
	       (matches_any(only, plain) || matches_any(only, i->name));
}

/* Describe the place where the walk is.  False if there is no such case. */
static bool describe(struct plan *p)
{
	struct ktest_instance *i = &p->instance;

	i->suite = *p->suite;
	i->test = &i->suite->cases[p->case_index];
	if (!take_param(i->test, p->param_index, &i->param))
		return false;
	snprintf(i->name, sizeof(i->name), "%s.%s%s%s", i->suite->name, i->test->name, i->param.name[0] ? "/" : "",
		 i->param.name);
	return true;
}

static void plan_begin(struct plan *p)
{
	*p = (struct plan){ .suite = ktest_start };
}

/* Move to the next chosen case and count it; false behind the last. */
static bool plan_next(struct plan *p)
{
	while (p->suite < ktest_end) {
		if (p->case_index == (*p->suite)->case_count || (*p->suite)->hidden != hidden) {
			p->suite++;
			p->case_index = 0;
		} else if (!describe(p)) {
			p->case_index++;
			p->param_index = 0;
		} else {
			p->param_index++;
			if (!is_chosen(&p->instance))
				continue;
			p->instance.number++;
			return true;
		}
	}
	return false;
}

static u32 plan_size(void)
{
	struct plan p;

	plan_begin(&p);
	while (plan_next(&p))
		;
	return p.instance.number;
}

/* ---- The run ------------------------------------------------------------------------------------------- */

static void change_suite(const struct ktest_suite *from, const struct ktest_suite *to)
{
	if (from && from->teardown)
		from->teardown();
	if (to && to->setup)
		to->setup();
}

/* Returns how many failed. */
static u32 run_plan(u32 after)
{
	const struct ktest_suite *suite = NULL;
	u32 failed = 0;
	struct plan p;

	plan_begin(&p);
	while (plan_next(&p)) {
		if (p.instance.number <= after)
			continue;
		if (p.instance.suite != suite)
			change_suite(suite, p.instance.suite);
		suite = p.instance.suite;
		failed += ktest_run(&p.instance) == KTEST_FAILED;
	}
	change_suite(suite, NULL);
	return failed;
}

static void list_plan(void)
{
	struct plan p;

	plan_begin(&p);
	while (plan_next(&p))
		printk("# case %u %s\n", p.instance.number, p.instance.name);
}

static bool has_option(const char *name)
{
	char value[8];

	return boot_option(name, value, sizeof(value));
}

void init_main(void *unused)
{
	boot_option("ktest", filter, sizeof(filter));
	boot_option("ktest.only", only, sizeof(only));
	hidden = has_option("ktest.hidden");
	no_deaths = has_option("ktest.nodeaths");
	ktest_options.seed = boot_option_u64("seed", 1);
	ktest_options.budget = boot_option_u64("ktest.budget", 0) * MILLION;
	ktest_options.real_time = has_option("ktest.realtime");
	printk("KTAP version 1\n");
	printk("1..%u\n", plan_size());
	printk("# " ARCH_NAME ", %u CPUs, seed %lu\n", cpu_count, ktest_options.seed);
	if (has_option("ktest.list")) {
		list_plan();
		arch_halt(0);
	}
	arch_halt(run_plan(boot_option_u64("ktest.after", 0)) ? 1 : 0);
}
