/*
 * The explorer: every schedule of a few actors, or as many as a budget allows.
 *
 * Actors are coroutines over one simulated machine.  Each runs until it ends, until it waits, or until it comes to a
 * *scheduling point*, where another may go first: an access to an entry that two actors touch and one of them
 * changes, a lock operation, a yield, a flush, explore_pause().  Going on with another actor although this one could
 * go on is a
 * *preemption*.  All schedules with no preemption are tried first, then those with one, and so on: most mistakes need
 * one or two, and what is found has as few as there can be.
 *
 * E1 Everything is deterministic: a schedule is a list of decisions, each run begins with setup(), and a run with the
 *    same decisions does the same.  The search is depth-first, with replay from the start.
 * E2 Which entries are shared is learned while running; whenever another one turns out to be, the search begins anew.
 * E3 Sequentially consistent: an actor sees every store that happened before.  What a weaker order of memory allows
 * is
 *    not found here (docs/ordering.md says who pairs with whom).
 * E4 Who waits is not chosen before another actor has let go of a lock ("unlock"), paused ("pause") or ended.  If all
 *    wait, that is a deadlock, which is a failure.
 *
 * A failure is reported as a trace: a line for each step, with who did it, in which operation, to which entry, its
 * value before and after; and the schedule, as one word, which explore_plan.replay takes.
 */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#include "grading/explore/attempt.h"
#include "mmu/pt/addr.h"

#define EXPLORE_ACTOR_MAX  4
#define EXPLORE_STACK_SIZE ATTEMPT_STACK_SIZE
#define EXPLORE_SLOT_MAX   8192 /* a power of two */
#define EXPLORE_STEP_MAX   4096
#define EXPLORE_REPLAY_MAX 200

/* Bytes of memory that explore_start() wants. */
#define EXPLORE_MEMORY ((uint64_t)EXPLORE_ACTOR_MAX * EXPLORE_STACK_SIZE + (512u << 10))

struct explore_actor {
	const char *name;
	void (*run)(void *arg);
	void *arg;
};

struct explore_plan {
	/* Begin: sim_start(), a tree.  Before every schedule. */
	void (*setup)(void *arg);

	/* All actors have ended: is everything as it must be?  Fails with attempt_fail(). */
	void (*check)(void *arg);
	void *arg;

	struct explore_actor actors[EXPLORE_ACTOR_MAX];
	int actor_count;

	int preemptions;    /* at most */
	uint64_t budget;    /* schedules, at most */
	uint64_t step_max;  /* points in one schedule; more is a failure ("no end").  0: EXPLORE_STEP_MAX */
	const char *replay; /* NULL, or: this schedule alone */
};

struct explore_result {
	uint64_t runs;     /* schedules that were tried */
	uint64_t points;   /* scheduling points in the longest of them */
	int completed;     /* all schedules with at most so many preemptions were tried; -1: none */
	bool failed;
	int failed_with;   /* preemptions */
	char text[ATTEMPT_TEXT_MAX];
	char replay[EXPLORE_REPLAY_MAX];
};

/* Before anything else.  `print` gets the lines of traces. */
void explore_start(void *memory, void (*print)(const char *line));

/* Search; the first failure ends it. */
void explore(const struct explore_plan *plan, struct explore_result *result);

/* Run the schedule once more and print what happens. */
void explore_print(const struct explore_plan *plan, const struct explore_result *result);

/* ---- From actors ---------------------------------------------------------------------------------------- */

/* What the running actor does from here on, for traces; the format is that of snprintf(). */
void explore_doing(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Another actor may go first, always. */
void explore_pause(void);

/* The running actor is about to touch the entry, by other means than pt_access.h: as hardware does. */
void explore_touch(const void *slot, const char *what);

/* Is it an actor that runs? */
bool explore_is_acting(void);

/* ---- For the simulated machine's surroundings (struct sim_env) --------------------------------------------- */

void explore_point(const void *slot, const char *what);
void explore_wait(const char *what);

/* ---- For traces ------------------------------------------------------------------------------------------ */

/* The tree whose entries traces name by level and address. */
void explore_watch(hpa_t root, int levels, int extra);

#endif
