/*
 * Faults: what becomes of each access, at which level, on which CPU, and with whom beside it.
 */
#include "grading/explore/explore.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/explore_case.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/vm.h"

static const unsigned accesses[] = { WALK_READ, WALK_WRITE, WALK_EXEC };

static bool has(enum mmu_cap cap)
{
	return mmu_caps()->caps & cap;
}

static void need(enum mmu_cap cap)
{
	if (!has(cap))
		case_skip("this MMU cannot");
}

static struct sim_mapping mapping(uint64_t at)
{
	return sim_mapping_of(vm.roots[0].table, ia(at));
}

static const char *const outcomes[] = {"RETRY", "FIXED", "SPURIOUS", "EMULATE", "ERROR"};
_Static_assert(MMU_RETRY == 0 && MMU_ERROR == 4, "names of outcomes");

/* The mistake of who answers anything else than this. */
static const char *mistake(enum mmu_outcome outcome, enum mmu_why why, int error)
{
	if (outcome == MMU_EMULATE)
		return why == MMU_WHY_NO_SLOT  ? "[FAULT-MMIO-AS-RAM]"
		       : why == MMU_WHY_BEYOND ? "[FAULT-BEYOND]"
					       : "[FAULT-READ-ONLY]";
	if (outcome == MMU_FIXED)
		return "[FAULT-NOT-FIXED]";
	return error == -MMU_EFAULT && why == MMU_WHY_ATTRIBUTE ? "[RIGHTS-TOO-MANY]" : "[FAULT-ERRNO]";
}

static void expect_answer(const struct mmu_answer *answer, enum mmu_outcome outcome, enum mmu_why why, int error)
{
	EXPECT(answer->outcome == outcome && answer->why == why && answer->error == error,
	       "%s did mmu_fault | got MMU_%s, why %d, error %d | expected MMU_%s, why %d, error %d",
	       mistake(outcome, why, error), outcomes[answer->outcome % 5], answer->why, answer->error,
	       outcomes[outcome], why, error);
}

/* ---- Each access, each right ------------------------------------------------------------------------------- */

static void try_access(pt_prot_t rights, uint64_t at, unsigned access)
{
	struct mmu_answer answer;
	bool works;

	vm_start();
	if (rights) {
		struct host_slot slot = vm_slot(VM_IN_SLOT);

		slot.rights = rights;
		sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	}
	works = vm_access(0, at, access, &answer);
	EXPECT(works || !(rights & access),
	       "[FAULT-NOT-FIXED] did access %x where rights %x are | got MMU_%s, error %d", access, rights,
	       outcomes[answer.outcome % 5], answer.error);
	EXPECT(!works || (rights & access),
	       "[RIGHTS-TOO-MANY] did access %x where rights %x are | got an access that works", access, rights);
	if (works)
		EXPECT(answer.outcome == MMU_FIXED && vm_stats().faults[MMU_FIXED] == 1,
		       "[FAULT-NOT-FIXED] did one access | got more faults than one");
	else if (access == WALK_WRITE)
		expect_answer(&answer, MMU_EMULATE, MMU_WHY_READ_ONLY, 0);
	else
		expect_answer(&answer, MMU_ERROR, MMU_WHY_ATTRIBUTE, -MMU_EFAULT);
	vm_check_and_finish(NULL);
}

static void try_accesses(void)
{
	for (pt_prot_t rights = 1; rights <= PT_RWX; rights++) {
		for (unsigned i = 0; i < 3 && pte_leaf_ok(0, rights) && pte_leaf_ok(1, rights); i++) {
			try_access(rights, VM_LARGE + 5 * VM_PAGE, accesses[i]);
			try_access(rights, VM_SMALL, accesses[i]);
		}
	}
}

static void each_access_each_right(uint64_t seed)
{
	for_each_shape(try_accesses);
}

