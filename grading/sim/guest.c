/*
 * Guests: see guest.h.  A CPU asks what it remembers, then memory; what memory says it remembers.
 */
#include "grading/sim/guest.h"
#include "grading/sim/dirty.h"
#include "grading/sim/mem.h"
#include "grading/sim/parts.h"
#include "grading/sim/point.h"
#include "grading/sim/tlb.h"

/* An access on its way. */
struct guest {
	int cpu;
	unsigned id;
	const struct sim_space *space;
	uint64_t ia;
	unsigned access;
};

static struct guest guest_at(int cpu, uint64_t ia, unsigned access)
{
	const struct sim_cpu *c = sim_cpu_at(cpu);

	if (c->space == NULL)
		sim_fail("sim: cpu %d runs no guest", cpu);
	return (struct guest){ cpu, c->id, c->space, ia, access };
}

static const struct sim_tlb_entry *find(const struct guest *g, enum sim_tlb_kind kind)
{
	return sim_tlb_find(g->cpu, &(struct sim_tlb_key){ kind, g->id, 0, g->ia });
}

/* A fault makes CPUs of most formats forget all that led to it. */
static void forget_address(const struct guest *g)
{
	struct sim_tlb_flush flush = {
		.kinds = SIM_TLB_LEAF | SIM_TLB_TABLE | SIM_TLB_NOTHING,
		.id = g->id,
		.level = SIM_TLB_ANY_LEVEL,
		.start = g->ia,
		.last = g->ia,
	};

	sim_tlb_flush(g->cpu, &flush);
}

/* ---- What the CPU remembers ----------------------------------------------------------------------------- */

static enum walk_fault leaf_fault(const struct guest *g, const struct sim_tlb_entry *leaf)
{
	unsigned need = WALK_ACCESSED | (g->access & WALK_WRITE ? WALK_DIRTY : 0);

	if (!walk_allows(leaf->rights, g->access))
		return WALK_DENIED;
	return sim_ad_mode() != WALK_AD_IGNORES && (need & ~leaf->ad) ? WALK_AD_CLEAR : WALK_OK;
}

/* Does what is remembered settle the access?  A bit that must be set in memory does not. */
static bool leaf_answers(const struct guest *g, struct sim_translation *t)
{
	const struct sim_tlb_entry *leaf = find(g, SIM_TLB_LEAF);

	if (leaf == NULL)
		return false;
	t->fault = leaf_fault(g, leaf);
	t->level = leaf->level;
	t->out = hpa_add(leaf->out, g->ia - leaf->ia);
	if (t->fault == WALK_OK)
		return true;
	return walk_format.less_may_be_cached &&
	       !(t->fault == WALK_AD_CLEAR && sim_ad_mode() == WALK_AD_SETS);
}

static bool nothing_answers(const struct guest *g, struct sim_translation *t)
{
	const struct sim_tlb_entry *nothing = find(g, SIM_TLB_NOTHING);

	if (nothing == NULL)
		return false;
	t->fault = WALK_NOT_MAPPED;
	t->level = nothing->level;
	return true;
}

static struct walk_place place_for(const struct guest *g)
{
	const struct sim_tlb_entry *table = find(g, SIM_TLB_TABLE);

	if (table == NULL)
		return walk_at_root(&g->space->root);
	return (struct walk_place){ table->out, table->level - 1, table->rights };
}

/* ---- What it learns ------------------------------------------------------------------------------------- */

static void learn(const struct guest *g, struct sim_tlb_entry entry)
{
	entry.id = g->id;
	entry.ia = g->ia & ~(((uint64_t)1 << walk_level_shift(entry.level)) - 1);
	sim_tlb_add(g->cpu, &entry);
}

static void learn_tables(const struct guest *g, unsigned rights, const struct walk_result *result)
{
	for (int i = 0; i < result->step_count; i++) {
		const struct walk_step *step = &result->steps[i];

		if (step->entry.kind != WALK_TABLE)
			return;
		rights &= step->entry.rights;
		learn(g, (struct sim_tlb_entry){
			.kind = SIM_TLB_TABLE, .level = step->level, .out = step->entry.out, .rights = rights });
	}
}

static bool refusal_is_learnt(const struct walk_result *result)
{
	if (result->fault == WALK_AD_CLEAR && !(result->ad & WALK_ACCESSED))
		return walk_format.clear_may_be_cached;
	return walk_format.less_may_be_cached && (result->fault == WALK_DENIED || result->fault == WALK_AD_CLEAR);
}

static void learn_end(const struct guest *g, const struct walk_result *result)
{
	if (result->fault == WALK_OK || refusal_is_learnt(result))
		learn(g, (struct sim_tlb_entry){
			.kind = SIM_TLB_LEAF, .level = result->level, .out = result->page,
			.rights = result->rights, .ad = result->ad });
	if (result->fault == WALK_NOT_MAPPED && walk_format.empty_may_be_cached)
		learn(g, (struct sim_tlb_entry){ .kind = SIM_TLB_NOTHING, .level = result->level });
}

