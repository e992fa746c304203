/*
 * Exploring within a case.
 */
#include "grading/suites/mmu/explore_case.h"
#include "grading/suites/mmu/suite.h"

void explore_case(struct explore_plan *plan)
{
	struct explore_result result;

	plan->budget = much(100, 20000);
	plan->step_max = 20000;
	plan->replay = case_replay();
	explore(plan, &result);
	if (!result.failed) {
		EXPECT(plan->replay || result.completed >= (int)much(0, 1),
		       "the budget of %lu schedules ends with %d preemptions", (unsigned long)plan->budget,
		       result.completed);
		return;
	}
	note("schedule %lu, with %d preemptions, fails:", (unsigned long)result.runs, result.failed_with);
	explore_print(plan, &result);
	note("this schedule alone: REPLAY='%s'", result.replay);
	EXPECT(false, "%s", result.text);
}

typedef void actor(void *arg);

static struct explore_plan plan_of(actor *setup, actor *check, actor *a, actor *b)
{
	return (struct explore_plan){
		.setup = setup, .check = check, .actor_count = 2, .actors = { { "A", a, NULL }, { "B", b, NULL } },
	};
}

void explore_two(actor *setup, actor *check, actor *a, actor *b)
{
	struct explore_plan plan = plan_of(setup, check, a, b);

	plan.preemptions = much(1, 1);
	explore_case(&plan);
}

void explore_closely(actor *setup, actor *check, actor *a, actor *b)
{
	struct explore_plan plan = plan_of(setup, check, a, b);

	plan.preemptions = much(1, 2);
	explore_case(&plan);
}