/* A leaf that allows less than is asked for now gets the rights that have come meanwhile. */
static void rights_are_added(uint64_t seed)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	vm_start_smallest(NULL);
	slot.rights = PT_READ;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	for (int i = 0; i < 2; i++) {
		vm_must(0, i ? VM_SMALL : VM_LARGE, WALK_READ);
		vm_must(1, i ? VM_SMALL : VM_LARGE, WALK_READ);
	}
	slot.rights = PT_RWX;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	for (int cpu = 0; cpu < VM_CPUS; cpu++) {
		vm_must(cpu, VM_LARGE, WALK_EXEC);
		vm_must(cpu, VM_SMALL, WALK_EXEC);
		vm_must(cpu, VM_LARGE, WALK_WRITE);
		vm_must(cpu, VM_SMALL, WALK_WRITE);
		EXPECT(cpu || !vm_stats().faults[MMU_SPURIOUS],
		       "[FAULT-NOT-FLUSHED] did add a right | got the same CPU faults again");
	}
	EXPECT(vm_stats().faults[MMU_FIXED] == 4,
	       "[FAULT-SPURIOUS] did make two leaves, then add rights | got %lu faults fixed | expected 4",
	       (unsigned long)vm_stats().faults[MMU_FIXED]);
	vm_check_and_finish(NULL);
}

static void refuse(uint64_t at, unsigned access, enum mmu_outcome outcome, enum mmu_why why)
{
	struct mmu_answer answer;

	vm_fault(0, at, access, &answer);
	expect_answer(&answer, outcome, why, outcome == MMU_ERROR ? -MMU_EFAULT : 0);
}

/* The answer is known before there is anything to map. */
static void what_cannot_be_mapped_is_answered(uint64_t seed)
{
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	refuse(VM_END, WALK_READ, MMU_EMULATE, MMU_WHY_NO_SLOT);
	refuse(VM_END, WALK_WRITE, MMU_EMULATE, MMU_WHY_NO_SLOT);
	refuse(VM_ROM, WALK_WRITE, MMU_EMULATE, MMU_WHY_READ_ONLY);
	refuse(VM_HOLE, WALK_READ, MMU_ERROR, MMU_WHY_NONE);
	refuse(VM_SHARED, WALK_WRITE, MMU_ERROR, MMU_WHY_NONE);
	refuse((uint64_t)1 << (PT_PAGE_SHIFT + PT_INDEX_BITS * shape.levels + shape.extra), WALK_READ, MMU_EMULATE,
	       MMU_WHY_BEYOND);
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_BUSY);
	EXPECT(vm_fault(0, VM_SMALL, WALK_READ, &answer) == MMU_RETRY,
	       "[FAULT-STALE-SEQUENCE] did fault while the memslot is busy | got MMU_%s | expected MMU_RETRY",
	       outcomes[answer.outcome % 5]);
	vm_check_and_finish(NULL);
}

/* Nor is it looked up whether there is a page: tables first. */
static void without_tables_there_is_an_error(uint64_t seed)
{
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	sim_mem_fail(SIM_FAIL_FROM_ON, 1);
	vm_fault(0, VM_SMALL, WALK_READ, &answer);
	sim_mem_fail(SIM_FAIL_NEVER, 0);
	expect_answer(&answer, MMU_ERROR, MMU_WHY_NONE, -MMU_ENOMEM);
	vm_check_and_finish(NULL);
}

static void what_is_not_memory_is_told(uint64_t seed)
{
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	EXPECT(!vm_access(0, VM_END, WALK_READ, &answer),
	       "[RIGHTS-TOO-MANY] did access where there is no memslot | got an access that works");
	expect_answer(&answer, MMU_EMULATE, MMU_WHY_NO_SLOT, 0);
	EXPECT(!vm_access(0, VM_ROM, WALK_WRITE, &answer),
	       "[RIGHTS-TOO-MANY] did access where it is read-only | got an access that works");
	expect_answer(&answer, MMU_EMULATE, MMU_WHY_READ_ONLY, 0);
	vm_must(0, VM_ROM, WALK_READ);
	EXPECT(!vm_access(0, VM_ROM, WALK_WRITE, &answer),
	       "[RIGHTS-TOO-MANY] did access where it is read-only | got an access that works");
	expect_answer(&answer, MMU_EMULATE, MMU_WHY_READ_ONLY, 0);
	EXPECT(!vm_access(0, VM_HOLE, WALK_READ, &answer),
	       "[RIGHTS-TOO-MANY] did access where the monitor has nothing there | got an access that works");
	expect_answer(&answer, MMU_ERROR, MMU_WHY_NONE, -MMU_EFAULT);
	EXPECT(!vm_access(0, VM_SHARED, WALK_WRITE, &answer),
	       "[RIGHTS-TOO-MANY] did access where the monitor may not write | got an access that works");
	expect_answer(&answer, MMU_ERROR, MMU_WHY_NONE, -MMU_EFAULT);
	vm_check_and_finish(NULL);
}

