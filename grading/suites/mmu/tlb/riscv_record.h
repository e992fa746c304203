/*
 * In place of mmu/fmt/riscv/insn.h: writes down what would be executed.
 */
#ifndef RISCV_RECORD_H
#define RISCV_RECORD_H

#include <stdint.h>

enum fence { FENCE_GPA, FENCE_VMID, FENCE_ALL, FENCE_VS_ALL };

#define FENCES_MAX 128

static struct {
	enum fence what;
	uint64_t rs1, rs2;
} fences[FENCES_MAX];
static int fence_count;

static inline void fence_add(enum fence what, uint64_t rs1, uint64_t rs2)
{
	int i = fence_count++ % FENCES_MAX;

	fences[i].what = what;
	fences[i].rs1 = rs1;
	fences[i].rs2 = rs2;
}

static inline void insn_hfence_gvma(uint64_t rs1, uint64_t rs2)
{
	fence_add(FENCE_GPA, rs1, rs2);
}

static inline void insn_hfence_gvma_vmid(uint64_t rs2)
{
	fence_add(FENCE_VMID, 0, rs2);
}

static inline void insn_hfence_gvma_all(void)
{
	fence_add(FENCE_ALL, 0, 0);
}

static inline void insn_hfence_vvma_all(void)
{
	fence_add(FENCE_VS_ALL, 0, 0);
}

#endif
