/*
 * Roots: shared, made invalid, kept by who uses them, freed by who lets go last.
 *
 * An MMU with one root for ever empties it where others make a new one; cases about old roots are not for it.  Why a
 * root is not used again, and which are remembered, is in roots_tdp.c.
 */
#include "grading/explore/explore.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/explore_case.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/vm.h"

static void expect_roots(uint64_t count, uint64_t invalid)
{
	struct mmu_stats stats = vm_stats();

	EXPECT(stats.root_count <= count && stats.invalid_root_count <= invalid,
	       "[ROOT-LEAKED] got %lu roots, %lu of them invalid | expected %lu, %lu", (unsigned long)stats.root_count,
	       (unsigned long)stats.invalid_root_count, (unsigned long)count, (unsigned long)invalid);
	EXPECT(stats.root_count == count && stats.invalid_root_count == invalid,
	       "[ROOT-FREED-EARLY] got %lu roots, %lu of them invalid | expected %lu, %lu",
	       (unsigned long)stats.root_count, (unsigned long)stats.invalid_root_count, (unsigned long)count,
	       (unsigned long)invalid);
}

/* New roots for all; skips the case if the one that there is has been emptied instead. */
static void renew(void)
{
	mmu_reload_roots(vm.mmu);
	if (mmu_root_is_current(vm.vcpus[0]))
		case_skip("there is one root for ever");
}

static void map_some(int cpu)
{
	vm_must(cpu, VM_LARGE, WALK_WRITE);
	vm_must(cpu, VM_SMALL, WALK_WRITE);
	vm_must(cpu, VM_SMALL + VM_PAGE, WALK_READ);
	vm_must(cpu, VM_ROM, WALK_READ);
}

/* ---- One after the other ----------------------------------------------------------------------------------- */

static void vcpus_of_one_role_share_a_root(uint64_t seed)
{
	vm_start_smallest(NULL);
	EXPECT(vm.roots[0].table.raw == vm.roots[1].table.raw && vm.roots[0].host == vm.roots[1].host,
	       "[ROOT-NOT-SHARED] did two vCPUs ask for a root of one role | got two roots");
	expect_roots(1, 0);
	sim_work_reset();
	vm_enter(0);
	EXPECT(sim_work()->allocs == 0 && sim_work()->locks == 0, "nothing has changed");
	vm_check_and_finish(NULL);
}

static void an_invalid_root_lives_as_long_as_its_users(uint64_t seed)
{
	hpa_t old;

	vm_start_smallest(NULL);
	map_some(0);
	old = vm.roots[0].table;
	renew();
	expect_roots(1, 1);
	EXPECT(!mmu_root_is_current(vm.vcpus[0]) && !mmu_root_is_current(vm.vcpus[1]),
	       "[ROOT-INVALID-USED] did mmu_reload_roots | got a vCPU whose root is still current");
	vm_enter(0);
	expect_roots(2, 1);
	EXPECT(vm.roots[0].table.raw != old.raw && mmu_root_is_current(vm.vcpus[0]),
	       "[ROOT-INVALID-USED] did mmu_reload_roots, enter | got the invalid root again");
	EXPECT(sim_mapping_of(old, ia(VM_SMALL)).rights,
	       "[ROOT-FREED-EARLY] did cpu 0 leave the invalid root | got it emptied under cpu 1");
	map_some(0);
	vm_enter(1);
	expect_roots(1, 0);
	EXPECT(vm.roots[1].table.raw == vm.roots[0].table.raw,
	       "[ROOT-NOT-SHARED] did both vCPUs enter | got two roots");
	vm_must(1, VM_SMALL, WALK_READ);
	vm_check_and_finish(NULL);
}

/* A fault on a root that has become invalid maps nothing. */
static void a_fault_on_an_invalid_root_is_tried_again(uint64_t seed)
{
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	renew();
	EXPECT(vm_fault(0, VM_SMALL, WALK_READ, &answer) == MMU_RETRY,
	       "[FAULT-DEAD-ROOT] did fault on an invalid root | got outcome %d | expected MMU_RETRY", answer.outcome);
	EXPECT(vm_stats().table_count == 1, "[FAULT-DEAD-ROOT] did fault on an invalid root | got tables made in it");
	EXPECT(!(mmu_caps()->caps & MMU_CAP_PREFAULT) ||
	       mmu_prefault(vm.vcpus[0], gpa(VM_SMALL), gpa(VM_SHARED)) == -MMU_EAGAIN, "nor by prefault");
	vm_must(0, VM_SMALL, WALK_READ);
	vm_check_and_finish(NULL);
}

