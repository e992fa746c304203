/*
 * Flush instructions, decoded as the ISA does.  A format's tlb.h, compiled for the simulated machine, calls these
 * instead of executing the real ones; operands are what would be in the registers.
 *
 * An operand in the wrong unit, too narrow a form or the wrong ID leaves entries behind, and stale.c finds them.
 *
 * They are executed by the CPU that sim_insn_cpu() named last.
 */
#ifndef SIM_INSN_H
#define SIM_INSN_H

#include "grading/sim/sim.h"

void sim_insn_cpu(int cpu);

/* What CPUs have beyond the minimum; nothing to begin with. */
enum sim_cpu_feature { SIM_CPU_FLUSHES_BY_ASID = 1 };
void sim_insn_features(enum sim_cpu_feature features);
bool sim_insn_has(enum sim_cpu_feature feature);

/* ---- RISC-V --------------------------------------------------------------------------------------------- */

/*
 * Hardware: [RV-PRIV] "Hypervisor Memory-Management Fence Instructions".  x0 and a register that holds 0 are different
 * operands, so each combination has its name.  hfence.gvma takes gpa >> 2 in rs1, hfence.vvma a gva.
 */
void sim_hfence_gvma_all(void);                            /* x0, x0 */
void sim_hfence_gvma_gpa(uint64_t rs1);                    /* rs1, x0 */
void sim_hfence_gvma_vmid(uint64_t rs2);                   /* x0, rs2 */
void sim_hfence_gvma_gpa_vmid(uint64_t rs1, uint64_t rs2); /* rs1, rs2 */

void sim_hfence_vvma_all(void);
void sim_hfence_vvma_gva(uint64_t rs1);
void sim_hfence_vvma_asid(uint64_t rs2);
void sim_hfence_vvma_gva_asid(uint64_t rs1, uint64_t rs2);

/* Hardware: [RV-PRIV] "Supervisor Memory-Management Fence Instruction". */
void sim_sfence_vma_all(void);
void sim_sfence_vma_va(uint64_t rs1);
void sim_sfence_vma_asid(uint64_t rs2);
void sim_sfence_vma_va_asid(uint64_t rs1, uint64_t rs2);

/* ---- x86 ------------------------------------------------------------------------------------------------ */

enum {
	SIM_TLB_CONTROL_NOTHING = 0,
	SIM_TLB_CONTROL_ALL = 1,
	SIM_TLB_CONTROL_ASID = 3,
	SIM_TLB_CONTROL_ASID_NON_GLOBAL = 7,
};

/*
 * VMRUN with these fields in the VMCB.  Hardware: [APM2] "TLB Control".  Values 3 and 7 need SIM_CPU_FLUSHES_BY_ASID;
 * otherwise they fail.
 */
void sim_vmrun_tlb_control(unsigned tlb_control, unsigned asid);

/* Hardware: [APM2] "Invalidate Page, Alternate ASID".  The address is a guest's *virtual* one. */
void sim_invlpga(uint64_t rax, uint32_t ecx);

/* Hardware: [SDM3] "Invalidation of TLBs and Paging-Structure Caches". */
void sim_invlpg(uint64_t va);
void sim_mov_cr3(void);

#endif
