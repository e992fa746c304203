/*
 * mmu_unmap() and mmu_protect(): what is taken away is gone everywhere, and nothing else is.
 */
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/vm.h"

static bool has(enum mmu_cap cap)
{
	return mmu_caps()->caps & cap;
}

static void start_with_pages(void)
{
	vm_start_smallest(NULL);
	for (int cpu = 0; cpu < VM_CPUS; cpu++) {
		vm_must(cpu, VM_LARGE, WALK_WRITE);
		vm_must(cpu, VM_LARGE + 9 * VM_PAGE, WALK_WRITE);
		for (uint64_t at = VM_SMALL; at < VM_SMALL + 6 * VM_PAGE; at += VM_PAGE)
			vm_must(cpu, at, WALK_WRITE);
		vm_must(cpu, VM_SHARED, WALK_READ);
	}
}

static unsigned rights(uint64_t at)
{
	return sim_mapping_of(vm.roots[0].table, ia(at)).rights & PT_RWX;
}

/* ---- Unmap ------------------------------------------------------------------------------------------------- */

static void unmap_takes_the_range_and_no_more(uint64_t seed)
{
	start_with_pages();
	mmu_unmap(vm.mmu, gpa(VM_SMALL + VM_PAGE), gpa(VM_SMALL + 3 * VM_PAGE), MMU_MAY_YIELD);
	sim_expect_unmapped(gpa(VM_SMALL + VM_PAGE), gpa(VM_SMALL + 3 * VM_PAGE));
	for (int cpu = 0; cpu < VM_CPUS; cpu++) {
		EXPECT(vm_touch(cpu, VM_SMALL, WALK_WRITE) && vm_touch(cpu, VM_SMALL + 3 * VM_PAGE, WALK_WRITE),
		       "[UNMAP-TOO-MUCH] did unmap two pages of six | got a page beside them unmapped too");
		EXPECT(!vm_touch(cpu, VM_SMALL + VM_PAGE, WALK_READ),
		       "[UNMAP-LEAVES] did unmap it | got CPU %d still reads it", cpu);
	}
	vm_check_and_finish(NULL);
}

/* A large leaf goes as a whole, because that needs no memory. */
static void unmap_allocates_nothing(uint64_t seed)
{
	start_with_pages();
	sim_work_reset();
	mmu_unmap(vm.mmu, gpa(VM_LARGE + 8 * VM_PAGE), gpa(VM_SMALL + VM_PAGE), MMU_MAY_YIELD);
	EXPECT(sim_work()->allocs == 0, "a table was allocated");
	sim_expect_unmapped(gpa(VM_LARGE + 8 * VM_PAGE), gpa(VM_SMALL + VM_PAGE));
	EXPECT(!has(MMU_CAP_HUGE) || !rights(VM_LARGE), "the large leaf has gone as a whole");
	EXPECT(rights(VM_SMALL + VM_PAGE), "what comes after it stays");
	mmu_unmap(vm.mmu, gpa(0), gpa((uint64_t)1 << 30), MMU_MAY_YIELD);
	sim_expect_unmapped(gpa(VM_SLOT), gpa(VM_ROM_END));
	vm_check_and_finish(NULL);
}

static void taking_goes_to_the_end_and_beyond(uint64_t seed)
{
	start_with_pages();
	mmu_unmap(vm.mmu, gpa(0), gpa((uint64_t)1 << 60), MMU_MAY_YIELD);
	sim_expect_unmapped(gpa(VM_SLOT), gpa(VM_ROM_END));
	mmu_unmap(vm.mmu, gpa((uint64_t)1 << 60), gpa((uint64_t)1 << 61), MMU_MAY_YIELD);
	vm_must(0, VM_SMALL, WALK_READ);
	mmu_protect(vm.mmu, gpa((uint64_t)1 << 60), gpa((uint64_t)1 << 61), 0, MMU_MAY_YIELD);
	vm_must(0, VM_SMALL, WALK_READ);
	vm_check_and_finish(NULL);
}

static void who_must_not_yield_does_not(uint64_t seed)
{
	start_with_pages();
	mmu_reload_roots(vm.mmu);
	vm_enter(0);
	vm_must(0, VM_SMALL, WALK_WRITE);
	sim_work_reset();
	sim_yield_plan(SIM_YIELD_ALWAYS, 0);
	mmu_protect(vm.mmu, gpa(VM_SLOT), gpa(VM_END), PT_READ, MMU_MUST_NOT_YIELD);
	mmu_unmap(vm.mmu, gpa(VM_SLOT), gpa(VM_END), MMU_MUST_NOT_YIELD);
	EXPECT(sim_work()->questions == 0, "it asked whether it may");
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	vm_check_and_finish(NULL);
}

