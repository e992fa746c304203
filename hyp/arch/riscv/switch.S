/*
 * Into the guest and back, on RISC-V.
 *
 * What has to change hands, register by register:
 *
 *   x1-x31      the guest's; of ours the calling convention lets us keep ra, sp, gp, tp, s0-s11 only
 *   sepc        where sret goes; after the exit, where the guest was
 *   sstatus     SPP: in which mode it was.  FS is left alone: what the registers hold is load.c's knowledge.  The rest
 *               means nothing while V = 1: the guest's own is vsstatus
 *   hstatus     SPV: sret goes to a guest, and not to a user program.  It *stays set* after the exit, so ours goes back
 *   sscratch    0 in the kernel (trap.S); the vCPU's address in the guest, the one thing that is known at the exit
 *   stvec       the way out, below
 *
 * Interrupts: off in the kernel all the way (SIE = 0).  The guest is less privileged, so one that comes ends it, and
 * stays pending, since SIE is 0 again after the trap.
 * Hardware: [RV-PRIV] "Traps", "Trap Return" (of "Hypervisor Extension").
 *
 * CSRs of the guest's own (vsstatus...), hgatp, hedeleg: load.c, vmid.c.
 */
#include "hyp_riscv.h"

/* The frame on the kernel's stack. */
#define FRAME_S       24	/* s0-s11 */
#define FRAME_HSTATUS 120
#define FRAME_SIZE    128

.macro ALL_BUT_A0 op			/* x10 is the vCPU's address; x0 is 0 */
	.irp	n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	x\n, VCPU_X + \n * 8(a0)
	.endr
.endm

.macro KEPT op				/* what a function must keep, but sp */
	\op	ra, 0(sp)
	\op	gp, 8(sp)
	\op	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	\op	s\n, FRAME_S + \n * 8(sp)
	.endr
.endm

	.text
	.globl riscv_vcpu_enter
riscv_vcpu_enter:			/* a0 = struct arch_vcpu; interrupts are off */
	addi	sp, sp, -FRAME_SIZE
	KEPT	sd
	sd	sp, VCPU_HOST_SP(a0)

	ld	t0, VCPU_SSTATUS(a0)	/* the mode: SPP in sstatus, SPVP in hstatus, the same bit */
	li	t1, HSTATUS_SPVP
	and	t0, t0, t1
	csrc	sstatus, t1
	csrs	sstatus, t0
	li	t1, HSTATUS_SPV | HSTATUS_VTW
	csrr	t2, hstatus
	sd	t2, FRAME_HSTATUS(sp)
	or	t2, t2, t1
	or	t2, t2, t0
	csrw	hstatus, t2
	ld	t0, VCPU_PC(a0)
	csrw	sepc, t0
	lla	t0, vcpu_exit
	csrw	stvec, t0
	csrw	sscratch, a0

	ALL_BUT_A0 ld
	ld	a0, VCPU_X + 10 * 8(a0)
vcpu_enter_guest:
	sret

	.balign	4
vcpu_exit:
	csrrw	a0, sscratch, a0
	ALL_BUT_A0 sd
	csrrw	t0, sscratch, zero	/* the guest's a0, and the kernel's sscratch */
	sd	t0, VCPU_X + 10 * 8(a0)
	lla	t0, riscv_trap_entry
	csrw	stvec, t0

	ld	sp, VCPU_HOST_SP(a0)
	ld	t0, FRAME_HSTATUS(sp)
	csrrw	t0, hstatus, t0
	csrr	t1, sepc
	csrr	t2, sstatus
	csrr	t3, scause
	csrr	t4, stval
	csrr	t5, htval
	csrr	t6, htinst
	sd	t0, VCPU_EXIT_HSTATUS(a0)
	sd	t1, VCPU_PC(a0)
	sd	t2, VCPU_SSTATUS(a0)
	sd	t3, VCPU_EXIT_SCAUSE(a0)
	sd	t4, VCPU_EXIT_STVAL(a0)
	sd	t5, VCPU_EXIT_HTVAL(a0)
	sd	t6, VCPU_EXIT_HTINST(a0)

	KEPT	ld
	addi	sp, sp, FRAME_SIZE
	ret