/* Of a width that is less than what the tree could translate, and memslots that lie there by mistake. */
static void nothing_is_mapped_beyond_the_width(uint64_t seed)
{
	struct mmu_config config = { .gpa_bits = 30, .root_bits = 31 };
	struct host_slot slot = vm_slot(VM_IN_SLOT);
	struct tdp_fault fault = { .gpa = gpa((uint64_t)1 << 30), .access = TDP_ACCESS_READ };
	struct mmu_answer answer;
	struct mmu_vcpu *vcpu;
	struct mmu_root root;
	struct mmu *mmu;

	vm_start_smallest(NULL);
	config.host = vm.host;
	slot.start = gpa((uint64_t)1 << 30);
	slot.end = gpa(slot.start.raw + VM_PART);
	sim_slot_set(VM_IN_ROM, &slot, SIM_SLOT_READY);
	EXPECT(mmu_create(&mmu, &config) == 0 && mmu_vcpu_create(&vcpu, mmu) == 0, "an mmu");
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ 0 }, &root) == 0, "a root");
	mmu_fault(vcpu, &fault, &answer);
	expect_answer(&answer, MMU_EMULATE, MMU_WHY_BEYOND, 0);
	fault.gpa = gpa(VM_LARGE);
	mmu_fault(vcpu, &fault, &answer);
	expect_answer(&answer, MMU_FIXED, MMU_WHY_NONE, 0);
	mmu_vcpu_destroy(vcpu);
	mmu_destroy(mmu);
	vm_finish();
}

/* ---- Levels ------------------------------------------------------------------------------------------------ */

static void expect_level(uint64_t at, int level)
{
	int max = has(MMU_CAP_HUGE) ? level : 0;

	vm_must(0, at, WALK_READ);
	EXPECT(mapping(at).level == max, "0x%lx is mapped at level %d; it should be %d", (unsigned long)at,
	       mapping(at).level, max);
}

static void leaves_are_as_large_as_can_be(uint64_t seed)
{
	struct host_slot slot = vm_slot(VM_IN_ROM);

	vm_start_smallest(NULL);
	expect_level(VM_LARGE + 7 * VM_PAGE, 1);
	expect_level(VM_SMALL + 7 * VM_PAGE, 0);
	expect_level(VM_SHARED + VM_PART - VM_PAGE, 1);
	slot.level_max = 0;
	vm_change_slot(VM_IN_ROM, &slot);
	expect_level(VM_ROM, 0);
	slot = vm_slot(VM_IN_ROM);
	slot.end = gpa(slot.end.raw - VM_PAGE);
	vm_change_slot(VM_IN_ROM, &slot);
	expect_level(VM_ROM, 0);
	slot = vm_slot(VM_IN_ROM);
	slot.start = gpa(slot.start.raw + VM_PAGE);
	slot.hva = hva(slot.hva.raw + VM_PAGE);
	vm_change_slot(VM_IN_ROM, &slot);
	expect_level(VM_ROM + VM_PAGE, 0);
	slot.hva = hva(slot.hva.raw - VM_PAGE);
	vm_change_slot(VM_IN_ROM, &slot);
	expect_level(VM_ROM + VM_PAGE, 0);
	EXPECT(mapping(VM_ROM + VM_PAGE).out.raw == VM_HPA(VM_ROM), "the page is the shifted one");
	slot = vm_slot(VM_IN_SLOT);
	slot.hva = hva(slot.hva.raw + VM_PAGE);
	vm_change_slot(VM_IN_SLOT, &slot);
	expect_level(VM_LARGE + 8 * VM_PAGE, 0);
	vm_check_and_finish(NULL);
}

