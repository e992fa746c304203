/*
 * x86-64: what switch.S leaves on a stack, from the stack pointer up.
 */
#ifndef CORO_FRAME_H
#define CORO_FRAME_H

/*
 * rbx rbp r12-r15, the return address, and a word: at a function's first instruction the stack pointer is 8 below a
 * multiple of 16.
 */
#define CORO_FRAME_WORDS  8
#define CORO_FRAME_RETURN 6

#endif
