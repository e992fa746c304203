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

#include "hyp/arch/hyp_arch.h"

_Static_assert(SSTATUS_SPP == HSTATUS_SPVP, "switch.S copies the bit");

enum {
	CAUSE_GUEST_ECALL = 10,
	CAUSE_VIRTUAL_INSTRUCTION = 22,
	INSN_WFI = 0x10500073,
};

#define HIP_VSSIP (1ull << 2) /* in hvip, hideleg */
#define HIP_VSTIP (1ull << 6)
#define HIP_VSEIP (1ull << 10)

#define TIMECMP_NEVER (~0ull)

#define VCPU_REQUEST_FENCE VCPU_REQUEST_ARCH /* forget what the guest's fences concern */

/* switch.S */
void riscv_vcpu_enter(struct arch_vcpu *vcpu);

/*
 * hlv.S: read two bytes at a guest's virtual address, as its instruction fetch would: 0, or the cause of the trap.
 * Interrupts are off, and the vCPU is loaded *with its root*, by arch_hwid_prepare(): with hgatp = 0 a guest's address
 * would be one of the host.
 */
u64 riscv_hlvx_hu(gva_t at, u16 *value);

/* load.c: this machine compares guests' timers by itself.  Tests change it, while no vCPU is loaded. */
extern bool riscv_guest_sstc;

/* load.c: the vCPU's CSRs, from memory into the hart that it is loaded on; interrupts off. */
void riscv_csrs_write(const struct arch_vcpu *arch);

/*
 * load.c: the registers in memory as after a reset: supervisor mode, no translation, interrupts off.  Floating point,
 * the time and pc stay.
 */
void riscv_vcpu_reset(struct arch_vcpu *arch);

/* vmid.c: find out how many VMIDs there are, and which modes.  Once; leaves hgatp 0. */
void riscv_vmid_init(void);

/*
 * emulate.c: the guest gets an exception, as from its instruction at pc: `cause`, with `value` in stval.  By the vCPU's
 * thread, between vcpu_begin() and vcpu_end().
 */
void riscv_inject(struct vcpu *vcpu, u64 cause, u64 value);

/* hart.c, irq_lock is held: a software interrupt.  Another hart starts this one: false, if it is not stopped. */
void riscv_post_ipi_locked(struct vcpu *vcpu);
bool riscv_start_locked(struct vcpu *vcpu, u64 pc, u64 arg);

/* hart.c: if another hart has started this one, make its registers in memory what they shall be. */
bool riscv_take_start(struct vcpu *vcpu);

/* hart.c, loaded: the guest's timer, in its own time. */
void riscv_timer_set(struct arch_vcpu *arch, u64 ticks);

/* hart.c, not loaded: what sip shows, but for STIP. */
u64 riscv_sip_get(struct vcpu *vcpu);
void riscv_sip_set(struct vcpu *vcpu, u64 sip);

/* sbi.c: the vCPUs that a call is about, of those that exist, as bits: SBI_SUCCESS, or SBI_INVALID_PARAM. */
s64 riscv_hart_set(u64 existing, u64 mask, u64 base, u64 *set);

/* sbi.c: the guest has made the call that its registers say; pc is behind it. */
enum vm_next riscv_sbi_call(struct vcpu *vcpu);

#endif
#endif