/* The host's page and the memslot may be larger than any leaf. */
static void larger_than_any_leaf(uint64_t seed)
{
	struct sim_user user = {
		hva(VM_HVA(VM_LARGE)), hva(VM_HVA(VM_SMALL)), hpa(VM_HPA(VM_LARGE)), MMU_LEVEL_MAX, true,
	};
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	vm_start_smallest(NULL);
	slot.level_max = MMU_LEVEL_MAX;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	sim_user_set(VM_USER_LARGE, &user);
	expect_level(VM_LARGE + VM_PAGE, 1);
	vm_check_and_finish(NULL);
}

/* A memslot may allow what no entry can say. */
static void rights_that_no_entry_has_are_an_error(uint64_t seed)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);
	struct mmu_answer answer;

	if (pte_leaf_ok(0, PT_WRITE))
		case_skip("entries may be for writing alone");
	vm_start_smallest(NULL);
	slot.rights = PT_WRITE;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	EXPECT(!vm_access(0, VM_SMALL, WALK_WRITE, &answer),
	       "[RIGHTS-TOO-MANY] did access where it is written | got an access that works");
	expect_answer(&answer, MMU_ERROR, MMU_WHY_ATTRIBUTE, -MMU_EFAULT);
	vm_check_and_finish(NULL);
}

/* It may be large now, but there is a table with leaves in it. */
static void a_table_in_the_way_stays(uint64_t seed)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	vm_start_smallest(NULL);
	slot.level_max = 0;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	expect_level(VM_LARGE, 0);
	slot.level_max = 1;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	vm_must(0, VM_LARGE + VM_PAGE, WALK_WRITE);
	vm_must(1, VM_LARGE, WALK_WRITE);
	EXPECT(mapping(VM_LARGE + VM_PAGE).level == 0, "the second page lies beside the first");
	vm_check_and_finish(NULL);
}

/* A large leaf without the right to write, and then writes are to be logged page by page. */
static void read_only_large_then_write(uint64_t seed)
{
	struct sim_user user = { hva(VM_HVA(VM_SHARED)), hva(VM_HVA(VM_HOLE)), hpa(VM_HPA(VM_SHARED)), 1, true };
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	vm_start_smallest(NULL);
	vm_must(0, VM_SHARED, WALK_READ);
	vm_must(1, VM_SHARED + VM_PAGE, WALK_READ);
	slot.level_max = 0;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	sim_user_set(VM_USER_SHARED, &user);
	vm_must(0, VM_SHARED, WALK_WRITE);
	vm_must(1, VM_SHARED + VM_PAGE, WALK_WRITE);
	EXPECT(mapping(VM_SHARED).level == 0, "the leaf that is written has one page");
	vm_check_and_finish(NULL);
}

/* ---- No memory --------------------------------------------------------------------------------------------- */

static bool fail_nth(uint64_t n)
{
	const uint64_t at[] = { VM_LARGE, VM_SMALL, VM_ROM };
	struct mmu_answer answer;
	bool failed = false;

	vm_start();
	sim_work_reset();
	sim_mem_fail(SIM_FAIL_ONCE, n);
	for (int i = 0; i < 3; i++) {
		if (vm_access(0, at[i], WALK_READ, &answer))
			continue;
		expect_answer(&answer, MMU_ERROR, MMU_WHY_NONE, -MMU_ENOMEM);
		failed = true;
		vm_check();
		vm_must(0, at[i], WALK_READ);
	}
	EXPECT(failed == !!sim_work()->failed_allocs,
	       "[FAULT-ERRNO] did fault with an allocation that fails | got no -ENOMEM");
	sim_mem_fail(SIM_FAIL_NEVER, 0);
	vm_check_and_finish(NULL);
	return failed;
}

static void fail_each(void)
{
	uint64_t n = 1;

	while (fail_nth(n))
		n++;
	EXPECT(n > 1, "tables are allocated");
}

