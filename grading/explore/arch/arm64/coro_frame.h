/*
 * arm64: what switch.S leaves on a stack, from the stack pointer up.
 */
#ifndef CORO_FRAME_H
#define CORO_FRAME_H

/* x19-x28, x29, x30, d8-d15. */
#define CORO_FRAME_WORDS  20
#define CORO_FRAME_RETURN 11

#endif
