/*
 * Looking at machines in words: what `vm why` and panics say.
 */
#include "grading/suites/hyp/machine.h"

#define PLACE ((u64)(WINDOW + 2 * PAGE_SIZE + 16))

static char told[2][1024]; /* lines, each with its end */

static void forget(void)
{
	memset(told, 0, sizeof(told));
}

static void take_line(void *arg, const char *line)
{
	char *text = arg;
	size_t used = strlen(text);

	snprintf(text + used, sizeof(told[0]) - used, "%s\n", line);
}

static const char *line_behind(const char *text)
{
	while (*text && *text++ != '\n')
		;
	return text;
}

static const char *last_line(const char *text)
{
	while (*line_behind(text))
		text = line_behind(text);
	return text;
}

static void expect_begin(const char *text, const char *with)
{
	EXPECT_EQ(strncmp(text, with, strlen(with)), 0, "\"%s\" begins with \"%s\"", text, with);
}

static const char *explain(struct machine *m)
{
	forget();
	vcpu_explain(m->guest[0].vcpu, take_line, told[0]);
	return told[0];
}

/* Where it was, where it faulted last, and what is there now. */
static void a_guest_is_explained_by_its_last_fault(void)
{
	struct machine *m = machine_create(1);
	char expected[64];
	const char *line;

	line = explain(m);
	expect_begin(line, "guest     machine ");
	EXPECT_STREQ(line_behind(line), "");
	machine_write(&m->guest[0], PLACE, 1);
	line = line_behind(explain(m));
	snprintf(expected, sizeof(expected), "fault     write of 0x%lx", PLACE);
	expect_begin(line, expected);
	mmu_walk(m->vm->mmu, gpa(PLACE), take_line, told[1]);
	EXPECT_STREQ(line_behind(line), told[1]);
	snprintf(expected, sizeof(expected), "yields    0x%lx: read, write",
		 space_page(m->as, page_at(WINDOW_MEMORY, 2)).raw + PLACE % PAGE_SIZE);
	expect_begin(last_line(line), expected);
}

/* The last line of what `vm why` says of an address. */
static const char *why(struct machine *m, u64 at)
{
	forget();
	vm_why(m->vm, gpa(at), told[0], sizeof(told[0]) - 1);
	return last_line(told[0]);
}

static void why_ends_with_what_the_walk_yields(void)
{
	struct machine *m = machine_create(1);

	expect_begin(why(m, PLACE), "root      none");
	machine_write(&m->guest[0], PLACE, 5);
	expect_begin(why(m, PLACE), "yields    0x");
	ASSERT_EQ(aspace_unmap(m->as, pages_of(WINDOW_MEMORY, 2, 3)), 0);
	expect_begin(why(m, PLACE), "yields    nothing: every access faults");
	expect_begin(why(m, WINDOW + WINDOW_SIZE), "yields    nothing: every access faults");
	expect_begin(why(m, 1ull << 60), "width     beyond");
}

static const struct ktest_case cases[] = {
	CASE(a_guest_is_explained_by_its_last_fault),
	CASE(why_ends_with_what_the_walk_yields),
};
KTEST_SUITE(hyp_look, cases);