/* A fault that needs one table leaves the rest of its spare ones; the next one needs all that a walk can need. */
static void fall_short(void)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	vm_start();
	slot.level_max = 0;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	vm_must(0, VM_SMALL, WALK_READ);
	vm_must(0, VM_LARGE, WALK_READ);
	mmu_unmap(vm.mmu, gpa(0), gpa((uint64_t)1 << 60), MMU_MAY_YIELD);
	vm_must(0, VM_SMALL, WALK_READ);
	vm_check_and_finish(NULL);
}

static void nth_allocation_fails(uint64_t seed)
{
	for_each_shape(fail_each);
	for_each_shape(fall_short);
}

/* ---- What CPUs remember ------------------------------------------------------------------------------------ */

/* CPU 1 has seen that nothing is there; then CPU 0 maps it. */
static void a_cpu_that_remembers_less_is_helped(uint64_t seed)
{
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	EXPECT(!vm_touch(1, VM_SMALL, WALK_READ), "nothing is mapped yet");
	vm_must(0, VM_SMALL, WALK_READ);
	EXPECT(vm_fault(1, VM_SMALL, WALK_READ, &answer) == MMU_SPURIOUS,
	       "[FAULT-SPURIOUS] did fault on what is mapped already | got outcome %d | expected MMU_SPURIOUS",
	       answer.outcome);
	EXPECT(vm_touch(1, VM_SMALL, WALK_READ),
	       "[FAULT-NOT-FLUSHED] did fault on cpu 1, spuriously | got cpu 1 still refuses");
	vm_must(0, VM_SMALL + VM_PAGE, WALK_READ);
	vm_must(1, VM_SMALL + VM_PAGE, WALK_WRITE);
	vm_check_and_finish(NULL);
}

/* Other CPUs are left alone. */
static void a_fault_flushes_one_page_here(uint64_t seed)
{
	struct sim_flush_call call;

	vm_start_smallest(NULL);
	sim_work_reset();
	vm_must(0, VM_SMALL + 2 * VM_PAGE, WALK_READ);
	vm_must(1, VM_SMALL + VM_PAGE, WALK_READ);
	vm_must(0, VM_LARGE, WALK_READ);
	EXPECT(sim_work()->flushes == sim_work()->flushes_here,
	       "[FAULT-FLUSHES-OTHERS] did fault | got a flush on other CPUs");
	for (uint64_t i = 0; sim_flush_call(i, &call) && i < sim_work()->flushes; i++)
		EXPECT(call.end.raw - call.start.raw == VM_PAGE,
		       "[FLUSH-WRONG-RANGE] did fault | got a flush of [0x%lx, 0x%lx) | expected one page",
		       (unsigned long)call.start.raw, (unsigned long)call.end.raw);
	vm_check_and_finish(NULL);
}

/* ---- The budget -------------------------------------------------------------------------------------------- */

static void fault_often(uint64_t at, int count)
{
	struct mmu_answer answer;

	for (int i = 0; i < count; i++)
		EXPECT(vm_fault(0, at, WALK_READ, &answer) != MMU_ERROR,
		       "[FAULT-BUDGET] did fault %d times at 0x%lx | got error %d | expected none yet", i + 1,
		       (unsigned long)at, answer.error);
}

