/*
 * The search.  explore.h says what is searched for; trace.c tells what was found.
 *
 * A run is a list of decisions.  A decision is made where more than one actor could go on: at a scheduling point, at an
 * actor's end, in a wait.  The first choice is always the cheapest, to go on with the same actor; the others follow in
 * the order of their numbers.  The next run takes the same decisions up to the last one that has a choice left, and
 * that choice there (`prefix`).
 */
#include <stdarg.h>

#include "grading/explore/coro.h"
#include "grading/explore/parts.h"
#include "grading/sim/sim.h"

#define DECISION_MAX 4096
#define SPENT        (-1)

/* ---- State ---------------------------------------------------------------------------------------------- */

enum actor_state { ACTOR_READY, ACTOR_WAITING, ACTOR_DONE };

static struct actor {
	struct coro coro;
	enum actor_state state;
	uint64_t waiting_since; /* how far the run was when it found that it must wait */
	char doing[EXPLORE_DOING_MAX];
} actors[EXPLORE_ACTOR_MAX];

struct decision {
	uint16_t choice, count;
};

/* Who has touched an entry, a bit each. */
struct shared_slot {
	const void *slot;
	uint8_t touched, changed;
};

static struct {
	void (*print)(const char *line);
	unsigned char *stacks;
	struct decision *prefix;
	struct shared_slot *slots;
} memory;

static const struct explore_plan *plan;

/* The search, over all runs of a bound. */
static struct {
	int bound;
	int prefix_count;
	bool learned; /* another entry turned out to be shared */
	bool tracing;
} search;

/* One run. */
static struct {
	struct coro scheduler;
	int current; /* the actor that runs; -1: none */
	uint64_t number; /* of the last point, of any kind */
	uint64_t points; /* that were scheduling points */
	uint64_t progress; /* points at which nobody waited */
	int decisions, preemptions;
	char replay[EXPLORE_REPLAY_MAX];
	int replay_length;
} run;

void explore_start(void *space, void (*print)(const char *line))
{
	memory.print = print;
	memory.stacks = space;
	space = memory.stacks + (uint64_t)EXPLORE_ACTOR_MAX * EXPLORE_STACK_SIZE;
	memory.slots = space;
	memory.prefix = (struct decision *)(memory.slots + EXPLORE_SLOT_MAX);
	plan = NULL;
	run.current = -1;
}

bool explore_is_acting(void)
{
	return plan && run.current >= 0;
}

/* ---- Shared entries --------------------------------------------------------------------------------------- */

static struct shared_slot *find_slot(const void *slot)
{
	uint64_t hash = (uint64_t)(uintptr_t)slot * 0x9e3779b97f4a7c15;

	for (uint64_t i = 0; i < EXPLORE_SLOT_MAX; i++) {
		struct shared_slot *s = &memory.slots[((hash >> 40) + i) % EXPLORE_SLOT_MAX];

		if (s->slot == slot || s->slot == NULL) {
			s->slot = slot;
			return s;
		}
	}
	attempt_fail("explore: the actors touch too many entries");
}

static bool is_shared(const struct shared_slot *s)
{
	return s->changed && (s->touched & (s->touched - 1));
}

/* Note that the current actor touches the entry.  Is it shared? */
static bool touch(const void *slot, const char *what)
{
	struct shared_slot *s = find_slot(slot);
	bool before = is_shared(s);

	s->touched |= 1u << run.current;
	if (what[0] != 'r') /* "read..." */
		s->changed |= 1u << run.current;
	if (is_shared(s) && !before)
		search.learned = true;
	return is_shared(s);
}

/* ---- Decisions -------------------------------------------------------------------------------------------- */

static bool can_go_on(int i)
{
	const struct actor *a = &actors[i];

	return a->state == ACTOR_READY || (a->state == ACTOR_WAITING && run.progress > a->waiting_since);
}

