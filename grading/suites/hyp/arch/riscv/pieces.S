/*
 * What the guests of tests run, on RISC-V: guest.h says what each does.  a0 is arg, a1 is result.
 */
	.option	arch, +f, +d

.macro PIECE name
	.balign	4
	.globl	guest_\name
guest_\name:
.endm

	.section .rodata
	.balign	8
	.globl	guest_code
guest_code:

PIECE calls
	addi	a1, a0, 1
	ecall
	j	guest_calls

PIECE changes_registers
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	not	x\n, x\n
	.endr
	ecall

PIECE spins
	addi	a1, a1, 1
	j	guest_spins

PIECE halts
	.option	push
	.option	norvc
	wfi
	.option	pop
	ecall

PIECE reads
	ld	a1, 0(a0)
	ecall

PIECE writes
	sd	a1, 0(a0)
	ecall

PIECE jumps
	jr	a0

PIECE polls
	ld	a1, 0(a0)
	j	guest_polls

PIECE counts
	ld	a1, 0(a0)
	addi	a1, a1, 1
	sd	a1, 0(a0)
	ecall
	j	guest_counts

PIECE swaps_scounteren
	csrrw	a1, scounteren, a0
	li	t0, 0x10		/* CBIE, which OpenSBI may leave 0 in ours */
	csrw	senvcfg, t0
	ecall
	j	guest_swaps_scounteren

PIECE sweeps
	li	t0, 4096
1:	sd	a0, 0(a0)
	add	a0, a0, t0
	addi	a1, a1, -1
	bnez	a1, 1b
	ecall

PIECE asks				/* SBI BASE, get_impl_id; a0 and a1 come back changed */
	mv	s1, a1
	mv	s2, a7
	li	a7, 0x10
1:	li	a6, 1
	ecall
	addi	s1, s1, -1
	bnez	s1, 1b
	mv	a7, s2
	ecall

PIECE keeps_fp
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	addi	t0, a0, \n
	fmv.d.x	f\n, t0
	.endr
1:	addi	a1, a1, -1
	bnez	a1, 1b
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	addi	t0, a0, \n
	fmv.x.d	t1, f\n
	xor	t0, t0, t1
	or	a1, a1, t0
	.endr
	ecall

	.balign	4
	.globl	guest_code_end
guest_code_end:
