/*
 * Sequences of operations: making, running, shrinking, printing.
 */
#include "grading/explore/attempt.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/model.h"
#include "grading/suites/mmu/suite.h"

#define PAGE ((uint64_t)4096)

/* ---- Making ------------------------------------------------------------------------------------------------- */

/* Around the borders of what entries of each level translate, at both ends of the space. */
static uint64_t random_base(uint64_t *random)
{
	struct pt pt = { .levels = shape.levels, .root_extra = shape.extra };
	uint64_t pick = check_random(random), end = pt_ia_end(&pt);

	switch (pick % 8) {
	case 0: return end;
	case 1: return pt_span(pt_top(&pt));
	case 2: return pt_span(pt_top(&pt)) << PT_INDEX_BITS < end ? pt_span(pt_top(&pt)) << PT_INDEX_BITS : 0;
	case 3: return pt_span(1) * 3;
	case 4: return pt_span(pt_top(&pt) > 2 ? 2 : 1);
	default: return pt_span(1);
	}
}

/* A size that goes with leaves of this level, without asking for very many tables. */
static uint64_t random_size(uint64_t *random, int level)
{
	uint64_t pick = check_random(random);

	switch (pick % 6) {
	case 0: return PAGE;
	case 1: return PAGE * (1 + (pick >> 8) % 16);
	case 2: return pt_span(level);
	case 3: return pt_span(level) * (1 + (pick >> 8) % 3);
	case 4: return pt_span(level > 1 ? 1 : level) * (1 + (pick >> 8) % 5) + PAGE * ((pick >> 16) % 3);
	default: return PAGE * (1 + (pick >> 8) % (2 * pt_span(1) / PAGE));
	}
}

/* Aligned as leaves of the level want it, mostly; then the range is small. */
static void random_page(struct op *op, uint64_t *random, int level, int i)
{
	uint64_t pick = check_random(random), room = (uint64_t)1 << (PT_OA_BITS - 1), span = pt_span(level);

	op->page = (((uint64_t)(i + 1) << 32) & ~(span - 1)) % room + (op->start & (span - 1));
	if (pick % 8)
		return;
	op->page += PAGE * ((pick >> 8) % 64);
	if (op->end - op->start > 2 * pt_span(1))
		op->end = op->start + PAGE * (1 + (pick >> 16) % 600);
}

static unsigned random_level(uint64_t *random)
{
	uint64_t pick = check_random(random) % 16;

	return pick < 6 ? 0 : pick < 11 ? 1 : pick < 14 ? 2 : PT_LEVELS_MAX;
}

struct op model_op(uint64_t *random, int i)
{
	static const enum op_kind often[] = { OP_MAP, OP_MAP, OP_MAP, OP_UNMAP, OP_UNMAP, OP_PROTECT, OP_SPLIT,
					      OP_ACCESS, OP_ACCESS, OP_ACCESS, OP_ACCESS, OP_ACCESS };
	static const uint8_t access[] = { WALK_READ, WALK_WRITE, WALK_EXEC, WALK_WRITE };
	uint64_t pick = check_random(random), base = random_base(random);
	struct op op = { .kind = often[pick % (sizeof(often) / sizeof(often[0]))], .max_level = random_level(random) };
	int level = op.max_level < PT_LEAF_LEVEL_MAX ? op.max_level : PT_LEAF_LEVEL_MAX;
	uint64_t unit;

	if (level >= shape.levels)
		level = shape.levels - 1;
	unit = pick >> 8 & 1 ? pt_span(level) : PAGE;

	op.start = base + unit * (pick >> 12 & 7) - unit * (pick >> 16 & 7);
	op.end = op.start + random_size(random, level);
	random_page(&op, random, level, i);
	op.prot = pick >> 20 & 3 ? (pick >> 22 & 1) : check_random(random) % world_prot_count();
	op.cpu = pick >> 24 & 1;
	op.access = access[pick >> 25 & 3];
	op.fail = (pick >> 27 & 7) == 0 ? 1 + (pick >> 30 & 3) : 0;
	op.yield = pick >> 32 & 3 ? (pick >> 34) % 5 : 0;
	return op;
}

/* ---- Running ------------------------------------------------------------------------------------------------ */