/* The `choice`th of those who could go on; SPENT if there are not so many. */
static int candidate(int choice)
{
	bool current_can = run.current >= 0 && actors[run.current].state == ACTOR_READY;

	if (current_can && choice-- == 0)
		return run.current;
	if (current_can && run.preemptions == search.bound)
		return SPENT;
	for (int i = 0; i < plan->actor_count; i++)
		if (i != run.current && can_go_on(i) && choice-- == 0)
			return i;
	return SPENT;
}

/* "17>1,": before point 17, actor 1 goes on. */
static void note_for_replay(int next)
{
	int left = EXPLORE_REPLAY_MAX - run.replay_length;
	int length = snprintf(run.replay + run.replay_length, left, "%s%lu>%d", run.replay_length ? "," : "",
			      (unsigned long)run.number, next);

	if (length < left)
		run.replay_length += length;
}

/* The actor that the schedule names for this point; SPENT if it names none. */
static int replayed(void)
{
	const char *s = plan->replay;

	while (*s) {
		uint64_t number = 0;
		int next = 0;

		for (; *s >= '0' && *s <= '9'; s++)
			number = number * 10 + (*s - '0');
		s += *s == '>';
		for (; *s >= '0' && *s <= '9'; s++)
			next = next * 10 + (*s - '0');
		if (number == run.number)
			return next;
		s += *s == ',' ? 1 : 0;
		if (*s && (*s < '0' || *s > '9'))
			break;
	}
	return SPENT;
}

static int choose_replayed(void)
{
	int next = replayed();

	if (next == SPENT)
		return candidate(0);
	if (next >= plan->actor_count || !(next == run.current || can_go_on(next)))
		attempt_fail("explore: the schedule does not fit: that actor cannot go on there");
	return next;
}

static int choose_searched(void)
{
	struct decision *d = &memory.prefix[run.decisions];
	int count = 0;

	while (candidate(count) != SPENT)
		count++;
	if (count < 2)
		return candidate(0);
	if (run.decisions == DECISION_MAX)
		attempt_fail("explore: more decisions than there is room for");
	if (run.decisions++ == search.prefix_count) {
		*d = (struct decision){ .count = count };
		search.prefix_count++;
	}
	return candidate(d->choice);
}

/* Who goes on?  SPENT: nobody can. */
static int decide(void)
{
	bool current_can = run.current >= 0 && actors[run.current].state == ACTOR_READY;
	int usual, next;

	run.points++;
	usual = candidate(0);
	next = plan->replay ? choose_replayed() : choose_searched();
	if (next != usual)
		note_for_replay(next);
	if (current_can && next != run.current)
		run.preemptions++;
	return next;
}

/* ---- Running ---------------------------------------------------------------------------------------------- */

/* From `self`, the coroutine that runs. */
static void go_on_with(int next, struct coro *self)
{
	if (next == SPENT)
		attempt_fail("deadlock: every actor waits");
	run.current = next;
	actors[next].state = ACTOR_READY;
	sim_actor_set(next + 1);
	if (self != &actors[next].coro)
		coro_switch(self, &actors[next].coro);
}

static void trace(uint64_t number, const void *slot, const char *what)
{
	struct explore_step step = { .number = number, .actor = run.current, .what = what, .slot = slot };

	if (search.tracing)
		trace_step(&step, actors[run.current].doing);
}

static void count_point(void)
{
	uint64_t max = plan->step_max ? plan->step_max : EXPLORE_STEP_MAX;

	if (++run.number > max)
		attempt_fail("no end: the actors have come to too many points");
}

void explore_point(const void *slot, const char *what)
{
	int self = run.current;
	uint64_t number;

	if (!explore_is_acting())
		return;
	count_point();
	run.progress += what[0] == 'u' || what[0] == 'p'; /* "unlock", "pause" */
	number = run.number;
	if (!slot || touch(slot, what) || plan->replay)
		go_on_with(decide(), &actors[self].coro);
	trace(number, slot, what);
}

void explore_touch(const void *slot, const char *what)
{
	explore_point(slot, what);
}

void explore_pause(void)
{
	explore_point(NULL, "pause");
}

void explore_wait(const char *what)
{
	int self = run.current;

	if (!explore_is_acting())
		attempt_fail("deadlock: the only actor waits");
	count_point();
	trace(run.number, NULL, what);
	actors[self].state = ACTOR_WAITING;
	actors[self].waiting_since = run.progress;
	go_on_with(decide(), &actors[self].coro);
}

