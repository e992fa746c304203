/*
 * A guest over mmu/mmu.h.
 */
#include "grading/suites/mmu/vm.h"
#include "grading/explore/explore.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/sim/stale.h"
#include "grading/sim/tlb.h"
#include "grading/suites/mmu/suite.h"

/* Of a guest alone; of one of several actors, who may let it run on and on. */
#define TRIES_MAX 12
#define TRIES_AS_ACTOR 3

struct vm vm;

/* ---- The monitor ------------------------------------------------------------------------------------------- */

struct host_slot vm_slot(int i)
{
	if (i == VM_IN_SLOT)
		return (struct host_slot){ gpa(VM_SLOT), gpa(VM_END), hva(VM_HVA(VM_SLOT)), PT_RWX,
					   PT_LEAF_LEVEL_MAX };
	return (struct host_slot){ gpa(VM_ROM), gpa(VM_ROM_END), hva(VM_HVA(VM_ROM)), PT_READ | PT_EXEC,
				   PT_LEAF_LEVEL_MAX };
}

enum may { MAY_READ, MAY_WRITE };

static void add_user(int i, uint64_t at, int level, enum may may)
{
	struct sim_user user = {
		hva(VM_HVA(at)), hva(VM_HVA(at + VM_PART)), hpa(VM_HPA(at)), level, may == MAY_WRITE,
	};

	sim_user_set(i, &user);
}

static void start_monitor(void)
{
	for (int i = VM_IN_SLOT; i <= VM_IN_ROM; i++) {
		struct host_slot slot = vm_slot(i);

		sim_slot_set(i, &slot, SIM_SLOT_READY);
	}
	add_user(VM_USER_LARGE, VM_LARGE, 1, MAY_WRITE);
	add_user(VM_USER_SMALL, VM_SMALL, 0, MAY_WRITE);
	add_user(VM_USER_SHARED, VM_SHARED, 1, MAY_READ);
	add_user(VM_USER_ROM, VM_ROM, 1, MAY_WRITE);
}

/* With others at work, one of them may have brought back what was unmapped. */
static void expect_out_of_reach(uint64_t start, uint64_t end)
{
	sim_expect_unmapped_or(explore_is_acting() ? "[FAULT-STALE-SEQUENCE]" : "[UNMAP-LEAVES]", gpa(start), gpa(end));
}

/* The pages of [start, end), which lies in one memslot, are out of reach from here on, until the range is done. */
static void begin(uint64_t start, uint64_t end)
{
	sim_notify_begin(hva(VM_HVA(start)), hva(VM_HVA(end)));
	mmu_unmap(vm.mmu, gpa(start), gpa(end), MMU_MAY_YIELD);
	expect_out_of_reach(start, end);
}

static void end_of(uint64_t start, uint64_t end)
{
	sim_notify_end(hva(VM_HVA(start)), hva(VM_HVA(end)));
}

void vm_munmap(uint64_t start, uint64_t end, int user)
{
	begin(start, end);
	sim_user_set(user, NULL);
	end_of(start, end);
}

void vm_move_pages(uint64_t start, uint64_t end, int user, uint64_t to)
{
	struct sim_user moved = { hva(VM_HVA(start)), hva(VM_HVA(end)), hpa(to), 0, true };

	begin(start, end);
	sim_user_set(user, &moved);
	end_of(start, end);
}

void vm_make_shared(uint64_t start, uint64_t end, int user)
{
	struct sim_user shared = { hva(VM_HVA(start)), hva(VM_HVA(end)), hpa(VM_HPA(start)), 0, false };

	sim_notify_begin(shared.start, shared.end);
	mmu_protect(vm.mmu, gpa(start), gpa(end), PT_READ | PT_EXEC, MMU_MAY_YIELD);
	sim_user_set(user, &shared);
	end_of(start, end);
}

void vm_change_slot(int i, const struct host_slot *slot)
{
	struct host_slot old = vm_slot(i);

	sim_slot_set(i, NULL, SIM_SLOT_BUSY);
	mmu_unmap(vm.mmu, old.start, old.end, MMU_MAY_YIELD);
	expect_out_of_reach(old.start.raw, old.end.raw);
	sim_slot_set(i, slot, slot ? SIM_SLOT_READY : SIM_SLOT_NONE);
}

void vm_delete_slot(int i)
{
	vm_change_slot(i, NULL);
}

/* ---- Beginning and end ------------------------------------------------------------------------------------- */

static void start_mmu(void)
{
	struct mmu_config config = { .host = vm.host, .levels_fixed = shape.levels };
	int error;

	config.gpa_bits = PT_PAGE_SHIFT + PT_INDEX_BITS * shape.levels + shape.extra;
	error = mmu_create(&vm.mmu, &config);
	EXPECT(!error, "no mmu: %d", error);
	for (int cpu = 0; cpu < VM_CPUS; cpu++) {
		error = mmu_vcpu_create(&vm.vcpus[cpu], vm.mmu);
		EXPECT(!error, "no vCPU: %d", error);
	}
}

void vm_start(void)
{
	if (walk_format.rights_known & WALK_USER)
		case_skip("guests are mapped by second stages");
	machine_start();
	sim_stale_refusals(SIM_REFUSALS_ALLOWED);
	sim_flush_by(case_flush() == MMU_FLUSH_VERBS ? sim_flush_verbs : sim_flush_range);
	vm = (struct vm){ .host = sim_host() };
	start_monitor();
	start_mmu();
	for (int cpu = 0; cpu < VM_CPUS; cpu++)
		vm_enter(cpu);
	explore_watch(vm.roots[0].table, vm.roots[0].levels, vm.roots[0].extra);
}

