/*
 * Where programs and threads begin, x86-64.
 *
 * The kernel enters a program at _start with rsp pointing at argc, argv[0], ..., NULL; it enters a thread at
 * thread_entry with rsp at the top of its stack and rdi as thread_create() said.  Both stack pointers are 16-aligned,
 * as the C calling convention wants them before a call.  A zero frame pointer ends the chain for debuggers.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	call	start_program
	ud2
	.size	_start, . - _start

	.globl	thread_entry
	.type	thread_entry, @function
thread_entry:
	xorl	%ebp, %ebp
	call	thread_main
	ud2
	.size	thread_entry, . - thread_entry

	.section .note.GNU-stack, "", @progbits
