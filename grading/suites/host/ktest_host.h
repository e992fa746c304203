/*
 * ktest on the host: for a program that includes kernel sources, suites that ask for nothing else, and main().
 *
 * Cases run one after the other in this process.  There is no leak check (the program is built with sanitizers), no
 * budget, no seed but 1.
 */
#ifndef SUITES_KTEST_HOST_H
#define SUITES_KTEST_HOST_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define KTEST_ON_HOST 1
#include "grading/ktest/check.c"

static jmp_buf case_end;
static void (*host_undo)(void *arg);
static void *host_undo_arg;

void ktest_leave(void)
{
	longjmp(case_end, 1);
}

/* One action is enough for suites that hold nothing but a setting. */
void ktest_defer(void (*undo)(void *arg), void *arg)
{
	host_undo = undo;
	host_undo_arg = arg;
}

void printk(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fputs(text, stdout);
}

void panic(const char *format, ...)
{
	printf("panic: %s\n", format);
	abort();
}

static int host_run_case(const struct ktest_suite *suite, const struct ktest_case *test)
{
	struct ktest_instance instance = { .suite = suite, .test = test };

	snprintf(instance.name, sizeof(instance.name), "%s.%s", suite->name, test->name);
	ktest_state_reset(&instance);
	if (setjmp(case_end) == 0)
		test->run();
	if (host_undo)
		host_undo(host_undo_arg);
	host_undo = NULL;
	printk("%s %s\n", ktest_state.failure_count ? "not ok" : "ok", instance.name);
	return ktest_state.failure_count != 0;
}

/* Returns how many cases failed. */
static int host_run_suite(const struct ktest_suite *suite)
{
	int failed = 0;

	for (u32 i = 0; i < suite->case_count; i++)
		failed += host_run_case(suite, &suite->cases[i]);
	return failed;
}

#endif
