/*
 * Roots of mmu/tdp: why one is not used again, which ones a vCPU remembers.
 */
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/vm.h"
#include "mmu/tdp/tdp_mmu.h"

static uint64_t last_refusal(void)
{
	struct sim_trace_call call;

	for (uint64_t i = 0; sim_trace_call(i, &call); i++)
		if (call.what == HOST_TRACE_ROOT && call.count != TDP_ROOT_FITS)
			return call.count;
	return TDP_ROOT_FITS;
}

/* How many roots were looked at, to be used again or not. */
static int looks(void)
{
	struct sim_trace_call call;
	int count = 0;

	for (uint64_t i = 0; sim_trace_call(i, &call); i++)
		count += call.what == HOST_TRACE_ROOT;
	return count;
}

static void a_refusal_says_why(uint64_t seed)
{
	vm_start_smallest(NULL);
	EXPECT(last_refusal() == TDP_ROOT_FITS, "nothing was refused yet");
	mmu_reload_roots(vm.mmu);
	vm_enter(0);
	EXPECT(last_refusal() == TDP_ROOT_INVALID, "the reason is %d", (int)last_refusal());
	vm_check_and_finish(NULL);
}

/* vCPU 0 goes from level to level and back: each root is made once, and remembered while it is valid. */
static void previous_roots_are_remembered(uint64_t seed)
{
	struct mmu_config config = { .gpa_bits = 32 };
	struct mmu_root first, root;
	struct mmu_vcpu *vcpu;
	struct mmu_stats stats;
	struct mmu *mmu;
	int low, looked;

	vm_start_smallest(NULL);
	low = shape.levels;
	if (low == PT_LEVELS_MAX)
		case_skip("one number of levels");
	config.host = vm.host;
	EXPECT(mmu_create(&mmu, &config) == 0 && mmu_vcpu_create(&vcpu, mmu) == 0, "an mmu");
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low }, &first) == 0, "a root");
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low + 1 }, &root) == 0, "one of more levels");
	EXPECT(root.levels == low + 1 && root.table.raw != first.table.raw, "is another");
	EXPECT(last_refusal() == TDP_ROOT_OTHER_LEVELS, "the reason is %d", (int)last_refusal());
	looked = looks();
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low }, &root) == 0 && looks() == looked,
	       "back without a look");
	EXPECT(root.table.raw == first.table.raw, "to the same");
	mmu_reload_roots(mmu);
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low + 1 }, &root) == 0, "after new roots");
	mmu_stats(mmu, &stats);
	EXPECT(stats.root_count == 1 && stats.invalid_root_count == 0, "no old one is kept: %lu roots, %lu invalid",
	       (unsigned long)stats.root_count, (unsigned long)stats.invalid_root_count);
	mmu_vcpu_destroy(vcpu);
	mmu_destroy(mmu);
	vm_finish();
}

static const struct check_case cases[] = {
	{ "a_refusal_says_why", a_refusal_says_why },
	{ "previous_roots_are_remembered", previous_roots_are_remembered },
};
CHECK_SUITE(suite_roots_tdp, "roots_tdp", cases);