static void what_was_written_is_told(uint64_t seed)
{
	start_with_pages();
	sim_work_reset();
	mmu_unmap(vm.mmu, gpa(VM_SMALL), gpa(VM_SMALL + VM_PAGE), MMU_MAY_YIELD);
	EXPECT(sim_work()->marks == 1,
	       "[AD-LOST] did unmap a page that was written | got %lu calls of host_page_mark() | expected 1",
	       (unsigned long)sim_work()->marks);
	vm_check_and_finish(NULL);
}

/* ---- Protect ----------------------------------------------------------------------------------------------- */

static void protect_takes_rights_and_adds_none(uint64_t seed)
{
	start_with_pages();
	mmu_protect(vm.mmu, gpa(VM_SMALL + VM_PAGE), gpa(VM_SMALL + 3 * VM_PAGE), PT_READ | PT_EXEC, MMU_MAY_YIELD);
	for (int cpu = 0; cpu < VM_CPUS; cpu++) {
		EXPECT(!vm_touch(cpu, VM_SMALL + VM_PAGE, WALK_WRITE),
		       "[PROT-LEAVES] did mmu_protect, keep read and execute | got CPU %d still writes", cpu);
		EXPECT(vm_touch(cpu, VM_SMALL + VM_PAGE, WALK_READ),
		       "[PROT-TOO-MUCH] did mmu_protect, keep read | got CPU %d does not read any more", cpu);
		EXPECT(vm_touch(cpu, VM_SMALL + 3 * VM_PAGE, WALK_WRITE),
		       "[PROT-TOO-MUCH] did mmu_protect | got a neighbour protected too");
	}
	mmu_protect(vm.mmu, gpa(VM_SHARED), gpa(VM_HOLE), PT_RWX, MMU_MAY_YIELD);
	EXPECT(!(rights(VM_SHARED) & PT_WRITE),
	       "[PROT-ADDS] did mmu_protect, keep all | got a right that was not there");
	vm_must(0, VM_SMALL + VM_PAGE, WALK_WRITE);
	mmu_protect(vm.mmu, gpa(VM_LARGE), gpa(VM_HOLE), PT_READ, MMU_MAY_YIELD);
	for (uint64_t at = VM_SMALL; at < VM_SMALL + 6 * VM_PAGE; at += VM_PAGE)
		EXPECT(rights(at) == PT_READ,
		       "[PROT-LEAVES] did mmu_protect, keep read | got rights %x of a page in a table between "
		       "large leaves | expected %x", rights(at), PT_READ);
	vm_check_and_finish(NULL);
}

/* One of two neighbours can keep what is asked for, perhaps, and the other one cannot. */
static void protect_neighbours(pt_prot_t first, pt_prot_t keep)
{
	vm_must(0, VM_SMALL, WALK_WRITE);
	vm_must(0, VM_SMALL + VM_PAGE, WALK_WRITE);
	mmu_protect(vm.mmu, gpa(VM_SMALL), gpa(VM_SMALL + VM_PAGE), first, MMU_MAY_YIELD);
	mmu_protect(vm.mmu, gpa(VM_SMALL), gpa(VM_SMALL + 2 * VM_PAGE), keep, MMU_MAY_YIELD);
	for (uint64_t at = VM_SMALL; at < VM_SMALL + 2 * VM_PAGE; at += VM_PAGE)
		EXPECT(!(rights(at) & ~keep),
		       "[PROT-LEAVES] did mmu_protect of two neighbours | got rights %x | expected at most %x",
		       rights(at), keep);
}

