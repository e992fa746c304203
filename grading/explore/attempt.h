/*
 * Attempts: run a function that may fail anywhere, and go on.
 *
 * The function runs on a stack of its own; attempt_fail(), called there or on the stack of a coroutine that it
 * switched to, gives the whole thing up and makes attempt() return.  Attempts nest; the innermost one fails.
 *
 * What was given up is never finished: whoever tries again begins with fresh state (sim_start()).
 */
#ifndef EXPLORE_ATTEMPT_H
#define EXPLORE_ATTEMPT_H

#include <stdint.h>

#define ATTEMPT_DEPTH_MAX  4
#define ATTEMPT_STACK_SIZE (64u << 10)
#define ATTEMPT_TEXT_MAX   800

/* Bytes of memory that attempt_start() wants. */
#define ATTEMPT_MEMORY ((uint64_t)ATTEMPT_DEPTH_MAX * ATTEMPT_STACK_SIZE)

/* Before anything else: where the stacks lie.  Forgets all attempts. */
void attempt_start(void *memory);

/* NULL if run(arg) returned; else the text of its failure, which lives until the next attempt at this depth. */
const char *attempt(void (*run)(void *arg), void *arg);

/* The innermost attempt has failed. */
void attempt_fail(const char *text) __attribute__((noreturn));

/* How many attempts are under way. */
int attempt_depth(void);

#endif
