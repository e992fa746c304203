/*
 * x86-64: void coro_switch_stack(void **save, void *load)
 *
 * The registers that a function must keep go on the old stack and come from the new one.  coro_frame.h has the layout.
 */
#define NAME2(prefix, name) prefix##name
#define NAME1(prefix, name) NAME2(prefix, name)
#define NAME(name)          NAME1(__USER_LABEL_PREFIX__, name)

	.text
	.globl	NAME(coro_switch_stack)
NAME(coro_switch_stack):
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbp
	push	%rbx
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%rbx
	pop	%rbp
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	ret

#ifdef __ELF__
	.section .note.GNU-stack, "", %progbits
#endif
