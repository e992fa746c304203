/*
 * For the guest hostile: what arch/<a>/attack.c does to its machine.
 */
#ifndef GUEST_ATTACK_H
#define GUEST_ATTACK_H

#include "abi/types.h"

/* An instruction that nobody should execute, or that is none at all; by a random number. */
void attack_instruction(u64 random);

/* A register that is the machine's, with a random value. */
void attack_register(u64 random);

/* A call of the hypervisor that makes no sense. */
void attack_call(u64 random);

/* Back to addresses without tables of the guest's own. */
void paging_off(void);

#endif
