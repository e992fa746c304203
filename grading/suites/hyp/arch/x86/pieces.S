/*
 * What the guests of tests run, on x86-64: guest.h says what each does.  rdi is arg, rsi is result.
 */
.macro PIECE name
	.balign	16
	.globl	guest_\name
guest_\name:
.endm

	.section .rodata
	.balign	16
	.globl	guest_code
guest_code:

PIECE calls
	lea	1(%rdi), %rsi
	vmmcall
	jmp	guest_calls

PIECE changes_registers
	.irp	r, rax,rcx,rdx,rbx,rsp,rbp,rsi,rdi,r8,r9,r10,r11,r12,r13,r14,r15
	not	%\r
	.endr
	vmmcall

PIECE spins
	inc	%rsi
	jmp	guest_spins

PIECE halts
	hlt
	vmmcall

PIECE reads
	mov	(%rdi), %rsi
	vmmcall

PIECE writes
	mov	%rsi, (%rdi)
	vmmcall

PIECE jumps
	jmp	*%rdi

PIECE polls
	mov	(%rdi), %rsi
	jmp	guest_polls

PIECE counts
	incq	(%rdi)
	vmmcall
	jmp	guest_counts

PIECE sweeps
1:	mov	%rdi, (%rdi)
	add	$4096, %rdi
	dec	%rsi
	jnz	1b
	vmmcall

PIECE asks
1:	mov	$0x40000000, %eax
	cpuid
	dec	%rsi
	jnz	1b
	vmmcall

PIECE keeps_fp
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	lea	\n(%rdi), %rax
	movq	%rax, %xmm\n
	.endr
1:	dec	%rsi
	jnz	1b
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	lea	\n(%rdi), %rax
	movq	%xmm\n, %rcx
	xor	%rcx, %rax
	or	%rax, %rsi
	.endr
	vmmcall

	.balign	16
	.globl	guest_code_end
guest_code_end:

	.section .note.GNU-stack, "", @progbits
