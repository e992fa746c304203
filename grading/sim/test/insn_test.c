/*
 * Flush instructions: what each takes, and what it leaves.  They act on the same model whatever the format is.
 */
#include "grading/sim/test/test.h"

static int remembered(unsigned kinds)
{
	int count, found = 0;
	const struct sim_tlb_entry *entries = sim_tlb_entries(0, &count);

	for (int i = 0; i < count; i++)
		found += !!(entries[i].kind & kinds);
	return found;
}

static const struct sim_stage1 near = { .asid = 7, .from = { 0x400000 }, .to = { HERE } };
static const struct sim_stage1 far = { .asid = 8, .from = { 0x400000 }, .to = { HERE + PAGE } };

/* CPU 0 knows two pages, the tables on the way, and where two programs have them. */
static void learn(void)
{
	map(HERE, 0, THERE, WALK_READ);
	map(HERE + PAGE, 0, THERE, WALK_READ);
	CHECK(sim_guest_virtual(0, &near, WALK_READ).fault == WALK_OK);
	CHECK(sim_guest_virtual(0, &far, WALK_READ).fault == WALK_OK);
	CHECK(remembered(SIM_TLB_LEAF) == 2 && remembered(SIM_TLB_TABLE) == scene.levels - 1 &&
	      remembered(SIM_TLB_STAGE1) == 2);
}

#define KNOWS(leaves, tables, stage1)                                                              \
	CHECK(remembered(SIM_TLB_LEAF) == (leaves) && remembered(SIM_TLB_TABLE) == (tables) &&     \
	      remembered(SIM_TLB_STAGE1) == (stage1))

static void hfence_gvma_takes_the_second_stage(void)
{
	learn();
	sim_hfence_gvma_all();
	KNOWS(0, 0, 2);
}

static void hfence_gvma_takes_a_quarter_of_the_address(void)
{
	learn();
	sim_hfence_gvma_gpa(HERE >> 2);
	KNOWS(1, scene.levels - 1, 2);
	CHECK(sim_guest(0, ia(HERE + PAGE), WALK_READ).cached);
}

static void hfence_gvma_with_the_address_itself_misses(void)
{
	learn();
	sim_hfence_gvma_gpa(HERE);
	sim_hfence_gvma_gpa_vmid(HERE, 1);
	KNOWS(2, scene.levels - 1, 2);
	store_at(HERE, 0, word_empty());
	CHECK(stale_says("remembers 0x12345000"));
}

static void hfence_gvma_with_an_address_leaves_tables(void)
{
	learn();
	store_at(HERE, 1, word_empty());
	sim_hfence_gvma_gpa(HERE >> 2);
	sim_hfence_gvma_gpa((HERE + PAGE) >> 2);
	CHECK(stale_says("leads to the table"));
	sim_hfence_gvma_vmid(1);
	CHECK(sim_stale() == NULL);
}

static void hfence_gvma_with_a_vmid_takes_that_alone(void)
{
	learn();
	sim_hfence_gvma_vmid(2);
	sim_hfence_gvma_gpa_vmid(HERE >> 2, 2);
	KNOWS(2, scene.levels - 1, 2);
	sim_hfence_gvma_gpa_vmid(HERE >> 2, 1);
	KNOWS(1, scene.levels - 1, 2);
	sim_hfence_gvma_vmid(1);
	KNOWS(0, 0, 2);
}

static void hfence_vvma_takes_the_first_stage_of_the_loaded_vmid(void)
{
	learn();
	sim_hfence_vvma_asid(7);
	KNOWS(2, scene.levels - 1, 1);
	sim_hfence_vvma_gva_asid(0x400000, 9);
	sim_hfence_vvma_gva(0x500000);
	KNOWS(2, scene.levels - 1, 1);
	sim_cpu_enter(0, scene.root, 2);
	sim_hfence_vvma_all();
	KNOWS(2, scene.levels - 1, 1);
	sim_cpu_enter(0, scene.root, 1);
	sim_hfence_vvma_gva(0x400123);
	KNOWS(2, scene.levels - 1, 0);
}

/* Another vCPU under the same VMID and ASID: without a fence it uses its neighbour's translations. */
static void first_stage_of_another_vcpu_is_used(void)
{
	struct sim_stage1 other = near;

	learn();
	other.to = gpa(HERE + 5 * PAGE);
	CHECK(sim_guest_virtual(0, &other, WALK_READ).fault == WALK_OK);
	sim_hfence_vvma_all();
	CHECK(sim_guest_virtual(0, &other, WALK_READ).fault == WALK_NOT_MAPPED);
}

