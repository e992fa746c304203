/*
 * Loads and stores that may fault, in supervisor mode on user pages; grading/ktest/touch.h has the contract.
 *
 * For the one instruction that may fault, stvec points behind it.  SUM stays set until arch_touch_end(): QEMU forgets
 * all translations when it changes, and what the tests look for is one that should have been forgotten.
 */
#define SSTATUS_SIE 2
#define SSTATUS_SUM (1 << 18)

.macro TOUCH_BEGIN			/* t0 = the old sstatus, t1 = the old stvec */
	csrrci	t0, sstatus, SSTATUS_SIE
	li	t2, SSTATUS_SUM
	csrs	sstatus, t2
	csrr	t1, stvec
	lla	t2, 1f
	csrw	stvec, t2
.endm

.macro TOUCH_END
	csrw	stvec, t1
	andi	t0, t0, SSTATUS_SIE
	csrs	sstatus, t0
	ret
.endm

	.text
	.globl arch_touch_read
arch_touch_read:			/* a0 = address, a1 = where the value goes */
	TOUCH_BEGIN
	mv	t3, a0
	li	a0, 0
	ld	t4, 0(t3)
	sd	t4, 0(a1)
	li	a0, 1
	.balign	4
1:	TOUCH_END

	.globl arch_touch_write
arch_touch_write:			/* a0 = address, a1 = value */
	TOUCH_BEGIN
	mv	t3, a0
	li	a0, 0
	sd	a1, 0(t3)
	li	a0, 1
	.balign	4
1:	TOUCH_END

	.globl arch_touch_end
arch_touch_end:
	li	t2, SSTATUS_SUM
	csrc	sstatus, t2
	ret
