/*
 * User memory from the kernel: of the current process, by walking its tables, so a bad address is an error and never a
 * trap, and memory that the monitor gave to a guest alone cannot be reached.
 *
 * Faults pages in as a user access would.  May sleep; takes the address space's lock for reading (RANK_ASPACE).
 * On an error some bytes may have been copied.
 */
#ifndef KERNEL_MM_UACCESS_H
#define KERNEL_MM_UACCESS_H

#include "kernel.h"
#include "mmu/pt/addr.h"

/* 0, -EFAULT or -ENOMEM. */
int copy_in(void *to, hva_t from, size_t size);
int copy_out(hva_t to, const void *from, size_t size);

/* The length without its zero; -EFAULT, -ENOMEM, or -ENAMETOOLONG if there is no zero in the first `size` bytes. */
s64 copy_in_string(char *to, hva_t from, size_t size);

#endif
