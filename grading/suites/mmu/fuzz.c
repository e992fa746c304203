/*
 * Bytes as sequences of operations.
 *
 * The first byte chooses the shape of the tree; each operation takes FUZZ_OP_BYTES.  Every byte means something, and
 * close bytes mean close things, so that a fuzzer that changes one byte changes one thing.
 */
#include "grading/suites/mmu/fuzz.h"
#include "grading/suites/mmu/harness.h"
#include "grading/suites/mmu/model.h"

#define PAGE ((uint64_t)4096)

static struct {
	const uint8_t *bytes;
	size_t size;
	struct model *model, *scratch;
} input;

/* One of a few places, and a few pages or entries from there. */
static uint64_t address(uint8_t place, uint8_t offset, uint8_t unit)
{
	struct pt pt = { .levels = shape.levels, .root_extra = shape.extra };
	uint64_t base = place % 8 == 7 ? pt_ia_end(&pt) : place % 8 ? pt_span(place % 8 % pt.levels) * (place >> 5) : 0;

	return base + ((uint64_t)offset - 128) * pt_span(unit % 2);
}

static struct op op_of(const uint8_t *b, int i)
{
	struct op op = {
		.kind = b[0] % OP_KINDS,
		.start = address(b[1], b[2], b[3]),
		.prot = b[4] % world_prot_count(),
		.max_level = b[5] % 4,
		.cpu = b[6] & 1,
		.access = 1 << (b[6] >> 1) % 3,
		.fail = b[7] < 32 ? b[7] % 8 : 0,
		.yield = b[8] < 128 ? b[8] % 8 : 0,
	};
	int level = op.max_level < PT_LEAF_LEVEL_MAX ? op.max_level : PT_LEAF_LEVEL_MAX;

	if (level >= shape.levels)
		level = shape.levels - 1;
	op.end = op.start + (1 + b[9]) * (b[10] & 1 ? PAGE : pt_span(level));
	if (op.end - op.start > 64 * pt_span(1) && level < 2)
		op.end = op.start + b[9] * PAGE;
	op.page = (((uint64_t)(i + 1) << 32) & ~(pt_span(level) - 1)) % ((uint64_t)1 << (PT_OA_BITS - 1)) +
		  (op.start & (pt_span(level) - 1)) + b[11] % 4 * PAGE;
	return op;
}

static void choose_shape(uint8_t number)
{
	int count = 0;

	for (int round = 0; round < 256; round++)
		for (shape.levels = PT_LEVELS_MIN; shape.levels <= PT_LEVELS_MAX; shape.levels++)
			for (shape.extra = PT_ROOT_EXTRA_MIN; shape.extra <= PT_ROOT_EXTRA_MAX; shape.extra++)
				if (pt_shape_ok(shape.levels, shape.extra) && count++ == number)
					return;
}

static void run_input(uint64_t seed)
{
	struct model *model = case_memory(sizeof(*model)), *scratch = case_memory(sizeof(*scratch));
	const char *text;

	choose_shape(input.size ? input.bytes[0] : 0);
	world.root.pt = (struct pt){ .levels = shape.levels, .root_extra = shape.extra };
	*model = (struct model){ .seed = 1 };
	for (size_t at = 1; at + FUZZ_OP_BYTES <= input.size && model->count < MODEL_OPS_MAX; at += FUZZ_OP_BYTES) {
		model->ops[model->count] = op_of(input.bytes + at, model->count);
		model->count++;
	}
	text = model_run(model);
	if (!text)
		return;
	note("%d levels, a root of %d pages: %s", shape.levels, 1 << shape.extra, text);
	text = model_shrink(model, scratch);
	model_print(model);
	EXPECT(false, "%s", text ? text : "the failure does not repeat");
}

bool fuzz_one(const struct mmu_env *env, const uint8_t *bytes, size_t size)
{
	static const struct check_case fuzz_case = { "fuzz", run_input };

	input.bytes = bytes;
	input.size = size;
	return run_check_case(&fuzz_case, env) != MMU_FAILED;
}