static void a_livelock_is_an_error_that_names_the_entry(uint64_t seed)
{
	struct host_slot rom = vm_slot(VM_IN_ROM);
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	fault_often(VM_SMALL, MMU_BUDGET);
	EXPECT(vm_fault(0, VM_SMALL, WALK_READ, &answer) == MMU_ERROR && answer.error == -MMU_ELOOP,
	       "[FAULT-BUDGET] did fault MMU_BUDGET times and once more | got outcome %d, error %d | expected -ELOOP",
	       answer.outcome, answer.error);
	EXPECT(answer.entry[0] == 'l' && answer.entry[1] == '0',
	       "[FAULT-BUDGET] did spend the budget | got \"%s\" | expected a line that names the entry", answer.entry);
	fault_often(VM_SMALL + VM_PAGE, MMU_BUDGET);
	mmu_unmap(vm.mmu, gpa(VM_LARGE), gpa(VM_LARGE + VM_PAGE), MMU_MAY_YIELD);
	fault_often(VM_SMALL + VM_PAGE, MMU_BUDGET);
	sim_notify_begin(hva(VM_HVA(VM_LARGE)), hva(VM_HVA(VM_SMALL)));
	sim_notify_end(hva(VM_HVA(VM_LARGE)), hva(VM_HVA(VM_SMALL)));
	fault_often(VM_SMALL + VM_PAGE, MMU_BUDGET);
	sim_slot_set(VM_IN_ROM, &rom, SIM_SLOT_READY);
	fault_often(VM_SMALL + VM_PAGE, MMU_BUDGET);
	mmu_protect(vm.mmu, gpa(VM_LARGE), gpa(VM_LARGE + VM_PAGE), PT_READ, MMU_MAY_YIELD);
	fault_often(VM_SMALL + VM_PAGE, MMU_BUDGET);
	mmu_reload_roots(vm.mmu);
	vm_enter(0);
	fault_often(VM_SMALL + VM_PAGE, MMU_BUDGET);
	EXPECT(vm_fault(0, VM_SMALL + VM_PAGE, WALK_WRITE, &answer) != MMU_ERROR,
	       "[FAULT-BUDGET] did write where the budget of reading is spent | got error %d | expected none yet",
	       answer.error);
	vm_check_and_finish(NULL);
}

/* A device may be polled for ever. */
static void devices_spend_nothing(uint64_t seed)
{
	vm_start_smallest(NULL);
	fault_often(VM_END, 4 * MMU_BUDGET);
	vm_check_and_finish(NULL);
}

/* A device that is polled, a page that waits for its notifier, a memslot that is being changed. */
static void who_waits_spends_nothing(uint64_t seed)
{
	vm_start_smallest(NULL);
	fault_often(VM_END, 4 * MMU_BUDGET);
	sim_notify_begin(hva(VM_HVA(VM_SMALL)), hva(VM_HVA(VM_SHARED)));
	fault_often(VM_SMALL, 4 * MMU_BUDGET);
	sim_notify_end(hva(VM_HVA(VM_SMALL)), hva(VM_HVA(VM_SHARED)));
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_BUSY);
	fault_often(VM_SMALL, 4 * MMU_BUDGET);
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_READY);
	vm_must(0, VM_SMALL, WALK_READ);
	vm_check_and_finish(NULL);
}

static void a_malformed_entry_is_an_error(uint64_t seed)
{
	struct tdp_fault fault = { .gpa = gpa(VM_SMALL), .flags = TDP_FAULT_RESERVED };
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	vm_must(0, VM_SMALL, WALK_READ);
	mmu_fault(vm.vcpus[0], &fault, &answer);
	expect_answer(&answer, MMU_ERROR, MMU_WHY_NONE, -MMU_EIO);
	EXPECT(answer.entry[0] == 'l', "the entry is named: %s", answer.entry);
	vm_check_and_finish(NULL);
}

/* ---- Prefault ---------------------------------------------------------------------------------------------- */

/* Hardware may fault on a leaf that has not seen such an access yet: it will come back until the leaf says so. */
static void expect_seen(uint64_t at, unsigned access)
{
	unsigned seen = access == WALK_WRITE ? WALK_ACCESSED | WALK_DIRTY : WALK_ACCESSED;
	bool lacks = ~mapping(at).ad & seen;
	struct mmu_answer answer;

	vm_fault(0, at, access, &answer);
	EXPECT((answer.outcome == MMU_FIXED) == lacks && (mapping(at).ad & seen) == seen,
	       "[FAULT-NOT-FIXED] did prefault, then fault with access %x | got MMU_%s, a leaf that has seen %x | "
	       "expected %s, %x", access, outcomes[answer.outcome % 5], mapping(at).ad,
	       lacks ? "MMU_FIXED" : "MMU_SPURIOUS", seen);
}

