/*
 * Traps in and out, and the switch between threads.
 *
 * One entry for all: sscratch is 0 if the trap came from the kernel, this hart's struct cpu if from user mode.
 */
#include "machine.h"

.macro SAVE_REGISTERS			/* all but sp (x2) and tp (x4), which the entry code stores */
	sd	x1, 8(sp)
	sd	x3, 24(sp)
	.irp	n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, \n * 8(sp)
	.endr
.endm

.macro SAVE_CSRS
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, scause
	csrr	t3, stval
	sd	t0, 256(sp)
	sd	t1, 264(sp)
	sd	t2, 272(sp)
	sd	t3, 280(sp)
.endm

.macro RESTORE_REGISTERS		/* all but sp and tp; the caller loads them last */
	ld	t0, 256(sp)
	ld	t1, 264(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	ld	x1, 8(sp)
	ld	x3, 24(sp)
	.irp	n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, \n * 8(sp)
	.endr
.endm

	.text
	.balign 4
	.globl riscv_trap_entry
riscv_trap_entry:
	csrrw	tp, sscratch, tp
	bnez	tp, from_user

from_kernel:
	csrrw	tp, sscratch, zero
	addi	sp, sp, -TRAPFRAME_SIZE
	SAVE_REGISTERS
	addi	t0, sp, TRAPFRAME_SIZE
	sd	t0, 16(sp)
	sd	tp, 32(sp)
	SAVE_CSRS
	mv	a0, sp
	call	riscv_trap_kernel
	/* tp stays: the thread may have moved to another hart. */
	RESTORE_REGISTERS
	ld	sp, 16(sp)
	sret

from_user:
	sd	sp, CPU_USER_SP(tp)
	ld	sp, CPU_KERNEL_STACK(tp)
	addi	sp, sp, -TRAPFRAME_SIZE
	SAVE_REGISTERS
	ld	t0, CPU_USER_SP(tp)
	sd	t0, 16(sp)
	csrrw	t0, sscratch, zero
	sd	t0, 32(sp)
	SAVE_CSRS
	mv	a0, sp
	li	fp, 0			/* backtraces end here */
	call	riscv_trap_user
	mv	a0, sp

	.globl riscv_user_return
riscv_user_return:			/* a0 = trap frame; interrupts are off */
	mv	sp, a0
	csrw	sscratch, tp
	ld	tp, 32(sp)
	RESTORE_REGISTERS
	ld	sp, 16(sp)
	sret

	.globl arch_context_switch
arch_context_switch:			/* a0 = from, a1 = to */
	sd	ra, 0(a0)
	sd	sp, 8(a0)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 16 + \n * 8(a0)
	.endr
	ld	ra, 0(a1)
	ld	sp, 8(a1)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 16 + \n * 8(a1)
	.endr
	ret

	/* A new thread starts here: s1 = function, s2 = its argument. */
	.globl riscv_thread_start
riscv_thread_start:
	mv	a0, s2
	li	fp, 0
	jalr	s1
	unimp

	.macro FP_REGISTERS op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	f\n, \n * 8(a0)
	.endr
	.endm

	.option	arch, +f, +d
	.globl riscv_fp_store
riscv_fp_store:				/* a0 = struct arch_fp */
	FP_REGISTERS fsd
	csrr	t0, fcsr
	sd	t0, 256(a0)
	ret

	.globl riscv_fp_load
riscv_fp_load:
	FP_REGISTERS fld
	ld	t0, 256(a0)
	csrw	fcsr, t0
	ret
