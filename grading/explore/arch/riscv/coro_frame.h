/*
 * RISC-V: what switch.S leaves on a stack, from the stack pointer up.
 */
#ifndef CORO_FRAME_H
#define CORO_FRAME_H

/* ra, s0-s11, and a word that keeps the stack pointer a multiple of 16. */
#define CORO_FRAME_WORDS  14
#define CORO_FRAME_RETURN 0

#endif
