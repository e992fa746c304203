/*
 * Checks: what a failure prints, and what the case's verdict is made of.  Also compiled into host programs.
 *
 * Each report is one printk(), so that those of several CPUs do not mix.
 */
#include "grading/ktest/run.h"

#define REPORTS_MAX 12 /* of one case; a loop that fails fails often */
#define TEXT_MAX    400 /* of a sentence, or what else there is to say */
#define LINE_MAX    480

struct ktest_state ktest_state;
struct ktest_options ktest_options = { .seed = 1 };

/* A seed of its own for each case, so that it does not depend on what else runs. */
static u64 seed_for(const char *name)
{
	u64 hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (u8)*name) * 0x100000001b3;
	return hash ^ ktest_options.seed * 0x9e3779b97f4a7c15;
}

void ktest_state_reset(const struct ktest_instance *instance)
{
	ktest_state = (struct ktest_state){ .instance = instance, .seed = seed_for(instance->name) };
}

u64 ktest_param(void)
{
	return ktest_state.instance->param.value;
}

struct ktest_random ktest_random(u64 stream)
{
	struct ktest_random r = { ktest_state.seed + stream };

	return (struct ktest_random){ random_next(&r) };
}

bool ktest_is_exact(void)
{
	return !ktest_options.real_time;
}

u32 ktest_rounds(u32 n)
{
	return ktest_is_exact() ? n : MAX(n / 10, 1u);
}

bool ktest_has_failed(void)
{
	return __atomic_load_n(&ktest_state.failure_count, __ATOMIC_RELAXED) != 0;
}

void ktest_note(const char *format, ...)
{
	char text[LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printk("# %s\n", text);
}

/* ---- Reports ------------------------------------------------------------------------------------------- */

/* Small numbers as people count them, all others as machines do. */
static void value_to_text(char text[24], u64 value)
{
	if ((s64)value > -1000 * 1000 && (s64)value < 1000 * 1000)
		snprintf(text, 24, "%ld", (long)value);
	else
		snprintf(text, 24, "0x%lx", (unsigned long)value);
}

/* The macros put a blank in front: alone it says nothing. */
static void more_to_text(char text[TEXT_MAX], const char *format, va_list args)
{
	text[0] = ';';
	vsnprintf(text + 1, TEXT_MAX - 1, format, args);
	if (text[1] == ' ' && !text[2])
		text[0] = 0;
}

static void report(const struct ktest_check *c, const char *what, const char *more)
{
	u32 before = __atomic_fetch_add(&ktest_state.failure_count, 1, __ATOMIC_RELAXED);

	if (before < REPORTS_MAX)
		printk("# %s:%u: expected %s%s%s%s%s%s%s\n", c->file, c->line, c->left, *c->op ? " " : "", c->op,
		       *c->op ? " " : "", c->right, what, more);
	else if (before == REPORTS_MAX)
		printk("# and so on\n");
	if (c->failure == KTEST_GOES_ON)
		return;
	WRITE_ONCE(ktest_state.leaving, true);
	ktest_leave();
}

void ktest_compare_failed(const struct ktest_check *check, u64 left, u64 right, const char *format, ...)
{
	char left_text[24], right_text[24], what[64], more[TEXT_MAX];
	va_list args;

	va_start(args, format);
	more_to_text(more, format, args);
	va_end(args);
	value_to_text(left_text, left);
	value_to_text(right_text, right);
	snprintf(what, sizeof(what), ": left %s, right %s", left_text, right_text);
	report(check, what, more);
}

void ktest_string_failed(const struct ktest_check *check, const char *left, const char *right)
{
	char what[TEXT_MAX];

	snprintf(what, sizeof(what), ": left \"%.60s\", right \"%.60s\"", left, right);
	report(check, what, "");
}

void ktest_check_failed(const struct ktest_check *check, const char *format, ...)
{
	char more[TEXT_MAX];
	va_list args;

	va_start(args, format);
	more_to_text(more, format, args);
	va_end(args);
	report(check, "", more);
}

void ktest_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ktest_state.skip_reason, sizeof(ktest_state.skip_reason), format, args);
	va_end(args);
	ktest_state.skipped = true;
	WRITE_ONCE(ktest_state.leaving, true);
	ktest_leave();
}
