/*
 * A machine with one tree on it.
 */
#include "grading/suites/mmu/world.h"
#include "grading/explore/explore.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/point.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"

struct world world;

void world_start(void)
{
	int error;

	machine_start();
	world.host = sim_host();
	sim_judge_makes();
	sim_flush_by(case_flush() == MMU_FLUSH_VERBS ? sim_flush_verbs : sim_flush_range);
	error = tdp_root_create(&world.root, world.host, shape.levels, shape.extra);
	EXPECT(error == 0, "no root: error %d", error);
	explore_watch(world.root.pt.root, shape.levels, shape.extra);
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		sim_cpu_enter(cpu, world.root.pt.root, WORLD_ID);
}

void world_finish(void)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		sim_cpu_leave(cpu);
	tdp_root_destroy(&world.root);
	sim_finish();
}

void world_check(void)
{
	uint64_t root_pages = (uint64_t)1 << shape.extra;
	struct pt_census census;
	int rule = tdp_check(&world.root, &census);
	char line[PT_LINE_MAX];

	EXPECT(rule != TDP_RULE_COUNTS, "[COUNT-WRONG] I3: counts do not agree with the tree: %lu tables, counted %lu",
	       (unsigned long)census.table_count, (unsigned long)world.root.table_count);
	EXPECT(rule == 0, "[TREE-RULE] rule R%d is broken by %s", rule, pt_entry_line(&census.at, line));
	EXPECT(sim_mem_pages() == world.root.table_count - 1 + root_pages,
	       "[TABLE-LEAKED] %lu pages are allocated for %lu tables", (unsigned long)sim_mem_pages(),
	       (unsigned long)world.root.table_count);
	EXPECT(sim_lock_is_free(), "[LOCK-RULE] the lock is still held");
	sim_check();
}

/* ---- Rights ----------------------------------------------------------------------------------------------- */

unsigned world_rights(pt_prot_t prot)
{
	return prot & walk_format.rights_known;
}

/* Smaller leaves may be made of larger ones, so both must have them. */
static bool is_usual(pt_prot_t prot)
{
	for (int level = 0; level <= PT_LEAF_LEVEL_MAX; level++)
		if (!pte_leaf_ok(level, prot))
			return false;
	return true;
}

bool world_prot(int i, pt_prot_t *prot)
{
	*prot = i == 0 ? PT_READ | PT_WRITE : PT_READ;
	if (i < 2)
		return true;
	i -= 2;
	for (*prot = 1; *prot < 64; ++*prot)
		if (*prot != PT_READ && *prot != (PT_READ | PT_WRITE) && is_usual(*prot) && i-- == 0)
			return true;
	return false;
}

int world_prot_count(void)
{
	pt_prot_t prot;
	int count = 0;

	while (world_prot(count, &prot))
		count++;
	return count;
}

int world_map(uint64_t start, uint64_t end, uint64_t page, int prot, int max_level)
{
	struct tdp_map map = { .page = hpa(page), .max_level = max_level };

	EXPECT(world_prot(prot, &map.prot), "there are not so many rights");
	return tdp_map_range(&world.root, ia(start), ia(end), &map);
}

/* ---- Accesses ----------------------------------------------------------------------------------------------- */

static unsigned with_mode(pt_prot_t prot, unsigned access)
{
	return access | (prot & walk_format.rights_known & PT_USER ? WALK_USER : 0);
}

bool world_may(pt_prot_t prot, unsigned access)
{
	return walk_allows(world_rights(prot), with_mode(prot, access));
}

bool world_access(int cpu, uint64_t at, unsigned access)
{
	unsigned rights = sim_mapping_of(world.root.pt.root, ia(at)).rights;

	return sim_guest(cpu, ia(at), with_mode(rights, access)).fault == WALK_OK;
}

void world_smallest_shape(void)
{
	for (shape.levels = PT_LEVELS_MIN; shape.levels <= PT_LEVELS_MAX; shape.levels++)
		for (shape.extra = PT_ROOT_EXTRA_MIN; shape.extra <= PT_ROOT_EXTRA_MAX; shape.extra++)
			if (pt_shape_ok(shape.levels, shape.extra))
				return;
}
