/*
 * Roots of mmu/tdp: why one is not used again, which ones a vCPU remembers, what it does
 * without one; what is a bug; and what is not.
 */
#include "grading/explore/attempt.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/vm.h"
#include "mmu/tdp/tdp_mmu.h"

static bool contains(const char *text, const char *part)
{
	int i = 0;

	for (; *text && part[i]; text++)
		i = *text == part[i] ? i + 1 : *text == part[0];
	return !part[i];
}

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
	EXPECT(last_refusal() == TDP_ROOT_FITS, "[ROOT-REFUSAL] did enter with one root | got a refusal");
	mmu_reload_roots(vm.mmu);
	vm_enter(0);
	EXPECT(last_refusal() == TDP_ROOT_INVALID, "[ROOT-REFUSAL] did look for a root | got reason %d",
	       (int)last_refusal());
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
	EXPECT(root.levels == low + 1 && root.table.raw != first.table.raw,
	       "[ROOT-REFUSAL] did ask for a root of more levels | got the one of fewer");
	EXPECT(last_refusal() == TDP_ROOT_OTHER_LEVELS, "[ROOT-REFUSAL] did look for a root | got reason %d",
	       (int)last_refusal());
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ 0 }, &root) == 0 && root.levels == low,
	       "[ROOT-REFUSAL] did ask for a root of any levels after one of %d | got %d | expected the fewest, %d",
	       low + 1, root.levels, low);
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low + 1 }, &root) == 0, "forth again");
	looked = looks();
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low }, &root) == 0 && looks() == looked,
	       "back without a look");
	EXPECT(root.table.raw == first.table.raw,
	       "[ROOT-NOT-SHARED] did go back to the levels of before | got another root");
	mmu_reload_roots(mmu);
	EXPECT(mmu_vcpu_root(vcpu, (struct mmu_role){ .levels = low + 1 }, &root) == 0, "after new roots");
	mmu_stats(mmu, &stats);
	EXPECT(stats.root_count == 1 && stats.invalid_root_count == 0, "no old one is kept: %lu roots, %lu invalid",
	       (unsigned long)stats.root_count, (unsigned long)stats.invalid_root_count);
	mmu_vcpu_destroy(vcpu);
	mmu_destroy(mmu);
	vm_finish();
}

/* ---- Before a root, after the end -------------------------------------------------------------------------- */

/* What a vCPU asks before it has a root. */
static void a_vcpu_without_a_root_maps_nothing(uint64_t seed)
{
	struct tdp_fault fault = { .gpa = gpa(VM_SMALL), .access = TDP_ACCESS_READ };
	char line[MMU_LINE_MAX] = "x";
	struct mmu_answer answer;
	struct mmu_vcpu *vcpu;

	vm_start_smallest(NULL);
	EXPECT(mmu_vcpu_create(&vcpu, vm.mmu) == 0, "a vCPU");
	mmu_describe(vcpu, gpa(VM_SMALL), line);
	EXPECT(line[0] == 0, "it has no entry: %s", line);
	mmu_fault(vcpu, &fault, &answer);
	EXPECT(answer.outcome == MMU_RETRY && vm_stats().leaf_count[0] == 0, "the outcome is %d", answer.outcome);
	mmu_vcpu_destroy(vcpu);
	vm_check_and_finish(NULL);
}

static void destroy(void *unused)
{
	mmu_destroy(vm.mmu);
}

static void a_vcpu_that_is_left_is_a_bug(uint64_t seed)
{
	const char *text;

	vm_start_smallest(NULL);
	vm_must(0, VM_SMALL, WALK_READ);
	text = attempt(destroy, NULL);
	EXPECT(text && contains(text, "a root outlives its mmu"), "what is said is %s", text);
}

static void take(void *unused)
{
	struct tdp_cache none = { .count = 0 };

	tdp_cache_take(&none, sim_host());
}

static void a_table_too_many_is_a_bug(uint64_t seed)
{
	const char *text;

	vm_start_smallest(NULL);
	text = attempt(take, NULL);
	EXPECT(text && contains(text, "the MMU stops"),
	       "[CACHE-EMPTY] did tdp_cache_take of no table | got %s | expected host_bug()", text ? text : "a table");
	vm_finish();
}

/* ---- The checker ------------------------------------------------------------------------------------------- */

static int rule(void)
{
	char line[MMU_LINE_MAX];

	return mmu_check(vm.mmu, line);
}

/* With two roots: the first one that is wrong is told. */
static void check_finds_wrong_counts(uint64_t seed)
{
	struct tdp_root *first;

	vm_start_smallest(NULL);
	mmu_reload_roots(vm.mmu);
	vm_enter(0);
	first = vm.mmu->roots;
	EXPECT(first && first->next, "CPU 1 keeps the old root");
	first->is_own = !first->is_own;
	EXPECT(rule() == 104, "a root without its reference: rule %d", rule());
	first->next->table_count++;
	EXPECT(rule() == 104, "the first is told: rule %d", rule());
	first->is_own = !first->is_own;
	EXPECT(rule() == 100, "a table too many: rule %d", rule());
	first->next->table_count--;
	EXPECT(rule() == 0, "all is well: rule %d", rule());
	vm_check_and_finish(NULL);
}

static void check_finds_a_leaf_beyond_the_width(uint64_t seed)
{
	int bits;

	vm_start_smallest(NULL);
	vm_must(0, VM_SMALL, WALK_READ);
	bits = vm.mmu->config.gpa_bits;
	vm.mmu->config.gpa_bits = PT_PAGE_SHIFT;
	EXPECT(rule() == 101, "a leaf beyond the width: rule %d", rule());
	vm.mmu->config.gpa_bits = bits;
	vm_check_and_finish(NULL);
}

static pte_t *slot_of(uint64_t at)
{
	pte_t *slot = NULL;
	struct pt_iter it;

	pt_for_each(&it, &vm.mmu->roots->pt, ia(at), ia(at + VM_PAGE), 0)
		slot = it.entry.slot;
	return slot;
}

/* Another CPU has frozen the entry, and waits for a flush as long as it takes. */
static void a_frozen_entry_spends_nothing(uint64_t seed)
{
	uint64_t at = VM_SMALL + VM_PAGE;
	struct mmu_answer answer;

	vm_start_smallest(NULL);
	vm_must(0, VM_SMALL, WALK_READ);
	pt_write_xchg(slot_of(at), pte_make_frozen());
	for (int i = 0; i < 4 * MMU_BUDGET; i++)
		EXPECT(vm_fault(0, at, WALK_READ, &answer) == MMU_RETRY, "fault %d: outcome %d, error %d", i,
		       answer.outcome, answer.error);
	pt_write_xchg(slot_of(at), pte_make_empty());
	vm_must(0, at, WALK_READ);
	vm_check_and_finish(NULL);
}

static const struct check_case cases[] = {
	{ "a_frozen_entry_spends_nothing", a_frozen_entry_spends_nothing },
	{ "check_finds_a_leaf_beyond_the_width", check_finds_a_leaf_beyond_the_width },
	{ "a_vcpu_without_a_root_maps_nothing", a_vcpu_without_a_root_maps_nothing },
	{ "a_vcpu_that_is_left_is_a_bug", a_vcpu_that_is_left_is_a_bug },
	{ "a_table_too_many_is_a_bug", a_table_too_many_is_a_bug },
	{ "check_finds_wrong_counts", check_finds_wrong_counts },
	{ "a_refusal_says_why", a_refusal_says_why },
	{ "previous_roots_are_remembered", previous_roots_are_remembered },
};
CHECK_SUITE(suite_roots_tdp, "roots_tdp", cases);
