/*
 * What the files of this machine share, and the bits of the CSRs that they use.
 * Hardware: [RV-PRIV] "Hypervisor and Virtual Supervisor CSRs".
 */
#ifndef RISCV_HYP_RISCV_H
#define RISCV_HYP_RISCV_H

#include "hyp_machine.h"

#define HSTATUS_SPV    0x000080 /* the next sret goes to a guest */
#define HSTATUS_SPVP   0x000100 /* the guest's mode, as SSTATUS_SPP; HLV's too */
#define HSTATUS_VTW    0x200000 /* the guest's wfi traps */

#ifndef __ASSEMBLER__

_Static_assert(SSTATUS_SPP == HSTATUS_SPVP, "switch.S copies the bit");

enum {
	CAUSE_GUEST_ECALL = 10,
	CAUSE_VIRTUAL_INSTRUCTION = 22,
	INSN_WFI = 0x10500073,
};

#define HIP_VSSIP (1ull << 2) /* in hvip, hideleg */
#define HIP_VSTIP (1ull << 6)
#define HIP_VSEIP (1ull << 10)

/* hedeleg has the bits of the causes.  Illegal instructions: load.c says when. */
#define HEDELEG_ILLEGAL (1ull << CAUSE_ILLEGAL)

/* switch.S */
void riscv_vcpu_enter(struct arch_vcpu *vcpu);

/*
 * hlv.S: read two bytes at a guest's virtual address, as its instruction fetch would: 0, or the cause of the trap.
 * Interrupts are off, and the vCPU is loaded *with its root*, by arch_hwid_prepare(): with hgatp = 0 a guest's address
 * would be one of the host.
 */
u64 riscv_hlvx_hu(gva_t at, u16 *value);

/* vmid.c: find out how many VMIDs there are.  Once; leaves hgatp 0. */
void riscv_vmid_init(void);

#endif
#endif
