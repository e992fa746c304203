/*
 * Loads and stores that may fault, in ring 0 on user pages; grading/ktest/touch.h has the contract.
 *
 * For the one instruction that may fault, the IDT is one whose only gate, for page faults, leads behind it.  The gate
 * lies on the stack, and r11 points to it: there the fault, which pushes a frame, comes back to.  RFLAGS.AC lifts SMAP.
 *
 *   r11 + 0    the gate          r11 + 16   the new IDT's limit and base      r11 + 32   the old one's
 */
#define RFLAGS_AC      0x40000
#define PAGE_FAULT     14
#define GATE_SIZE      16
#define GATE_INTERRUPT 0x8e00
#define SPACE          48

.macro TOUCH_BEGIN			/* keeps rdi and rsi; eax = 0 */
	pushfq
	cli
	sub	$SPACE, %rsp
	mov	%rsp, %r11
	sidt	32(%r11)

	lea	1f(%rip), %rax
	mov	%ax, 0(%r11)
	mov	%cs, %edx
	mov	%dx, 2(%r11)
	movw	$GATE_INTERRUPT, 4(%r11)
	shr	$16, %rax
	mov	%ax, 6(%r11)
	shr	$16, %rax
	mov	%rax, 8(%r11)

	lea	-PAGE_FAULT * GATE_SIZE(%r11), %rax
	movw	$(PAGE_FAULT + 1) * GATE_SIZE - 1, 16(%r11)
	mov	%rax, 18(%r11)
	lidt	16(%r11)
	pushfq
	orl	$RFLAGS_AC, (%rsp)
	popfq
	xor	%eax, %eax
.endm

.macro TOUCH_END
	mov	%r11, %rsp
	lidt	32(%rsp)
	add	$SPACE, %rsp
	popfq
	ret
.endm

	.text
	.globl	arch_touch_read
arch_touch_read:			/* rdi = address, rsi = where the value goes */
	TOUCH_BEGIN
	mov	(%rdi), %rdx
	mov	%rdx, (%rsi)
	mov	$1, %eax
1:	TOUCH_END

	.globl	arch_touch_write
arch_touch_write:			/* rdi = address, rsi = value */
	TOUCH_BEGIN
	mov	%rsi, (%rdi)
	mov	$1, %eax
1:	TOUCH_END

	.globl	arch_touch_end
arch_touch_end:
	ret

	.section .note.GNU-stack, "", @progbits
