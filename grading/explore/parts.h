/*
 * Between the files of the explorer: explore.c searches, trace.c tells.
 */
#ifndef EXPLORE_PARTS_H
#define EXPLORE_PARTS_H

#include "grading/explore/explore.h"
#include "grading/sim/walk.h"

#define EXPLORE_DOING_MAX 80

/* A step of an actor: what it did from one point to the next. */
struct explore_step {
	uint64_t number; /* of the point */
	int actor;
	const char *what;
	const void *slot; /* NULL: no entry */
	bool preempts;    /* another actor could have gone on here */
};

/* trace.c, while a failing schedule runs once more. */
void trace_begin(const struct explore_plan *plan, void (*print)(const char *line));
void trace_step(const struct explore_step *step, const char *doing);
void trace_end(void);

/* An entry that two actors touch is named once, by where it lies in the tree that explore_watch() named. */
struct explore_place {
	int level;
	uint64_t ia;
	bool known;
};
struct explore_place trace_place(const void *slot);

int snprintf(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buf, size_t size, const char *format, __builtin_va_list args);

#endif