/* Without any right, or with rights that the format has not together, nothing is left. */
static void protect_drops_what_cannot_be_kept(uint64_t seed)
{
	start_with_pages();
	mmu_protect(vm.mmu, gpa(VM_SMALL), gpa(VM_SMALL + VM_PAGE), 0, MMU_MAY_YIELD);
	EXPECT(!rights(VM_SMALL), "[PROT-LEAVES] did mmu_protect, keep nothing | got rights left");
	sim_expect_unmapped(gpa(VM_SMALL), gpa(VM_SMALL + VM_PAGE));
	for (pt_prot_t keep = 1; keep <= PT_RWX; keep++) {
		uint64_t at = VM_SMALL + (keep % 5 + 1) * VM_PAGE;

		vm_must(0, at, WALK_WRITE);
		mmu_protect(vm.mmu, gpa(at), gpa(at + VM_PAGE), keep, MMU_MAY_YIELD);
		EXPECT(!(rights(at) & ~keep), "[PROT-LEAVES] did mmu_protect | got rights %x | expected at most %x",
		       rights(at), keep);
		EXPECT(rights(at) || !pte_leaf_ok(0, keep),
		       "[PROT-TOO-MUCH] did mmu_protect | got nothing left | expected rights %x kept", keep);
	}
	protect_neighbours(PT_EXEC, PT_WRITE | PT_EXEC);
	protect_neighbours(PT_READ, PT_WRITE | PT_EXEC);
	vm_check_and_finish(NULL);
}

static void protect_of_a_part_keeps_the_rest(uint64_t seed)
{
	if (!has(MMU_CAP_PROTECT_SPLIT))
		case_skip("large leaves are dropped");
	start_with_pages();
	mmu_protect(vm.mmu, gpa(VM_LARGE + VM_PAGE), gpa(VM_LARGE + 2 * VM_PAGE), PT_READ, MMU_MAY_YIELD);
	EXPECT(vm_touch(0, VM_LARGE, WALK_WRITE) && vm_touch(1, VM_LARGE + 2 * VM_PAGE, WALK_WRITE), "the rest stays");
	EXPECT(!vm_touch(0, VM_LARGE + VM_PAGE, WALK_WRITE) && vm_touch(1, VM_LARGE + VM_PAGE, WALK_READ),
	       "the part is read-only");
	vm_check_and_finish(NULL);
}

static void protect_needs_no_memory(uint64_t seed)
{
	start_with_pages();
	sim_mem_fail(SIM_FAIL_FROM_ON, 1);
	mmu_protect(vm.mmu, gpa(VM_LARGE + VM_PAGE), gpa(VM_LARGE + 2 * VM_PAGE), PT_READ, MMU_MAY_YIELD);
	EXPECT(!vm_touch(0, VM_LARGE + VM_PAGE, WALK_WRITE) && !vm_touch(1, VM_LARGE + VM_PAGE, WALK_WRITE),
	       "it is still written");
	sim_mem_fail(SIM_FAIL_NEVER, 0);
	vm_must(0, VM_LARGE + VM_PAGE, WALK_WRITE);
	vm_check_and_finish(NULL);
}

/* ---- Looking ----------------------------------------------------------------------------------------------- */

static int line_count;

static void count_line(void *arg, const char *line)
{
	while (*line == ' ')
		line++;
	EXPECT(line[0] == 'l', "a line of the dump: %s", line);
	line_count++;
}

static void dump_and_describe_name_entries(uint64_t seed)
{
	char line[MMU_LINE_MAX];

	start_with_pages();
	line_count = 0;
	mmu_dump(vm.mmu, gpa(VM_SMALL), gpa(VM_SMALL + 6 * VM_PAGE), count_line, NULL);
	EXPECT(line_count == 6 + vm.roots[0].levels - 1, "%d lines", line_count);
	line_count = 0;
	mmu_dump(vm.mmu, gpa((uint64_t)1 << 60), gpa((uint64_t)1 << 61), count_line, NULL);
	EXPECT(line_count == 0, "%d lines from beyond the end", line_count);
	sim_yield_plan(SIM_YIELD_ALWAYS, 0);
	mmu_dump(vm.mmu, gpa(VM_SMALL), gpa(VM_SMALL + 6 * VM_PAGE), count_line, NULL);
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	EXPECT(line_count >= 6, "%d lines while others wait", line_count);
	mmu_describe(vm.vcpus[0], gpa(VM_SMALL), line);
	EXPECT(line[0] == 'l' && line[1] == '0', "the entry is %s", line);
	mmu_describe(vm.vcpus[0], gpa((uint64_t)1 << 60), line);
	EXPECT(line[0] == 0, "there is no entry: %s", line);
	vm_check_and_finish(NULL);
}

static char walks[2][1024]; /* all lines, one behind the other */

static void take_line(void *arg, const char *line)
{
	char *all = arg;
	size_t used = 0;

	while (all[used])
		used++;
	snprintf(all + used, sizeof(walks[0]) - used, "%s\n", line);
	line_count++;
}