static void sfence_vma_is_by_asid_and_address(void)
{
	learn();
	sim_sfence_vma_va_asid(HERE, 2);
	sim_sfence_vma_asid(2);
	KNOWS(2, scene.levels - 1, 2);
	sim_sfence_vma_va(HERE);
	KNOWS(1, scene.levels - 1, 2);
	sim_sfence_vma_va_asid(HERE + PAGE, 1);
	KNOWS(0, scene.levels - 1, 2);
	sim_sfence_vma_asid(1);
	KNOWS(0, 0, 2);
}

static void vmrun_takes_what_tlb_control_says(void)
{
	learn();
	sim_vmrun_tlb_control(SIM_TLB_CONTROL_NOTHING, 1);
	KNOWS(2, scene.levels - 1, 2);
	sim_insn_features(SIM_CPU_FLUSHES_BY_ASID);
	sim_vmrun_tlb_control(SIM_TLB_CONTROL_ASID, 2);
	KNOWS(2, scene.levels - 1, 2);
	sim_vmrun_tlb_control(SIM_TLB_CONTROL_ASID, 1);
	KNOWS(0, 0, 0);
	learn();
	sim_vmrun_tlb_control(SIM_TLB_CONTROL_ALL, 2);
	KNOWS(0, 0, 0);
}

static void vmrun_cannot_flush_by_asid(void)
{
	sim_vmrun_tlb_control(SIM_TLB_CONTROL_ASID, 1);
}

/* A guest-physical address in INVLPGA does nothing for the nested tables. */
static void invlpga_takes_a_virtual_address(void)
{
	learn();
	sim_invlpga(HERE, 1);
	sim_invlpga(0x400000, 2);
	KNOWS(2, scene.levels - 1, 2);
	sim_invlpga(0x400000, 1);
	KNOWS(2, scene.levels - 1, 0);
}

static void invlpg_takes_the_page_and_all_tables(void)
{
	learn();
	sim_invlpg(HERE);
	KNOWS(1, 0, 2);
	sim_mov_cr3();
	KNOWS(0, 0, 2);
}

/* host_flush() by the format's own verbs does what was asked for. */
static void verbs_forget_enough(void)
{
	sim_flush_by(sim_flush_verbs);
	map(HERE, 0, THERE, WALK_READ);
	touch(0, HERE, WALK_READ);
	touch(1, HERE, WALK_READ);
	store_at(HERE, 0, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_LEAVES);
	CHECK(sim_stale() == NULL);
	store_at(HERE, 1, word_empty());
	flush(HERE, PAGE, HOST_FLUSH_ALL);
	CHECK(sim_stale() == NULL);
}

static void verbs_by_asid_forget_enough(void)
{
	sim_insn_features(SIM_CPU_FLUSHES_BY_ASID);
	verbs_forget_enough();
}

static void only_the_executing_cpu_is_flushed(void)
{
	learn();
	sim_insn_cpu(1);
	sim_hfence_gvma_all();
	sim_vmrun_tlb_control(SIM_TLB_CONTROL_ALL, 1);
	KNOWS(2, scene.levels - 1, 2);
}

static const struct test_case cases[] = {
	CASE(hfence_gvma_takes_the_second_stage),
	CASE(hfence_gvma_takes_a_quarter_of_the_address),
	CASE(hfence_gvma_with_the_address_itself_misses),
	CASE(hfence_gvma_with_an_address_leaves_tables),
	CASE(hfence_gvma_with_a_vmid_takes_that_alone),
	CASE(hfence_vvma_takes_the_first_stage_of_the_loaded_vmid),
	CASE(first_stage_of_another_vcpu_is_used),
	CASE(sfence_vma_is_by_asid_and_address),
	CASE(vmrun_takes_what_tlb_control_says),
	CASE(vmrun_cannot_flush_by_asid, "this processor has no such value"),
	CASE(invlpga_takes_a_virtual_address),
	CASE(invlpg_takes_the_page_and_all_tables),
	CASE(verbs_forget_enough),
	CASE(verbs_by_asid_forget_enough),
	CASE(only_the_executing_cpu_is_flushed),
};
SUITE(suite_insn, cases);