static void prefault_goes_as_far_as_memory_goes(uint64_t seed)
{
	gpa_t hole = gpa(VM_HOLE);

	need(MMU_CAP_PREFAULT);
	vm_start_smallest(NULL);
	EXPECT(mmu_prefault(vm.vcpus[0], gpa(VM_SHARED - 3 * VM_PAGE), gpa(VM_END)) == VM_HOLE,
	       "[PREFAULT-END] did prefault | got another end than the hole");
	EXPECT(mmu_prefault(vm.vcpus[0], hole, gpa(VM_END)) == -MMU_EFAULT,
	       "[PREFAULT-END] did prefault the hole | got no -EFAULT");
	EXPECT(mmu_prefault(vm.vcpus[0], gpa(VM_END), gpa(VM_ROM)) == -MMU_EFAULT,
	       "[PREFAULT-END] did prefault where no memslot is | got no -EFAULT");
	EXPECT(mapping(VM_SHARED - VM_PAGE).rights && !mapping(VM_SHARED - 4 * VM_PAGE).rights,
	       "[PREFAULT-END] did prefault three pages | got others mapped");
	EXPECT(!((mapping(VM_SHARED - VM_PAGE).ad | mapping(VM_SHARED).ad) & WALK_ACCESSED),
	       "[PREFAULT-ACCESSED] did prefault | got a leaf that is accessed already");
	EXPECT(mmu_prefault(vm.vcpus[0], gpa(VM_SHARED), gpa(VM_SHARED + VM_PAGE)) == VM_SHARED + VM_PAGE,
	       "[PREFAULT-END] did prefault a page of a large leaf | got another end than its own");
	expect_seen(VM_SHARED - 3 * VM_PAGE, WALK_READ);
	expect_seen(VM_SHARED - 3 * VM_PAGE, WALK_WRITE);
	expect_seen(VM_SHARED - 2 * VM_PAGE, WALK_WRITE);
	vm_must(0, VM_SHARED - VM_PAGE, WALK_READ);
	vm_must(0, VM_SHARED - 2 * VM_PAGE, WALK_WRITE);
	vm_must(1, VM_SHARED, WALK_READ);
	vm_check_and_finish(NULL);
}

static void prefault_does_not_wait(uint64_t seed)
{
	need(MMU_CAP_PREFAULT);
	vm_start_smallest(NULL);
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_BUSY);
	EXPECT(mmu_prefault(vm.vcpus[0], gpa(VM_SMALL), gpa(VM_SHARED)) == -MMU_EAGAIN,
	       "[FAULT-STALE-SEQUENCE] did prefault while the memslot is busy | got no -EAGAIN");
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_READY);
	sim_notify_begin(hva(VM_HVA(VM_SMALL)), hva(VM_HVA(VM_SHARED)));
	EXPECT(mmu_prefault(vm.vcpus[0], gpa(VM_SMALL), gpa(VM_SHARED)) == -MMU_EAGAIN,
	       "[FAULT-STALE-SEQUENCE] did prefault while a range is in progress | got no -EAGAIN");
	EXPECT(!mapping(VM_SMALL).rights,
	       "[FAULT-STALE-SEQUENCE] did prefault while a range is in progress | got it mapped");
	sim_notify_end(hva(VM_HVA(VM_SMALL)), hva(VM_HVA(VM_SHARED)));
	vm_check_and_finish(NULL);
}

/* ---- Two CPUs, every schedule ------------------------------------------------------------------------------ */

static void run_access(int cpu, uint64_t at, unsigned access)
{
	struct mmu_answer answer;

	explore_doing("cpu %d accesses 0x%lx (%u)", cpu, (unsigned long)at, access);
	EXPECT(vm_access(cpu, at, access, &answer) || answer.outcome < MMU_EMULATE,
	       "[FAULT-LOST-RACE] outcome %d, error %d", answer.outcome, answer.error);
}

static void cpu0_reads_first(void *unused)
{
	run_access(0, VM_SMALL, WALK_READ);
}

static void cpu1_reads_first(void *unused)
{
	run_access(1, VM_SMALL, WALK_READ);
}

static void cpu1_writes_first(void *unused)
{
	run_access(1, VM_SMALL, WALK_WRITE);
}

static void cpu1_reads_second(void *unused)
{
	run_access(1, VM_SMALL + VM_PAGE, WALK_READ);
}

/* A neighbour keeps the tables. */
static void start_with_tables(void *unused)
{
	vm_start_smallest(NULL);
	vm_must(0, VM_SMALL + 2 * VM_PAGE, WALK_READ);
}

