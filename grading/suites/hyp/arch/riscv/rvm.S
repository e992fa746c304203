/*
 * What the guests of the machines' tests run: rvm.h.
 *
 *   calls       makes the call that a0-a7 are; says a0, a1
 *   tries       does what is at rvm_slot: up to three instructions of full size; says a0, and whatever is in a1-a5
 *   traps       the same, with a handler for its exceptions, which says scause, stval, sepc, sstatus, satp
 *   user_traps  the same, from user mode
 *   walks       the same as traps, with satp = a2 from the moment that it gets to the slot
 *   ticks       a0 times: asks for a timer interrupt a1 ticks from now by a call, and waits; says how many came early,
 *               and how many came
 *   ticks_alone the same with its own stimecmp
 *   ticks_busy  the same as ticks, but it does not wait
 *   sends       a0 times: an interrupt to hart a1, then waits for one; says a0
 *   answers     waits for an interrupt, then sends one to hart a0; for ever
 *   fences      a0 times: a remote fence of all harts; says the last error
 *   fences_ever for ever
 *   starts      starts hart a0 at a1 with argument a2; waits until the word at a3 is not 0; says that, and the error
 *   is_started  what starts: writes its a0, a1 + 1, sstatus and satp to the words behind a1; stops
 *   stops       stops
 *   sleeps      waits for an interrupt in suspension (a6 = 3): says a0, sip
 *   waits       waits with wfi for what sie = a0 lets through; says sip
 */
#include "rvm.h"

#define SBI_TIME   0x54494d45
#define SBI_IPI    0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM    0x48534d

	.option	arch, +f, +d

.macro PIECE name
	.balign	4
	.globl	rvm_\name
rvm_\name:
.endm

.macro SAY
	li	a7, RVM_EXTENSION
	ecall
	j	.
.endm

.macro CALL extension, function
	li	a7, \extension
	li	a6, \function
	ecall
.endm

.macro WAIT_FOR_IPI
91:	wfi
	csrr	t0, sip
	andi	t0, t0, 2
	beqz	t0, 91b
	csrc	sip, t0
.endm

.macro SET_BY_CALL
	CALL	SBI_TIME, 0
.endm

.macro SET_ALONE
	csrw	0x14d, a0		/* stimecmp */
.endm

/* Interrupts are on for one instruction only, so that none comes between the look and the wait. */
.macro TICKS set, wait
	mv	s0, a0
	mv	s1, a1
	li	s2, 0			/* came early */
	li	s3, 0			/* came */
	lla	t0, 93f
	csrw	stvec, t0
	li	t0, 0x20
	csrw	sie, t0
91:	csrr	s4, time
	add	s4, s4, s1
	mv	a0, s4
	\set
	mv	s5, s3
92:	\wait
	csrsi	sstatus, 2		/* here it comes */
	nop
	csrci	sstatus, 2
	beq	s5, s3, 92b
	blt	s3, s0, 91b
	mv	a0, s2
	mv	a1, s3
	SAY
	.balign	4
93:	addi	s3, s3, 1
	csrr	t0, time
	bgeu	t0, s4, 94f
	addi	s2, s2, 1
94:	li	a0, -1
	\set
	sret
.endm

	.section .rodata
	.balign	8
	.globl	rvm_code
rvm_code:

PIECE calls
	ecall
	SAY

PIECE walks
	lla	t0, handler
	csrw	stvec, t0
	csrw	satp, a2
	sfence.vma
	j	rvm_slot

PIECE user_traps
	lla	t0, handler
	csrw	stvec, t0
	lla	t0, rvm_slot
	csrw	sepc, t0
	li	t0, 0x100
	csrc	sstatus, t0
	sret

PIECE traps
	lla	t0, handler
	csrw	stvec, t0
	csrsi	sstatus, 2
PIECE tries
PIECE slot
	.option	push
	.option	norvc
	nop
	nop
	nop
	.option	pop
	SAY
	.balign	4
handler:
	csrr	a0, scause
	csrr	a1, stval
	csrr	a2, sepc
	csrr	a3, sstatus
	csrr	a4, satp
	csrwi	satp, 0
	SAY

PIECE ticks
	TICKS	SET_BY_CALL, wfi

PIECE ticks_alone
	TICKS	SET_ALONE, wfi

PIECE ticks_busy
	TICKS	SET_BY_CALL, nop

PIECE sends
	mv	s0, a0
	mv	s1, a1
	csrwi	sie, 2
1:	li	a0, 1
	mv	a1, s1
	CALL	SBI_IPI, 0
	WAIT_FOR_IPI
	addi	s0, s0, -1
	bnez	s0, 1b
	mv	a0, s0
	SAY

PIECE answers
	mv	s1, a0
	csrwi	sie, 2
1:	WAIT_FOR_IPI
	li	a0, 1
	mv	a1, s1
	CALL	SBI_IPI, 0
	j	1b

PIECE fences
	mv	s0, a0
1:	li	a0, 0
	li	a1, -1
	andi	a6, s0, 1
	li	a7, SBI_RFENCE
	ecall
	addi	s0, s0, -1
	bnez	s0, 1b
	SAY

PIECE fences_ever
1:	li	a0, 0
	li	a1, -1
	CALL	SBI_RFENCE, 1
	j	1b

PIECE starts
	CALL	SBI_HSM, 0
	mv	a1, a0
1:	ld	a0, 0(a3)
	beqz	a0, 1b
	SAY

PIECE is_started
	sd	a0, 8(a1)
	csrr	t0, sstatus
	sd	t0, 16(a1)
	csrr	t0, satp
	sd	t0, 24(a1)
	fence	w, w
	li	t0, 1
	sd	t0, 0(a1)
PIECE stops
	CALL	SBI_HSM, 1
	j	.

PIECE sleeps
	csrwi	sie, 2
	li	a0, 0
	CALL	SBI_HSM, 3
	csrr	a1, sip
	SAY

PIECE waits
	csrw	sie, a0
	wfi
	csrr	a0, sip
	SAY

	.balign	4
	.globl	rvm_code_end
rvm_code_end:
