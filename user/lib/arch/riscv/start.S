/*
 * Where programs and threads begin, RISC-V.
 *
 * The kernel enters a program at _start with sp pointing at argc, argv[0], ..., NULL; it enters a thread at
 * thread_entry with sp at the top of its stack and a0 as thread_create() said.  A zero frame pointer and return
 * address end the chain for debuggers.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	mv	a0, sp
	li	s0, 0
	li	ra, 0
	tail	start_program
	.size	_start, . - _start

	.globl	thread_entry
	.type	thread_entry, @function
thread_entry:
	li	s0, 0
	li	ra, 0
	tail	thread_main
	.size	thread_entry, . - thread_entry

	.section .note.GNU-stack, "", @progbits