/* ---- Walking -------------------------------------------------------------------------------------------- */

static void check_tables(const struct guest *g, const struct walk_result *result)
{
	for (int i = 0; i < result->step_count; i++)
		if (sim_mem_state(result->steps[i].slot) != SIM_PAGE_LIVE)
			sim_fail("[TABLE-FREED-EARLY] cpu %d reads an entry at %x for %x: the table is freed", g->cpu,
				 result->steps[i].slot.raw, g->ia);
	if (result->fault == WALK_NO_TABLE)
		sim_fail("[LINKED-NO-TABLE] cpu %d is led to a table outside the memory for %x, at level %d", g->cpu,
			 g->ia, result->level);
}

static void walk_once(const struct guest *g, struct walk_place from, struct walk_result *result)
{
	struct walk_request request = { g->space->root, from, g->ia, g->access, sim_ad_mode() };

	sim_work()->walks++;
	walk(sim_memory(), &request, result);
	check_tables(g, result);
	if (result->fault == WALK_OK)
		walk_apply(sim_memory(), result);
	learn_tables(g, from.rights, result);
	learn_end(g, result);
}

static void walk_memory_for(const struct guest *g, struct walk_result *result)
{
	walk_once(g, place_for(g), result);
	if (result->fault == WALK_OK || walk_format.less_may_be_cached)
		return;
	forget_address(g);
	walk_once(g, walk_at_root(&g->space->root), result);
	if (result->fault != WALK_OK)
		forget_address(g);
}

static struct sim_translation translate(const struct guest *g)
{
	struct sim_translation t = { .cached = true };
	struct walk_result result;

	if (g->ia >> walk_ia_bits(&g->space->root))
		return (struct sim_translation){ .fault = WALK_ADDRESS };
	if (leaf_answers(g, &t) || nothing_answers(g, &t)) {
		sim_work()->cached++;
		return t;
	}
	if (t.fault == WALK_DENIED)
		forget_address(g);
	walk_memory_for(g, &result);
	return (struct sim_translation){ result.fault, result.out, result.level, false };
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

static struct sim_translation guest_access(int cpu, uint64_t ia, unsigned access)
{
	struct guest g = guest_at(cpu, ia, access);
	struct sim_translation t = translate(&g);

	if (t.fault == WALK_OK && (access & WALK_WRITE))
		sim_dirty_write(g.space, ia, t.out);
	return t;
}

struct sim_translation sim_guest(int cpu, ia_t at, unsigned access)
{
	sim_point_settle();
	return guest_access(cpu, at.raw, access);
}

void sim_guest_prefetch(int cpu, ia_t at)
{
	struct guest g = guest_at(cpu, at.raw, WALK_READ);

	sim_point_settle();
	translate(&g);
}

struct sim_translation sim_guest_virtual(int cpu, const struct sim_stage1 *stage1, unsigned access)
{
	struct sim_tlb_key key = { SIM_TLB_STAGE1, sim_cpu_at(cpu)->id, stage1->asid, stage1->from.raw };
	const struct sim_tlb_entry *known = sim_tlb_find(cpu, &key);
	uint64_t mask = ((uint64_t)1 << walk_level_shift(0)) - 1;
	uint64_t page = known ? known->out.raw : stage1->to.raw & ~mask;
	struct sim_tlb_entry entry = {
		.kind = SIM_TLB_STAGE1,
		.id = key.id,
		.asid = key.asid,
		.ia = key.ia & ~mask,
		.out = hpa(page),
	};

	sim_point_settle();
	sim_tlb_add(cpu, &entry);
	return guest_access(cpu, page | (key.ia & mask), access);
}

/* ---- What memory says ----------------------------------------------------------------------------------- */

static void inspect(hpa_t root, uint64_t ia, unsigned access, struct walk_result *result)
{
	const struct sim_space *space = sim_space_of(root);
	struct walk_request request = { .ia = ia, .access = access, .ad = WALK_AD_IGNORES };

	if (space == NULL)
		sim_fail("sim: the root %x is not open", root.raw);
	request.root = space->root;
	request.from = walk_at_root(&space->root);
	sim_point_settle();
	walk(sim_memory(), &request, result);
}

struct sim_translation sim_truth(hpa_t root, ia_t at, unsigned access)
{
	struct walk_result result;

	inspect(root, at.raw, access, &result);
	return (struct sim_translation){ result.fault, result.out, result.level, false };
}

struct sim_mapping sim_mapping_of(hpa_t root, ia_t at)
{
	struct walk_result result;

	inspect(root, at.raw, 0, &result);
	if (result.fault != WALK_OK)
		return (struct sim_mapping){ .level = result.level };
	return (struct sim_mapping){ result.rights, result.ad, result.level, result.out };
}