void explore_doing(const char *format, ...)
{
	va_list args;

	if (!explore_is_acting())
		return;
	va_start(args, format);
	vsnprintf(actors[run.current].doing, EXPLORE_DOING_MAX, format, args);
	va_end(args);
}

static bool all_done(void)
{
	for (int i = 0; i < plan->actor_count; i++)
		if (actors[i].state != ACTOR_DONE)
			return false;
	return true;
}

static void actor_main(void *arg)
{
	int self = run.current;

	plan->actors[self].run(plan->actors[self].arg);
	count_point();
	run.progress++;
	actors[self].state = ACTOR_DONE;
	if (all_done())
		coro_switch(&actors[self].coro, &run.scheduler);
	go_on_with(decide(), &actors[self].coro);
}

static void run_actors(void)
{
	for (int i = 0; i < plan->actor_count; i++) {
		actors[i] = (struct actor){ .state = ACTOR_READY };
		coro_make(&actors[i].coro, memory.stacks + (uint64_t)i * EXPLORE_STACK_SIZE, EXPLORE_STACK_SIZE,
			  actor_main, NULL);
	}
	run.number = 1;
	go_on_with(decide(), &run.scheduler);
	run.current = -1;
	sim_actor_set(0);
}

static void run_all(void *unused)
{
	run.current = -1;
	run.number = run.points = run.progress = 0;
	run.decisions = run.preemptions = run.replay_length = 0;
	run.replay[0] = 0;
	plan->setup(plan->arg);
	run_actors();
	if (plan->check)
		plan->check(plan->arg);
}

/* ---- The search ------------------------------------------------------------------------------------------- */

/* False: there is no further schedule of this bound. */
static bool next_prefix(void)
{
	while (search.prefix_count > 0) {
		struct decision *d = &memory.prefix[search.prefix_count - 1];

		if (++d->choice < d->count)
			return true;
		search.prefix_count--;
	}
	return false;
}

static void copy_text(char *to, const char *from, int size)
{
	int i = 0;

	for (; from[i] && i < size - 1; i++)
		to[i] = from[i];
	to[i] = 0;
}

/* One schedule; false if it failed. */
static bool try_one(struct explore_result *result)
{
	const char *text = attempt(run_all, NULL);

	run.current = -1;
	result->runs++;
	if (run.points > result->points)
		result->points = run.points;
	if (!text)
		return true;
	result->failed = true;
	result->failed_with = run.preemptions;
	copy_text(result->text, text, sizeof(result->text));
	copy_text(result->replay, run.replay_length ? run.replay : "0>0", sizeof(result->replay));
	return false;
}

/* All schedules of the bound; false: a failure, or the end of the budget. */
static bool try_bound(struct explore_result *result)
{
	do {
		search.prefix_count = 0;
		search.learned = false;
		do {
			if (result->runs == plan->budget || !try_one(result))
				return false;
		} while (!search.learned && next_prefix());
	} while (search.learned);
	return true;
}

void explore(const struct explore_plan *new_plan, struct explore_result *result)
{
	plan = new_plan;
	*result = (struct explore_result){ .completed = -1 };
	__builtin_memset(memory.slots, 0, EXPLORE_SLOT_MAX * sizeof(*memory.slots));
	search.tracing = false;
	search.bound = plan->preemptions;
	if (plan->replay)
		try_one(result);
	else
		for (search.bound = 0; search.bound <= plan->preemptions && try_bound(result); search.bound++)
			result->completed = search.bound;
	plan = NULL;
}

void explore_print(const struct explore_plan *failed, const struct explore_result *result)
{
	struct explore_plan again = *failed;
	struct explore_result ignored = { 0 };

	again.replay = result->replay;
	plan = &again;
	search.bound = again.preemptions;
	search.tracing = true;
	trace_begin(&again, memory.print);
	try_one(&ignored);
	trace_end();
	search.tracing = false;
	plan = NULL;
}
