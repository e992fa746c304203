/*
 * Into the guest and back, on x86-64.
 *
 * What has to change hands, and who does it:
 *
 *   VMRUN, #VMEXIT   rax, rsp, rip, rflags, cs, ss, ds, es, GDTR, IDTR, CR0, CR3, CR4, EFER, DR6, DR7, CPL: to and
 *                    from the VMCB; the kernel's are kept at VM_HSAVE_PA.  CR2, of which the kernel keeps none
 *   VMLOAD, VMSAVE   fs, gs, TR, LDTR with their hidden parts; KERNEL_GS_BASE, STAR, LSTAR, CSTAR, SFMASK, SYSENTER_*
 *   this file        the general registers but rax and rsp
 *   svm.c            floating point
 *   nobody           DR0-3, PAT and all other MSRs: the guest is not let near them
 *
 * Interrupts.  GIF = 0 holds everything back, NMIs too, from CLGI to STGI, while gs and the stack are half changed.
 * IF must be 1 at VMRUN: it is what decides whether an interrupt ends the guest, and with IF = 0 none ever would.  It
 * is 0 again at STGI, so that the interrupt is taken where the caller turns interrupts on.
 * Hardware: [APM2] "VMRUN Instruction", "#VMEXIT", "Global Interrupt Flag, STGI and CLGI Instructions".
 */
#include "hyp_machine.h"

/* The frame on the kernel's stack at VMRUN. */
#define FRAME_VMCB 0
#define FRAME_GPR  8
#define FRAME_HOST 16

	.text
	.globl	x86_vcpu_enter
x86_vcpu_enter:				/* rdi = VMCB, rsi = gpr[], rdx = the kernel's page; IF = 0 */
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	push	%rsi
	push	%rdi

	clgi
	sti
	mov	%rdx, %rax
	vmsave	%rax
	mov	%rdi, %rax
	vmload	%rax

	mov	8 * GPR_RCX(%rsi), %rcx
	mov	8 * GPR_RDX(%rsi), %rdx
	mov	8 * GPR_RBX(%rsi), %rbx
	mov	8 * GPR_RBP(%rsi), %rbp
	mov	8 * GPR_RDI(%rsi), %rdi
	mov	8 * 8(%rsi), %r8
	mov	8 * 9(%rsi), %r9
	mov	8 * 10(%rsi), %r10
	mov	8 * 11(%rsi), %r11
	mov	8 * 12(%rsi), %r12
	mov	8 * 13(%rsi), %r13
	mov	8 * 14(%rsi), %r14
	mov	8 * 15(%rsi), %r15
	mov	8 * GPR_RSI(%rsi), %rsi

vcpu_enter_guest:
	vmrun	%rax			/* rax and rsp are the kernel's again when it is over */
	.globl	x86_behind_vmrun
x86_behind_vmrun:

	push	%rsi
	mov	FRAME_GPR + 8(%rsp), %rsi
	pop	8 * GPR_RSI(%rsi)
	mov	%rcx, 8 * GPR_RCX(%rsi)
	mov	%rdx, 8 * GPR_RDX(%rsi)
	mov	%rbx, 8 * GPR_RBX(%rsi)
	mov	%rbp, 8 * GPR_RBP(%rsi)
	mov	%rdi, 8 * GPR_RDI(%rsi)
	mov	%r8, 8 * 8(%rsi)
	mov	%r9, 8 * 9(%rsi)
	mov	%r10, 8 * 10(%rsi)
	mov	%r11, 8 * 11(%rsi)
	mov	%r12, 8 * 12(%rsi)
	mov	%r13, 8 * 13(%rsi)
	mov	%r14, 8 * 14(%rsi)
	mov	%r15, 8 * 15(%rsi)

	mov	FRAME_VMCB(%rsp), %rax
	vmsave	%rax
	mov	FRAME_HOST(%rsp), %rax
	vmload	%rax
	cli
	stgi

	add	$24, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
