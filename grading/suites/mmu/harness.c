/*
 * Running cases: the part of an instance that the world outside calls.
 *
 * The memory that it is given is cut up once a case: stacks for attempts, the explorer's, the machine's, and the rest
 * for the case.
 */
#include <stdarg.h>

#include "grading/explore/attempt.h"
#include "grading/explore/explore.h"
#include "grading/sim/sim.h"
#include "grading/suites/mmu/harness.h"
#include "grading/suites/mmu/table.h"
#include "mmu/pt/todo.h"

static const struct mmu_env *env;

static struct {
	unsigned char *at, *end;
	unsigned char *machine;
	bool skipped;
} memory;

/* ---- Memory --------------------------------------------------------------------------------------------- */

static void *cut(uint64_t size)
{
	unsigned char *part = memory.at;

	size = (size + 4095) & ~(uint64_t)4095;
	if (size > (uint64_t)(memory.end - memory.at))
		attempt_fail("harness: the case needs too much memory");
	memory.at += size;
	return part;
}

void *case_memory(uint64_t size)
{
	return cut(size);
}

void *machine_memory(uint64_t *size)
{
	*size = SIM_SIZE_MIN;
	return memory.machine;
}

/* ---- What cases call -------------------------------------------------------------------------------------- */

uint64_t case_seed(void)
{
	return env->seed;
}

enum mmu_flush case_flush(void)
{
	return env->flush;
}

const char *case_replay(void)
{
	return env->replay;
}

uint64_t much(uint64_t little, uint64_t normal)
{
	return env->effort ? normal * env->effort : little;
}

void note(const char *format, ...)
{
	char line[ATTEMPT_TEXT_MAX] = "# ";
	va_list args;

	va_start(args, format);
	vsnprintf(line + 2, sizeof(line) - 2, format, args);
	va_end(args);
	env->print(line);
}

void case_skip(const char *why)
{
	memory.skipped = true;
	attempt_fail(why);
}

void check_fail(const char *file, int line, const char *format, ...)
{
	char text[ATTEMPT_TEXT_MAX];
	int length = snprintf(text, sizeof(text), "%s:%d: ", file, line);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, sizeof(text) - length, format, args);
	va_end(args);
	attempt_fail(text);
}

/* ---- Running -------------------------------------------------------------------------------------------- */

/* Case i of all suites, and the suite that it is in; NULL if there are not so many. */
static const struct check_case *find_case(int i, const struct mmu_suite_entry **suite)
{
	for (*suite = mmu_suites; (*suite)->name; (*suite)++) {
		if (i < (*suite)->suite->case_count)
			return &(*suite)->suite->cases[i];
		i -= (*suite)->suite->case_count;
	}
	return NULL;
}

static const char *case_name(int i, char buf[MMU_NAME_MAX])
{
	const struct mmu_suite_entry *suite;
	const struct check_case *c = find_case(i, &suite);

	if (!c)
		return NULL;
	snprintf(buf, MMU_NAME_MAX, "%s.%s", suite->name, c->name);
	return buf;
}

static void run_case(void *arg)
{
	const struct check_case *c = arg;

	c->run(env->seed);
}

/* Who calls what nobody has written has not passed, even if nothing failed. */
enum mmu_verdict run_check_case(const struct check_case *c, const struct mmu_env *new_env)
{
	const char *text;

	env = new_env;
	memory.at = env->memory;
	memory.end = memory.at + MMU_MEMORY;
	memory.skipped = false;
	attempt_start(cut(ATTEMPT_MEMORY));
	explore_start(cut(EXPLORE_MEMORY), env->print);
	memory.machine = cut(SIM_SIZE_MIN);
	lab_todo_first = NULL;
	text = attempt(run_case, (void *)c);
	if (!text && !lab_todo_first)
		return MMU_PASSED;
	if (text)
		note("%s", text);
	if (lab_todo_first)
		note("not written yet: %s()", lab_todo_first);
	return memory.skipped ? MMU_SKIPPED : MMU_FAILED;
}

static enum mmu_verdict run(int i, const struct mmu_env *new_env)
{
	const struct mmu_suite_entry *suite;

	return run_check_case(find_case(i, &suite), new_env);
}

#define NAME_OF_2(name)  #name
#define NAME_OF(name)    NAME_OF_2(name)
#define SYMBOL_2(name)   mmu_instance_##name
#define SYMBOL_OF(name)  SYMBOL_2(name)

extern struct mmu_instance SYMBOL_OF(INSTANCE);
struct mmu_instance SYMBOL_OF(INSTANCE) = {
	.name = NAME_OF(INSTANCE), .case_name = case_name, .run = run,
};