static void smallest_shape(void)
{
	for (shape.levels = PT_LEVELS_MIN; shape.levels <= PT_LEVELS_MAX; shape.levels++)
		for (shape.extra = PT_ROOT_EXTRA_MIN; shape.extra <= PT_ROOT_EXTRA_MAX; shape.extra++)
			if (pt_shape_ok(shape.levels, shape.extra))
				return;
}

void vm_start_smallest(void *unused)
{
	smallest_shape();
	vm_start();
}

void vm_finish(void)
{
	for (int cpu = 0; cpu < VM_CPUS; cpu++) {
		sim_cpu_leave(cpu);
		mmu_vcpu_destroy(vm.vcpus[cpu]);
	}
	mmu_destroy(vm.mmu);
	sim_finish();
}

void vm_check(void)
{
	char line[MMU_LINE_MAX];
	int rule = mmu_check(vm.mmu, line);

	EXPECT(rule == 0, "[TREE-RULE] rule %d of mmu_check() is broken: %s", rule, line);
	EXPECT(sim_lock_is_free(), "[LOCK-RULE] the lock is still held");
	sim_memory_check(gpa(VM_SLOT - VM_PAGE), gpa(VM_ROM_END + VM_PAGE));
	sim_check();
}

void vm_check_and_finish(void *unused)
{
	vm_check();
	vm_finish();
}

struct mmu_stats vm_stats(void)
{
	struct mmu_stats stats;

	mmu_stats(vm.mmu, &stats);
	return stats;
}

/* ---- Virtual CPUs ------------------------------------------------------------------------------------------ */

/* IDs are few: who gets one that was used before forgets what was remembered under it. */
void vm_enter(int cpu)
{
	struct mmu_root before = vm.roots[cpu];
	int error, other = cpu ^ 1;
	unsigned ids = 1u << (walk_format.id_bits < 4 ? walk_format.id_bits : 4);

	sim_cpu_leave(cpu);
	error = mmu_vcpu_root(vm.vcpus[cpu], vm.roles[cpu], &vm.roots[cpu]);
	EXPECT(!error || error == -MMU_EIO, "no root: error %d", error);
	if (error)
		return;
	if (vm.roots[cpu].table.raw != before.table.raw || vm.roots[cpu].host != before.host) {
		vm.id_count += vm.roots[cpu].table.raw != vm.roots[other].table.raw;
		sim_tlb_forget(cpu);
	}
	sim_cpu_enter(cpu, vm.roots[cpu].table, vm.id_count % ids);
}

/* What hardware would touch on its way, so that the explorer knows. */
static void tell_explorer(int cpu, uint64_t at, unsigned access)
{
	struct walk_root root = { vm.roots[cpu].table, vm.roots[cpu].levels, vm.roots[cpu].extra };
	struct walk_request request = { .root = root, .from = walk_at_root(&root), .ia = at, .access = access };
	struct walk_result result;

	walk(sim_memory(), &request, &result);
	for (int i = 0; i < result.step_count; i++)
		explore_touch(sim_mem_pointer(result.steps[i].slot),
			      i + 1 == result.step_count ? "hardware" : "read by hw");
}

bool vm_touch(int cpu, uint64_t at, unsigned access)
{
	if (!mmu_root_is_current(vm.vcpus[cpu]))
		vm_enter(cpu);
	if (!mmu_root_is_current(vm.vcpus[cpu]))
		return false;
	if (explore_is_acting())
		tell_explorer(cpu, at, access);
	if (!mmu_root_is_current(vm.vcpus[cpu]))
		return false;
	return sim_guest(cpu, ia(at), access).fault == WALK_OK;
}

static enum tdp_access access_of(unsigned access)
{
	return access & WALK_WRITE ? TDP_ACCESS_WRITE : access & WALK_EXEC ? TDP_ACCESS_EXEC : TDP_ACCESS_READ;
}

enum mmu_outcome vm_fault(int cpu, uint64_t at, unsigned access, struct mmu_answer *answer)
{
	struct tdp_fault fault = { .gpa = gpa(at), .access = access_of(access) };

	sim_on_cpu(cpu);
	mmu_fault(vm.vcpus[cpu], &fault, answer);
	return answer->outcome;
}

bool vm_access(int cpu, uint64_t at, unsigned access, struct mmu_answer *answer)
{
	*answer = (struct mmu_answer){ 0 };
	for (int i = 0; i < (explore_is_acting() ? TRIES_AS_ACTOR : TRIES_MAX); i++) {
		if (vm_touch(cpu, at, access))
			return true;
		switch (vm_fault(cpu, at, access, answer)) {
		case MMU_EMULATE:
		case MMU_ERROR: return false;
		case MMU_RETRY:
			if (explore_is_acting())
				explore_pause();
			break;
		default: break;
		}
	}
	return false;
}

#define WALK_TEXT_MAX 600

static void add_line(void *arg, const char *line)
{
	char *text = arg;
	size_t used = 0;

	while (text[used])
		used++;
	snprintf(text + used, WALK_TEXT_MAX - used, "\n#   %s", line);
}

/* For a failure: the walk, as the MMU tells it, in lines of the report.  No lock: an actor may hold it. */
static const char *walk_text(int cpu, uint64_t at)
{
	static char text[WALK_TEXT_MAX];

	text[0] = 0;
	mmu_walk_in_panic(vm.vcpus[cpu], gpa(at), add_line, text);
	return text;
}

void vm_must(int cpu, uint64_t at, unsigned access)
{
	struct mmu_answer answer;

	EXPECT(vm_access(cpu, at, access, &answer),
	       "[FAULT-NOT-FIXED] did cpu %d: access 0x%lx (%u), fault, and again | got outcome %d, error %d%s", cpu,
	       (unsigned long)at, access, answer.outcome, answer.error, walk_text(cpu, at));
}
