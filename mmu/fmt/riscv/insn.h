/*
 * riscv: the fence instructions, and nothing else.  The simulated machine has its own (PT_INSN_HEADER, tlb.h).
 *
 * Hardware: [RV-PRIV] "Hypervisor Memory-Management Fence Instructions".  Register x0 as an operand means "all"; a
 * register that holds 0 means 0.  An operand "r" is never x0.
 *
 * Written as numbers, because assemblers know the names only when they are told of the H extension.
 */
#ifndef RISCV_INSN_H
#define RISCV_INSN_H

#include <stdint.h>

/* HFENCE.GVMA rs1, rs2: rs1 is a guest-physical address, shifted right by 2; rs2 a VMID. */
static inline void insn_hfence_gvma(uint64_t rs1, uint64_t rs2)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1" : : "r"(rs1), "r"(rs2) : "memory");
}

/* HFENCE.GVMA x0, rs2 */
static inline void insn_hfence_gvma_vmid(uint64_t rs2)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" : : "r"(rs2) : "memory");
}

/* HFENCE.GVMA x0, x0 */
static inline void insn_hfence_gvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

/* HFENCE.VVMA x0, x0: for the VMID that hgatp has now. */
static inline void insn_hfence_vvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

#endif
