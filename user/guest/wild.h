/*
 * What the guest wild needs of a machine: arch/<a>/wild.c.
 *
 * A step is a few instructions in memory, called with registers that hold addresses of all kinds.  Whatever becomes of
 * them - a trap, an interrupt, a return - attack() returns, if anything can.
 */
#ifndef GUEST_WILD_H
#define GUEST_WILD_H

#include "abi/types.h"

extern u64 wild_state;

u64 pick(u64 limit);

/* An address: of memory that is in use, of a device, of nothing, or none at all. */
u64 wild_address(void);

/* Our own tables, code and stacks, so that addresses are often theirs. */
u64 arch_own_address(void);

/* Write random instructions at `code`, of at most `room` bytes; and run them. */
void arch_emit(u8 *code, u32 room);
void arch_attack(const u8 *code);

/* Undo what the next step could not live with. */
void arch_mend(void);

/* Write to our own tables, as if by accident. */
void arch_spoil_tables(void);

/* Start, stop, and interrupt other CPUs, which run whatever they find. */
void arch_storm(u64 target);

#endif
