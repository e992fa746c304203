/*
 * General protection faults of user programs.
 */
#ifndef X86_PROTECTION_H
#define X86_PROTECTION_H

#include "abi/types.h"
#include "mmu/pt/addr.h"

/*
 * Is the instruction at pc one that only the kernel may execute?  False if it cannot be read.  May sleep; interrupts
 * are on.
 */
bool protection_is_privileged(hva_t pc);

#endif
