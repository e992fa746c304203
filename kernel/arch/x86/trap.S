/*
 * Traps in and out, system calls, and the switch between threads.
 *
 * The hardware enters through one of 256 stubs.  From user mode the stack is the thread's kernel stack, empty, so the
 * frame lands at its top, where sched.h's thread_frame() expects it.  gs is swapped on the way from and to user mode
 * and nowhere else.  Hardware: [SDM3] "Exception and Interrupt Handling in 64-bit Mode".
 *
 * Three vectors may come anywhere, even between the two instructions that change stack and gs: NMI, double fault,
 * machine check.  They have stacks of their own and look at the gs base itself to see whose it is.
 */
#include "layout.h"
#include "regs.h"

.macro PUSH_REGISTERS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro POP_REGISTERS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

/* Behind POP_REGISTERS: skip vector and error. */
.macro RETURN_FROM_INTERRUPT
	add	$16, %rsp
	iretq
.endm

/* ---- Stubs --------------------------------------------------------------------------------------------- */

/* Each pushes an error code, if the hardware did not, and its vector: the frame's `error` and `vector`. */
	.text
	.balign	TRAP_STUB_SIZE
	.globl	x86_trap_stubs
x86_trap_stubs:
	.set	vector, 0
	.rept	VECTOR_COUNT
	.balign	TRAP_STUB_SIZE
	.if	(vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) && (vector != 21)
	push	$0
	.endif
	push	$vector
	.if	(vector == VECTOR_NMI) || (vector == VECTOR_DOUBLE_FAULT) || (vector == VECTOR_MACHINE_CHECK)
	jmp	enter_anywhere
	.else
	jmp	enter
	.endif
	.set	vector, vector + 1
	.endr

/* ---- Ordinary traps ------------------------------------------------------------------------------------ */

enter:
	cld
	testb	$3, TF_TAIL_CS(%rsp)
	jz	from_kernel

	swapgs
	PUSH_REGISTERS
	mov	%rsp, %rdi
	xor	%ebp, %ebp			/* backtraces end here */
	call	x86_trap_user
return_to_user:
	cmpl	$VECTOR_SYSCALL, TF_VECTOR(%rsp)
	je	return_from_syscall
	POP_REGISTERS
	swapgs
	RETURN_FROM_INTERRUPT

from_kernel:
	PUSH_REGISTERS
	mov	%rsp, %rdi
	push	TF_RIP(%rsp)			/* a link for backtraces: the interrupted function called us */
	push	%rbp
	mov	%rsp, %rbp
	call	x86_trap_kernel
	add	$16, %rsp
	POP_REGISTERS
	RETURN_FROM_INTERRUPT

/* ---- Traps that come anywhere -------------------------------------------------------------------------- */

/* The kernel's gs base is an address in the upper half; a user program's is not.  rbx remembers which it was. */
enter_anywhere:
	cld
	PUSH_REGISTERS
	mov	%rsp, %rdi
	xor	%ebx, %ebx
	mov	$MSR_GS_BASE, %ecx
	rdmsr
	test	%edx, %edx
	js	1f
	swapgs
	inc	%ebx
1:	push	TF_RIP(%rsp)
	push	%rbp
	mov	%rsp, %rbp
	call	x86_trap_anywhere
	add	$16, %rsp
	test	%ebx, %ebx
	jz	2f
	swapgs
2:	POP_REGISTERS
	RETURN_FROM_INTERRUPT

/* ---- System calls -------------------------------------------------------------------------------------- */

/*
 * Hardware: [SDM2] "SYSCALL", "SYSRET": rcx is rip, r11 is rflags; the stack does not change and is ours to load.
 * MSR_FMASK has turned interrupts off.
 */
	.globl	x86_syscall_entry
x86_syscall_entry:
	swapgs
	mov	%rsp, %gs:CPU_USER_RSP
	mov	%gs:CPU_KERNEL_STACK, %rsp
	push	$SELECTOR_USER_DATA
	push	%gs:CPU_USER_RSP
	push	%r11
	push	$SELECTOR_USER_CODE
	push	%rcx
	push	$0
	push	$VECTOR_SYSCALL
	PUSH_REGISTERS
	mov	%rsp, %rdi
	xor	%ebp, %ebp
	call	x86_trap_user
	jmp	return_to_user

/* x86_trap_user() lets only user addresses pass as rip: with others SYSRET faults in the kernel on some processors. */
return_from_syscall:
	mov	TF_RIP(%rsp), %rcx
	mov	%rcx, TF_RCX(%rsp)
	mov	TF_RFLAGS(%rsp), %r11
	mov	%r11, TF_R11(%rsp)
	POP_REGISTERS
	mov	TF_TAIL_RSP(%rsp), %rsp
	swapgs
	sysretq

/* ---- Threads ------------------------------------------------------------------------------------------- */

	.globl	x86_user_return
x86_user_return:					/* rdi = frame; interrupts are off */
	mov	%rdi, %rsp
	jmp	return_to_user

	.globl	arch_context_switch
arch_context_switch:				/* rdi = from, rsi = to */
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	(%rsi), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

	.globl	x86_first_switch
x86_first_switch:					/* the first switch to a thread returns here: r12(r13) */
	mov	%r13, %rdi
	call	*%r12
	ud2

	.section .note.GNU-stack, "", @progbits
