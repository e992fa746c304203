/*
 * Exploring within a case: a failing schedule fails the case, and says how to run it alone.
 */
#ifndef SUITES_MMU_EXPLORE_CASE_H
#define SUITES_MMU_EXPLORE_CASE_H

#include "grading/explore/explore.h"

/* Up to plan->preemptions in full, on a host; fails if the budget is too small for that. */
void explore_case(struct explore_plan *plan);

/* Two actors, A and B: each may be interrupted once by the other, anywhere; EFFORT times, with more of it. */
void explore_two(void (*setup)(void *), void (*check)(void *), void (*a)(void *), void (*b)(void *));

/* The same with one interruption more: what goes on when both are in the middle. */
void explore_closely(void (*setup)(void *), void (*check)(void *), void (*a)(void *), void (*b)(void *));

#endif
