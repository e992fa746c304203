/*
 * Flush instructions: see insn.h.
 */
#include "grading/sim/insn.h"
#include "grading/sim/parts.h"
#include "grading/sim/tlb.h"

#define STAGE2  (SIM_TLB_LEAF | SIM_TLB_TABLE | SIM_TLB_NOTHING)
/* A fence with an address need only order accesses to the last entry of a walk for it. */
#define LAST_ENTRIES (SIM_TLB_LEAF | SIM_TLB_NOTHING)

static int this_cpu;
static enum sim_cpu_feature features;

void sim_insn_cpu(int cpu)
{
	sim_cpu_at(cpu);
	this_cpu = cpu;
}

void sim_insn_features(enum sim_cpu_feature new_features)
{
	features = new_features;
}

bool sim_insn_has(enum sim_cpu_feature feature)
{
	return features & feature;
}

void sim_insn_start(void)
{
	this_cpu = 0;
	features = 0;
}

/* ---- What a flush says ---------------------------------------------------------------------------------- */

static struct sim_tlb_flush everything(unsigned kinds)
{
	return (struct sim_tlb_flush){
		.kinds = kinds,
		.id = SIM_TLB_ANY_ID,
		.asid = SIM_TLB_ANY_ASID,
		.level = SIM_TLB_ANY_LEVEL,
		.start = 0,
		.last = UINT64_MAX,
	};
}

static struct sim_tlb_flush of_byte(unsigned kinds, uint64_t address)
{
	struct sim_tlb_flush flush = everything(kinds);

	flush.start = flush.last = address;
	return flush;
}

/* Upper bits of an ID register that the CPU does not have are ignored. */
static unsigned id_of(uint64_t value)
{
	return value & (((uint64_t)1 << walk_format.id_bits) - 1);
}

static void flush_id(struct sim_tlb_flush flush, uint64_t id)
{
	flush.id = id_of(id);
	sim_tlb_flush(this_cpu, &flush);
}

/* ---- RISC-V, second stage ------------------------------------------------------------------------------- */

void sim_hfence_gvma_all(void)
{
	struct sim_tlb_flush flush = everything(STAGE2);

	sim_tlb_flush(this_cpu, &flush);
}

void sim_hfence_gvma_gpa(uint64_t rs1)
{
	struct sim_tlb_flush flush = of_byte(LAST_ENTRIES, rs1 << 2);

	sim_tlb_flush(this_cpu, &flush);
}

void sim_hfence_gvma_vmid(uint64_t rs2)
{
	flush_id(everything(STAGE2), rs2);
}

void sim_hfence_gvma_gpa_vmid(uint64_t rs1, uint64_t rs2)
{
	flush_id(of_byte(LAST_ENTRIES, rs1 << 2), rs2);
}

/* ---- RISC-V, the guest's own stage ----------------------------------------------------------------------- */

/* Of the VMID that the hart has loaded alone. */
static void flush_stage1(struct sim_tlb_flush flush)
{
	flush.id = sim_cpu_at(this_cpu)->id;
	sim_tlb_flush(this_cpu, &flush);
}

void sim_hfence_vvma_all(void)
{
	flush_stage1(everything(SIM_TLB_STAGE1));
}

void sim_hfence_vvma_gva(uint64_t rs1)
{
	flush_stage1(of_byte(SIM_TLB_STAGE1, rs1));
}

void sim_hfence_vvma_asid(uint64_t rs2)
{
	struct sim_tlb_flush flush = everything(SIM_TLB_STAGE1);

	flush.asid = rs2;
	flush_stage1(flush);
}

void sim_hfence_vvma_gva_asid(uint64_t rs1, uint64_t rs2)
{
	struct sim_tlb_flush flush = of_byte(SIM_TLB_STAGE1, rs1);

	flush.asid = rs2;
	flush_stage1(flush);
}

/* ---- RISC-V, first stage --------------------------------------------------------------------------------- */

/* A tree knows the bits below its width; those above repeat the highest. */
static uint64_t tree_address(uint64_t va)
{
	return va & (((uint64_t)1 << walk_format.ia_bits_max) - 1);
}

void sim_sfence_vma_all(void)
{
	sim_hfence_gvma_all();
}

void sim_sfence_vma_va(uint64_t rs1)
{
	struct sim_tlb_flush flush = of_byte(LAST_ENTRIES, tree_address(rs1));

	sim_tlb_flush(this_cpu, &flush);
}

void sim_sfence_vma_asid(uint64_t rs2)
{
	flush_id(everything(STAGE2), rs2);
}

void sim_sfence_vma_va_asid(uint64_t rs1, uint64_t rs2)
{
	flush_id(of_byte(LAST_ENTRIES, tree_address(rs1)), rs2);
}

/* ---- x86 -------------------------------------------------------------------------------------------------- */

void sim_vmrun_tlb_control(unsigned tlb_control, unsigned asid)
{
	struct sim_tlb_flush all = everything(STAGE2 | SIM_TLB_STAGE1);

	switch (tlb_control) {
	case SIM_TLB_CONTROL_NOTHING: return;
	case SIM_TLB_CONTROL_ALL: sim_tlb_flush(this_cpu, &all); return;
	case SIM_TLB_CONTROL_ASID:
	case SIM_TLB_CONTROL_ASID_NON_GLOBAL:
		if (features & SIM_CPU_FLUSHES_BY_ASID) {
			flush_id(all, asid);
			return;
		}
	}
	sim_fail("cpu %d: VMRUN with TLB_CONTROL %d: this processor has no such value", this_cpu, (int)tlb_control);
}

void sim_invlpga(uint64_t rax, uint32_t ecx)
{
	flush_id(of_byte(SIM_TLB_STAGE1, rax), ecx);
}

/* Of the current PCID; "all entries in all paging-structure caches associated with the current PCID" go too. */
void sim_invlpg(uint64_t va)
{
	unsigned id = sim_cpu_at(this_cpu)->id;

	flush_id(of_byte(SIM_TLB_LEAF, tree_address(va)), id);
	flush_id(everything(SIM_TLB_TABLE), id);
}

void sim_mov_cr3(void)
{
	flush_id(everything(STAGE2), sim_cpu_at(this_cpu)->id);
}
