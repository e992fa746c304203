/*
 * host_flush() by the verbs of the format's tlb.h, where it has one.
 */
#include "grading/sim/insn.h"
#include "grading/sim/sim_host.h"

#if defined(RISCV_GEOMETRY_H)
#define PT_INSN_HEADER "grading/sim/riscv_insn.h"
#include "mmu/fmt/riscv/tlb.h"

void sim_flush_verbs(int cpu, unsigned id, const struct sim_flush_call *call)
{
	struct tlb_tag tag = { .vmid = id };

	sim_insn_cpu(cpu);
	if (call->what == HOST_FLUSH_ALL)
		tlb_flush_tag(&tag);
	else
		tlb_flush_leaves(&tag, call->start, call->end);
}

#elif defined(NPT_GEOMETRY_H)
#include "mmu/fmt/npt/tlb.h"

/* The verb leaves a note, which the next VMRUN obeys: here, at once. */
void sim_flush_verbs(int cpu, unsigned id, const struct sim_flush_call *call)
{
	uint8_t control = SVM_TLB_KEEP;
	struct tlb_tag tag = { &control, sim_insn_has(SIM_CPU_FLUSHES_BY_ASID) ? SVM_TLB_OWN : SVM_TLB_ALL };

	sim_insn_cpu(cpu);
	if (call->what == HOST_FLUSH_ALL)
		tlb_flush_tag(&tag);
	else
		tlb_flush_leaves(&tag, call->start, call->end);
	sim_vmrun_tlb_control(control, id);
}

#else

void sim_flush_verbs(int cpu, unsigned id, const struct sim_flush_call *call)
{
	sim_flush_range(cpu, id, call);
}

#endif
