/*
 * Long random sequences of operations and accesses, against a plain model of what should be mapped.
 *
 * After each step the independent walker must agree, the tree obey its rules, counts agree, nothing be stale, lost or
 * leaked.  A sequence that fails is made as short and plain as it can be, and printed as calls.
 */
#include "grading/sim/mem.h"
#include "grading/suites/mmu/model.h"
#include "grading/suites/mmu/suite.h"

static uint64_t seed_now;
static struct model *model, *scratch;

/* The end of a case: it has failed, says `text`. */
static void report(const char *text)
{
	int length = model->count;

	note("a sequence of %d operations fails: %s", length, text);
	text = model_shrink(model, scratch);
	note("%d of them are enough:", model->count);
	model_print(model);
	EXPECT(false, "%s", text ? text : "the failure does not repeat");
}

static void run_sequences(void)
{
	uint64_t random = seed_now, rounds = much(1, 12);

	for (uint64_t round = 0; round < rounds; round++) {
		const char *text;

		world.root.pt = (struct pt){ .levels = shape.levels, .root_extra = shape.extra };
		model->count = much(50, 150);
		model->seed = random;
		for (int i = 0; i < model->count; i++)
			model->ops[i] = model_op(&random, i);
		text = model_run(model);
		if (text)
			report(text);
	}
}

static void sequences_agree_with_the_plain_model(uint64_t seed)
{
	seed_now = seed;
	model = case_memory(sizeof(*model));
	scratch = case_memory(sizeof(*scratch));
	for_each_shape(run_sequences);
}

static const struct check_case cases[] = {
	{ "sequences_agree_with_the_plain_model", sequences_agree_with_the_plain_model },
};
CHECK_SUITE(suite_model, "model", cases);
