/*
 * The explorer itself: does it try all schedules, and nothing twice in vain?
 *
 * Actors here append their letter to a text; how many texts there are is known.
 */
#include "grading/explore/explore.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/world.h"

#define ORDER_MAX 16
#define SEEN_MAX  64

static struct {
	char order[ORDER_MAX];
	int length;
	char seen[SEEN_MAX][ORDER_MAX];
	int seen_count;
	int pauses;      /* of each actor */
	pte_t entries[2];
	bool flags[2];
} script;

static void begin(void *unused)
{
	machine_start();
	script.length = 0;
	script.flags[0] = script.flags[1] = false;
}

static void append(char letter)
{
	script.order[script.length++] = letter;
	script.order[script.length] = 0;
}

static bool same_order(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void note_order(void *unused)
{
	for (int i = 0; i < script.seen_count; i++)
		if (same_order(script.seen[i], script.order))
			return;
	EXPECT(script.seen_count < SEEN_MAX, "there are not so many orders");
	__builtin_memcpy(script.seen[script.seen_count++], script.order, ORDER_MAX);
}

/* The actor's letter comes with it. */
static void pause_often(void *letter)
{
	append(*(const char *)letter);
	for (int i = 0; i < script.pauses; i++) {
		explore_pause();
		append(*(const char *)letter);
	}
}

static struct explore_plan two(void (*run)(void *))
{
	static char letters[] = "AB";

	world_smallest_shape();
	return (struct explore_plan){
		.setup = begin, .check = note_order, .actor_count = 2, .budget = 5000, .preemptions = 8,
		.actors = { { "A", run, &letters[0] }, { "B", run, &letters[1] } },
	};
}

/* Two sequences of n steps each can be mixed in (2n)! / (n! n!) ways. */
static void every_order_is_tried(uint64_t seed)
{
	static const int orders[] = { 2, 6, 20 };

	for (int pauses = 0; pauses < 3; pauses++) {
		struct explore_plan plan = two(pause_often);
		struct explore_result result;

		script.pauses = pauses;
		script.seen_count = 0;
		explore(&plan, &result);
		EXPECT(!result.failed && result.completed == 8, "the search ends: %s", result.text);
		EXPECT(script.seen_count == orders[pauses], "%d pauses each: %d orders of %d", pauses,
		       script.seen_count, orders[pauses]);
	}
}

static void bounds_are_kept(uint64_t seed)
{
	/* Two steps each: AABB and BBAA need none; with one, ABBA and BAAB as well; ABAB and BABA need two. */
	static const int orders[] = { 2, 4, 6 };

	for (int bound = 0; bound < 3; bound++) {
		struct explore_plan plan = two(pause_often);
		struct explore_result result;

		plan.preemptions = bound;
		script.pauses = 1;
		script.seen_count = 0;
		explore(&plan, &result);
		EXPECT(script.seen_count == orders[bound], "with %d preemptions: %d orders", bound, script.seen_count);
	}
}

static void touch_entries(void *letter)
{
	int self = *(const char *)letter - 'A';

	for (int i = 0; i < 3; i++) {
		explore_touch(&script.entries[script.pauses ? 0 : self], "xchg");
		append(*(const char *)letter);
	}
}

static void only_shared_entries_are_points(uint64_t seed)
{
	struct explore_plan plan = two(touch_entries);
	struct explore_result result, again;

	plan.preemptions = 2;
	script.pauses = 0;
	script.seen_count = 0;
	explore(&plan, &result);
	EXPECT(script.seen_count == 2, "entries of their own: one after the other, %d orders", script.seen_count);
	script.pauses = 1;
	script.seen_count = 0;
	explore(&plan, &result);
	EXPECT(script.seen_count > 6, "the same entry: %d orders", script.seen_count);
	explore(&plan, &again);
	EXPECT(again.runs == result.runs && again.points == result.points, "every search is the same");
}

/* ---- What never ends ---------------------------------------------------------------------------------------- */

static void wait_for_other(void *letter)
{
	int self = *(const char *)letter - 'A';

	while (!script.flags[1 - self])
		explore_wait("flag");
	script.flags[self] = true;
}

static void set_or_wait(void *letter)
{
	if (*(const char *)letter == 'B') {
		script.flags[1] = true;
		explore_pause();
		return;
	}
	while (!script.flags[1])
		explore_wait("flag");
}

static void pause_for_ever(void *unused)
{
	for (;;)
		explore_pause();
}

static bool begins_with(const char *text, const char *start)
{
	while (*start && *text == *start)
		text++, start++;
	return !*start;
}

static void a_deadlock_is_a_failure(uint64_t seed)
{
	struct explore_plan plan = two(wait_for_other);
	struct explore_result result;

	explore(&plan, &result);
	EXPECT(result.failed && begins_with(result.text, "deadlock"), "both wait: \"%s\"", result.text);
	plan = two(set_or_wait);
	explore(&plan, &result);
	EXPECT(!result.failed, "who waits goes on when it can: %s", result.text);
	plan = two(pause_for_ever);
	explore(&plan, &result);
	EXPECT(result.failed && begins_with(result.text, "no end"), "neither ends: \"%s\"", result.text);
}

static void a_schedule_that_does_not_fit_is_refused(uint64_t seed)
{
	struct explore_plan plan = two(pause_often);
	struct explore_result result;

	script.pauses = 1;
	script.seen_count = 0;
	plan.replay = "2>1";
	explore(&plan, &result);
	EXPECT(!result.failed && result.runs == 1 && script.seen_count == 1, "a schedule is one run: %s", result.text);
	EXPECT(same_order(script.seen[0], "ABBA"), "it is %s", script.seen[0]);
	plan.replay = "2>7";
	explore(&plan, &result);
	EXPECT(result.failed, "there is no actor 7");
}

static const struct check_case cases[] = {
	{ "every_order_is_tried", every_order_is_tried },
	{ "bounds_are_kept", bounds_are_kept },
	{ "only_shared_entries_are_points", only_shared_entries_are_points },
	{ "a_deadlock_is_a_failure", a_deadlock_is_a_failure },
	{ "a_schedule_that_does_not_fit_is_refused", a_schedule_that_does_not_fit_is_refused },
};
CHECK_SUITE(suite_explorer, "explorer", cases);