static void unmap_reaches_invalid_roots(uint64_t seed)
{
	vm_start_smallest(NULL);
	map_some(1);
	renew();
	vm_enter(0);
	map_some(0);
	expect_roots(2, 1);
	vm_munmap(VM_SMALL, VM_SHARED, VM_USER_SMALL);
	EXPECT(sim_guest(1, ia(VM_SMALL), WALK_READ).fault != WALK_OK,
	       "[ROOT-FREED-EARLY] did unmap | got CPU 1, on the old root, still reads it");
	vm_check_and_finish(NULL);
}

static void bad_roles_are_refused(uint64_t seed)
{
	struct mmu_config config = { .gpa_bits = PT_IA_BITS_MAX + 1 };
	struct mmu_root root;
	struct mmu *mmu;

	vm_start_smallest(NULL);
	config.host = vm.host;
	EXPECT(mmu_create(&mmu, &config) == -MMU_EINVAL, "no root is so wide");
	config.gpa_bits = PT_PAGE_SHIFT;
	EXPECT(mmu_create(&mmu, &config) == -MMU_EINVAL, "so narrow that there is nothing");
	config.gpa_bits = 30;
	config.levels_fixed = PT_LEVELS_MAX + 1;
	EXPECT(mmu_create(&mmu, &config) == -MMU_EINVAL, "no root has so many levels");
	EXPECT(mmu_vcpu_root(vm.vcpus[0], (struct mmu_role){ .levels = 1 }, &root) == -MMU_EINVAL, "one level");
	EXPECT((mmu_caps()->caps & MMU_CAP_VIEWS) ||
	       mmu_vcpu_root(vm.vcpus[0], (struct mmu_role){ .view = 1 }, &root) == -MMU_EINVAL, "another view");
	EXPECT(mmu_root_is_current(vm.vcpus[0]), "nothing has changed");
	vm_check_and_finish(NULL);
}

/* ---- In the gaps of walks ---------------------------------------------------------------------------------- */

/* Of the places where a walk can yield: each on a host, some where there are many and a kernel has little time. */
static uint64_t next_yield(uint64_t n)
{
	return n < 16 || much(0, 1) ? n + 1 : 2 * n;
}

/* The last vCPU lets go of an invalid root while a walk has yielded on it. */
static void let_go(void *unused)
{
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	mmu_reload_roots(vm.mmu);
	vm_enter(0);
	vm_enter(1);
}

static void last_put_in_a_yield(uint64_t seed)
{
	bool yielded = true;

	for (uint64_t n = 1; yielded; n = next_yield(n)) {
		vm_start_smallest(NULL);
		map_some(0);
		sim_work_reset();
		sim_yield_gap(let_go, NULL);
		sim_yield_plan(SIM_YIELD_AT, n);
		vm_munmap(VM_LARGE, VM_SHARED, VM_USER_SMALL);
		yielded = sim_work()->yields;
		sim_yield_plan(SIM_YIELD_NEVER, 0);
		sim_yield_gap(NULL, NULL);
		sim_user_set(VM_USER_LARGE, NULL);
		expect_roots(1, 0);
		vm_check_and_finish(NULL);
	}
}

/* A tree is being taken down, and yields: what it still maps is found by who takes pages away. */
static void take_away(void *unused)
{
	sim_yield_plan(SIM_YIELD_NEVER, 0);
	vm_munmap(VM_LARGE, VM_SMALL, VM_USER_LARGE);
	vm_munmap(VM_SMALL, VM_SHARED, VM_USER_SMALL);
	vm_delete_slot(VM_IN_ROM);
}

static void unmap_reaches_roots_that_are_taken_down(uint64_t seed)
{
	bool yielded = true;

	for (uint64_t n = 1; yielded; n = next_yield(n)) {
		vm_start_smallest(NULL);
		map_some(0);
		renew();
		vm_enter(0);
		sim_work_reset();
		sim_yield_gap(take_away, NULL);
		sim_yield_plan(SIM_YIELD_AT, n);
		vm_enter(1);
		yielded = sim_work()->yields;
		sim_yield_plan(SIM_YIELD_NEVER, 0);
		sim_yield_gap(NULL, NULL);
		expect_roots(1, 0);
		vm_check_and_finish(NULL);
	}
}

/* ---- Every schedule ---------------------------------------------------------------------------------------- */

static void start_with_pages(void *unused)
{
	vm_start_smallest(NULL);
	map_some(0);
}

static void cpu0_enters(void *unused)
{
	explore_doing("cpu 0 enters");
	vm_enter(0);
}

static void cpu1_enters(void *unused)
{
	explore_doing("cpu 1 enters");
	vm_enter(1);
}

static void start_with_new_roots(void *unused)
{
	start_with_pages(NULL);
	mmu_reload_roots(vm.mmu);
}

static void unmap(void *unused)
{
	explore_doing("unmap");
	mmu_unmap(vm.mmu, gpa(VM_SMALL), gpa(VM_SHARED), MMU_MAY_YIELD);
}

static void reload(void *unused)
{
	explore_doing("new roots");
	mmu_reload_roots(vm.mmu);
}

static void expect_one_root(void *unused)
{
	vm_enter(0);
	vm_enter(1);
	expect_roots(1, 0);
	vm_check_and_finish(NULL);
}

static void two_cpus_make_one_root(uint64_t seed)
{
	explore_two(start_with_new_roots, expect_one_root, cpu0_enters, cpu1_enters);
}

static void a_walk_and_the_last_user(uint64_t seed)
{
	explore_closely(start_with_new_roots, expect_one_root, cpu0_enters, unmap);
}

static void new_roots_while_a_cpu_enters(uint64_t seed)
{
	explore_two(start_with_pages, expect_one_root, cpu0_enters, reload);
	explore_two(start_with_new_roots, expect_one_root, cpu0_enters, reload);
}

/* ---- No memory --------------------------------------------------------------------------------------------- */

/* Everything that is made, from nothing; false: it worked. */
static bool create_fails(uint64_t n)
{
	struct mmu_config config = { .gpa_bits = 32 };
	struct mmu_vcpu *vcpu = NULL;
	struct mmu_root root;
	struct mmu *mmu = NULL;
	int error;

	machine_start();
	config.host = sim_host();
	sim_mem_fail(SIM_FAIL_ONCE, n);
	error = mmu_create(&mmu, &config);
	if (!error)
		error = mmu_vcpu_create(&vcpu, mmu);
	else
		mmu = NULL;
	if (!error)
		error = mmu_vcpu_root(vcpu, (struct mmu_role){ 0 }, &root);
	else
		vcpu = NULL;
	EXPECT(!error || (error == -MMU_ENOMEM && sim_work()->failed_allocs), "error %d", error);
	if (vcpu)
		mmu_vcpu_destroy(vcpu);
	if (mmu)
		mmu_destroy(mmu);
	sim_finish();
	return error;
}

static void create_nth_allocation_fails(uint64_t seed)
{
	uint64_t n = 1;

	while (create_fails(n))
		n++;
	EXPECT(n > 3, "an mmu, a vCPU and a root need memory");
}

static const struct check_case cases[] = {
	{ "vcpus_of_one_role_share_a_root", vcpus_of_one_role_share_a_root },
	{ "an_invalid_root_lives_as_long_as_its_users", an_invalid_root_lives_as_long_as_its_users },
	{ "a_fault_on_an_invalid_root_is_tried_again", a_fault_on_an_invalid_root_is_tried_again },
	{ "unmap_reaches_invalid_roots", unmap_reaches_invalid_roots },
	{ "bad_roles_are_refused", bad_roles_are_refused },
	{ "last_put_in_a_yield", last_put_in_a_yield },
	{ "unmap_reaches_roots_that_are_taken_down", unmap_reaches_roots_that_are_taken_down },
	{ "two_cpus_make_one_root", two_cpus_make_one_root },
	{ "a_walk_and_the_last_user", a_walk_and_the_last_user },
	{ "new_roots_while_a_cpu_enters", new_roots_while_a_cpu_enters },
	{ "create_nth_allocation_fails", create_nth_allocation_fails },
};
CHECK_SUITE(suite_roots, "roots", cases);
