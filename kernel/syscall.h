/*
 * System calls: one function a call, sys_<name>, in the file of its topic.  arg[] are the six arguments as the user
 * passed them, unchecked.  The answer is a count or 0, or a negative errno.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "kernel.h"
#include "abi/syscall.h"
#include "mm/uaccess.h"

#define X(number, name) s64 sys_##name(const u64 arg[6]);
SYSCALL_LIST(X)
#undef X

/* Carry out the call that the trap frame asks for.  Interrupts on. */
struct trapframe;
s64 syscall_dispatch(struct trapframe *tf);

#endif