static int expect_range(const struct op *op)
{
	return pt_range_ok(&world.root.pt, ia(op->start), ia(op->end)) ? 0 : -TDP_EINVAL;
}

/* -ENOMEM is right if an allocation failed, and wrong if none did. */
static void expect_error(int error, int expected)
{
	if (error == -TDP_ENOMEM)
		EXPECT(sim_work()->failed_allocs > 0, "-ENOMEM, but no allocation failed");
	else
		EXPECT(error == expected, "it returns %d, not %d", error, expected);
}

static void run_map(struct ref *ref, const struct op *op)
{
	uint64_t tables = world.root.table_count;
	struct tdp_map map = { .page = hpa(op->page), .max_level = op->max_level };
	int error, expected = expect_range(op);

	world_prot(op->prot, &map.prot);
	if (!expected && op->page + (op->end - op->start) > (uint64_t)1 << PT_OA_BITS)
		expected = -TDP_EINVAL;
	if (!expected && !ref_is_free(ref, op->start, op->end))
		expected = -TDP_EEXIST;
	error = tdp_map_range(&world.root, ia(op->start), ia(op->end), &map);
	expect_error(error, expected);
	EXPECT(!error || world.root.table_count <= tables, "it fails, and leaves %lu tables more behind",
	       (unsigned long)(world.root.table_count - tables));
	if (!error)
		ref_map(ref, &(struct ref_extent){ op->start, op->end, map.page, map.prot });
}

static void run_unmap(struct ref *ref, const struct op *op)
{
	int error = tdp_unmap_range(&world.root, ia(op->start), ia(op->end));

	expect_error(error, expect_range(op));
	if (!error)
		ref_unmap(ref, op->start, op->end);
}

static void run_protect(struct ref *ref, const struct op *op)
{
	pt_prot_t prot;
	int error;

	world_prot(op->prot, &prot);
	error = tdp_protect_range(&world.root, ia(op->start), ia(op->end), prot);
	expect_error(error, expect_range(op));
	if (!error)
		ref_protect(ref, op->start, op->end, prot);
}

static void run_split(const struct op *op)
{
	if (expect_range(&(struct op){ .start = op->start, .end = op->start + PAGE }))
		return;
	host_lock(world.host, HOST_EXCLUSIVE);
	expect_error(tdp_split_at(&world.root, ia(op->start)), 0);
	host_unlock(world.host, HOST_EXCLUSIVE);
}

static void run_access(const struct ref *ref, const struct op *op)
{
	const struct ref_extent *e = ref_find(ref, op->start);
	bool allowed = e && world_may(e->prot, op->access), worked;

	if (expect_range(&(struct op){ .start = op->start, .end = op->start + PAGE }))
		return;
	worked = world_access(op->cpu, op->start, op->access);
	EXPECT(!worked || allowed, "cpu %d gets at 0x%lx, but should not", op->cpu, (unsigned long)op->start);
	EXPECT(worked || !allowed, "cpu %d does not get at 0x%lx, but should", op->cpu, (unsigned long)op->start);
}

static void set_conditions(const struct op *op)
{
	sim_work_reset();
	sim_mem_fail(op->fail ? SIM_FAIL_ONCE : SIM_FAIL_NEVER, op->fail);
	sim_yield_plan(op->yield == 0 ? SIM_YIELD_NEVER : op->yield == 1 ? SIM_YIELD_ALWAYS : SIM_YIELD_AT,
		       op->yield > 1 ? op->yield - 1 : 0);
}

static void run_op(struct ref *ref, const struct op *op)
{
	set_conditions(op);
	switch (op->kind) {
	case OP_MAP: run_map(ref, op); break;
	case OP_UNMAP: run_unmap(ref, op); break;
	case OP_PROTECT: run_protect(ref, op); break;
	case OP_SPLIT: run_split(op); break;
	default: run_access(ref, op); break;
	}
	sim_mem_fail(SIM_FAIL_NEVER, 0);
	sim_yield_plan(SIM_YIELD_NEVER, 0);
}

static void run_ops(void *arg)
{
	struct model *model = arg;
	uint64_t random = model->seed;

	world_start();
	ref_clear(&model->ref);
	for (model->failed_at = 0; model->failed_at < model->count; model->failed_at++) {
		run_op(&model->ref, &model->ops[model->failed_at]);
		ref_compare(&model->ref, &random, 4);
		world_check();
	}
	tdp_unmap_range(&world.root, ia(0), ia(pt_ia_end(&world.root.pt)));
	world_check();
	EXPECT(world.root.table_count == 1, "all is unmapped, but %lu tables are left",
	       (unsigned long)world.root.table_count);
	world_finish();
}

