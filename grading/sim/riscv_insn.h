/*
 * mmu/fmt/riscv/tlb.h executes the simulated machine's fences instead of real ones: its PT_INSN_HEADER.
 */
#ifndef SIM_RISCV_INSN_H
#define SIM_RISCV_INSN_H

#include "grading/sim/insn.h"

static inline void insn_hfence_gvma(uint64_t rs1, uint64_t rs2)
{
	sim_hfence_gvma_gpa_vmid(rs1, rs2);
}

static inline void insn_hfence_gvma_vmid(uint64_t rs2)
{
	sim_hfence_gvma_vmid(rs2);
}

static inline void insn_hfence_gvma_all(void)
{
	sim_hfence_gvma_all();
}

static inline void insn_hfence_vvma_all(void)
{
	sim_hfence_vvma_all();
}

#endif