static void walk_twice(uint64_t at)
{
	walks[0][0] = walks[1][0] = 0;
	line_count = 0;
	mmu_walk(vm.mmu, gpa(at), take_line, walks[0]);
	mmu_walk_in_panic(vm.vcpus[0], gpa(at), take_line, walks[1]);
}

static void a_walk_is_told_with_and_without_the_lock(uint64_t seed)
{
	start_with_pages();
	walk_twice(VM_SMALL + 0x10);
	EXPECT(line_count == 2 * (vm.roots[0].levels + 2), "%d lines of two walks", line_count);
	for (size_t i = 0; i < sizeof(walks[0]); i++)
		EXPECT(walks[0][i] == walks[1][i], "one says\n%s, the other\n%s", walks[0], walks[1]);
	walk_twice(VM_HOLE);
	EXPECT(line_count > 4, "nothing is told of an address without memory");
	walk_twice((uint64_t)1 << 60);
	EXPECT(line_count == 0, "%d lines from beyond the end", line_count);
	vm_check_and_finish(NULL);
}

static void what_it_cannot_do_changes_nothing(uint64_t seed)
{
	start_with_pages();
	sim_work_reset();
	if (!has(MMU_CAP_DIRTY_LOG)) {
		EXPECT(mmu_log_protect(vm.mmu, gpa(VM_SLOT), gpa(VM_END)) == -MMU_ENOSYS, "no log");
		EXPECT(mmu_log_protect_mask(vm.mmu, gpa(VM_SLOT), 1) == -MMU_ENOSYS, "no log");
		EXPECT(mmu_log_end(vm.mmu, gpa(VM_SLOT), gpa(VM_END)) == -MMU_ENOSYS, "no log");
	}
	if (!has(MMU_CAP_AGE))
		EXPECT(mmu_age(vm.mmu, gpa(VM_SLOT), gpa(VM_END)) && mmu_test_young(vm.mmu, gpa(VM_SLOT), gpa(VM_END)),
		       "all is young");
	EXPECT(sim_work()->xchgs == 0 && sim_work()->cas == 0, "entries were changed");
	vm_check_and_finish(NULL);
}

/* The checker is there to find something. */
static void check_finds_what_the_monitor_took_back(uint64_t seed)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);
	char line[MMU_LINE_MAX];

	start_with_pages();
	slot.rights = PT_READ | PT_EXEC;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	EXPECT(mmu_check(vm.mmu, line) == 102 && line[0] == 'l', "a right that the memslot has not: %s", line);
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_NONE);
	EXPECT(mmu_check(vm.mmu, line) == 102, "no memslot");
	slot = vm_slot(VM_IN_SLOT);
	slot.end = gpa(VM_SHARED + VM_PAGE);
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	EXPECT(!has(MMU_CAP_HUGE) || mmu_check(vm.mmu, line) == 102, "a leaf that is larger than its memslot");
	slot = vm_slot(VM_IN_SLOT);
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	sim_notify_begin(hva(VM_HVA(VM_SMALL)), hva(VM_HVA(VM_SHARED)));
	EXPECT(mmu_check(vm.mmu, line) == 103, "a range in progress");
	sim_notify_end(hva(VM_HVA(VM_SMALL)), hva(VM_HVA(VM_SHARED)));
	vm_check_and_finish(NULL);
}

static const struct check_case cases[] = {
	{ "unmap_takes_the_range_and_no_more", unmap_takes_the_range_and_no_more },
	{ "unmap_allocates_nothing", unmap_allocates_nothing },
	{ "taking_goes_to_the_end_and_beyond", taking_goes_to_the_end_and_beyond },
	{ "who_must_not_yield_does_not", who_must_not_yield_does_not },
	{ "what_was_written_is_told", what_was_written_is_told },
	{ "protect_takes_rights_and_adds_none", protect_takes_rights_and_adds_none },
	{ "protect_drops_what_cannot_be_kept", protect_drops_what_cannot_be_kept },
	{ "protect_of_a_part_keeps_the_rest", protect_of_a_part_keeps_the_rest },
	{ "protect_needs_no_memory", protect_needs_no_memory },
	{ "dump_and_describe_name_entries", dump_and_describe_name_entries },
	{ "a_walk_is_told_with_and_without_the_lock", a_walk_is_told_with_and_without_the_lock },
	{ "what_it_cannot_do_changes_nothing", what_it_cannot_do_changes_nothing },
	{ "check_finds_what_the_monitor_took_back", check_finds_what_the_monitor_took_back },
};
CHECK_SUITE(suite_taking, "taking", cases);