const char *model_run(struct model *model)
{
	return attempt(run_ops, model);
}

/* ---- Shrinking ---------------------------------------------------------------------------------------------- */

static bool fails(struct model *m)
{
	return model_run(m) != NULL;
}

/* Without [at, at + count). */
static void leave_out(struct model *to, const struct model *from, int at, int count)
{
	*to = *from;
	to->count = from->count - count;
	for (int i = at; i < to->count; i++)
		to->ops[i] = from->ops[i + count];
}

static bool shrink_by(struct model *model, struct model *scratch, int count)
{
	bool shrunk = false;

	for (int at = model->count - count; at >= 0; at -= count) {
		leave_out(scratch, model, at, count);
		if (!fails(scratch))
			continue;
		*model = *scratch;
		shrunk = true;
		if (at > model->count - count)
			at = model->count;
	}
	return shrunk;
}

/* One thing about one operation made plainer; false: there is no such thing. */
static bool make_plain(struct op *op, int how)
{
	uint64_t size = op->end - op->start;

	switch (how) {
	case 0: op->fail = 0; return true;
	case 1: op->yield = 0; return true;
	case 2: op->max_level = 0; return true;
	case 3: op->prot = 0; return true;
	case 4: op->cpu = 0; return true;
	case 5: op->end = op->start + PAGE; return true;
	case 6: op->end = op->start + (size / 2) / PAGE * PAGE; return size >= 2 * PAGE;
	case 7: op->start = op->end - PAGE; return true;
	default: return false;
	}
}

static void plain_op(struct model *model, struct model *scratch, int i)
{
	for (int how = 0;; how++) {
		*scratch = *model;
		if (!make_plain(&scratch->ops[i], how))
			return;
		if (__builtin_memcmp(&scratch->ops[i], &model->ops[i], sizeof(struct op)) && fails(scratch))
			*model = *scratch;
	}
}

const char *model_shrink(struct model *model, struct model *scratch)
{
	bool shrunk = true;

	if (model->failed_at < model->count)
		model->count = model->failed_at + 1;
	while (shrunk) {
		shrunk = false;
		for (int count = (model->count + 1) / 2; count > 0; count /= 2)
			shrunk |= shrink_by(model, scratch, count);
	}
	for (int i = 0; i < model->count; i++)
		plain_op(model, scratch, i);
	return model_run(model);
}

/* ---- Printing ----------------------------------------------------------------------------------------------- */

static void print_conditions(const struct op *op)
{
	if (op->fail)
		note("    sim_mem_fail(SIM_FAIL_ONCE, %d);", op->fail);
	if (op->yield)
		note("    sim_yield_plan(%s, %d);", op->yield == 1 ? "SIM_YIELD_ALWAYS" : "SIM_YIELD_AT",
		     op->yield > 1 ? op->yield - 1 : 0);
}

static void print_op(const struct op *op)
{
	unsigned long start = op->start, end = op->end;
	pt_prot_t prot;

	world_prot(op->prot, &prot);
	switch (op->kind) {
	case OP_MAP:
		note("    tdp_map_range(root, ia(0x%lx), ia(0x%lx), &(struct tdp_map){ hpa(0x%lx), 0x%x, %d });", start,
		     end, (unsigned long)op->page, prot, op->max_level);
		break;
	case OP_UNMAP: note("    tdp_unmap_range(root, ia(0x%lx), ia(0x%lx));", start, end); break;
	case OP_PROTECT: note("    tdp_protect_range(root, ia(0x%lx), ia(0x%lx), 0x%x);", start, end, prot); break;
	case OP_SPLIT: note("    tdp_split_at(root, ia(0x%lx));", start); break;
	default: note("    sim_guest(%d, ia(0x%lx), %d);", op->cpu, start, op->access);
	}
}

void model_print(const struct model *model)
{
	for (int i = 0; i < model->count; i++) {
		print_conditions(&model->ops[i]);
		print_op(&model->ops[i]);
	}
}