/* Besides the neighbour's fault, one has mapped the page, and the other has found that out. */
static void expect_one_fixed(void *unused)
{
	EXPECT(vm_stats().faults[MMU_FIXED] == 2,
	       "[FAULT-LOST-RACE] did fault on two cpus for one page | got %lu faults fixed | expected 1",
	       (unsigned long)vm_stats().faults[MMU_FIXED] - 1);
	vm_check_and_finish(NULL);
}

static void two_cpus_one_page(uint64_t seed)
{
	explore_closely(start_with_tables, expect_one_fixed, cpu0_reads_first, cpu1_reads_first);
	explore_two(vm_start_smallest, vm_check_and_finish, cpu0_reads_first, cpu1_writes_first);
}

static void two_cpus_one_table(uint64_t seed)
{
	explore_two(vm_start_smallest, vm_check_and_finish, cpu0_reads_first, cpu1_reads_second);
}

/* With a large leaf in the way that may not be large any more. */
static void start_with_large_leaf(void *unused)
{
	struct sim_user user = { hva(VM_HVA(VM_SHARED)), hva(VM_HVA(VM_HOLE)), hpa(VM_HPA(VM_SHARED)), 1, true };
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	vm_start_smallest(NULL);
	vm_must(0, VM_SHARED, WALK_READ);
	slot.level_max = 0;
	sim_slot_set(VM_IN_SLOT, &slot, SIM_SLOT_READY);
	sim_user_set(VM_USER_SHARED, &user);
}

static void cpu0_writes_shared(void *unused)
{
	run_access(0, VM_SHARED, WALK_WRITE);
}

static void cpu1_writes_shared(void *unused)
{
	run_access(1, VM_SHARED + VM_PAGE, WALK_WRITE);
}

static void cpu1_reads_shared(void *unused)
{
	run_access(1, VM_SHARED, WALK_READ);
}

static void two_cpus_replace_a_large_leaf(uint64_t seed)
{
	explore_two(start_with_large_leaf, vm_check_and_finish, cpu0_writes_shared, cpu1_writes_shared);
	explore_two(start_with_large_leaf, vm_check_and_finish, cpu0_writes_shared, cpu1_reads_shared);
}

static const struct check_case cases[] = {
	{"each_access_each_right", each_access_each_right},
	{"rights_are_added", rights_are_added},
	{"what_cannot_be_mapped_is_answered", what_cannot_be_mapped_is_answered},
	{"without_tables_there_is_an_error", without_tables_there_is_an_error},
	{"devices_spend_nothing", devices_spend_nothing},
	{"what_is_not_memory_is_told", what_is_not_memory_is_told},
	{"nothing_is_mapped_beyond_the_width", nothing_is_mapped_beyond_the_width},
	{"leaves_are_as_large_as_can_be", leaves_are_as_large_as_can_be},
	{"larger_than_any_leaf", larger_than_any_leaf},
	{"rights_that_no_entry_has_are_an_error", rights_that_no_entry_has_are_an_error},
	{"a_table_in_the_way_stays", a_table_in_the_way_stays},
	{"read_only_large_then_write", read_only_large_then_write},
	{"nth_allocation_fails", nth_allocation_fails},
	{"a_cpu_that_remembers_less_is_helped", a_cpu_that_remembers_less_is_helped},
	{"a_fault_flushes_one_page_here", a_fault_flushes_one_page_here},
	{"a_livelock_is_an_error_that_names_the_entry", a_livelock_is_an_error_that_names_the_entry},
	{"who_waits_spends_nothing", who_waits_spends_nothing},
	{"a_malformed_entry_is_an_error", a_malformed_entry_is_an_error},
	{"prefault_goes_as_far_as_memory_goes", prefault_goes_as_far_as_memory_goes},
	{"prefault_does_not_wait", prefault_does_not_wait},
	{"two_cpus_one_page", two_cpus_one_page},
	{"two_cpus_one_table", two_cpus_one_table},
	{"two_cpus_replace_a_large_leaf", two_cpus_replace_a_large_leaf},
};
CHECK_SUITE(suite_fault, "fault", cases);
