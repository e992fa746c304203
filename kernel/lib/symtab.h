/*
 * The names of the kernel's functions, for backtraces.
 *
 * The build links a table of all functions into the kernel (symtab.awk).
 */
#ifndef KERNEL_LIB_SYMTAB_H
#define KERNEL_LIB_SYMTAB_H

#include "abi/types.h"

/*
 * The function that contains the address, and how many bytes behind its start that is; NULL, and *offset unchanged,
 * for an address outside the kernel's code.
 */
const char *symbol_name(u64 address, u64 *offset);

#endif
