/*
 * What the files of this architecture share with its assembly.
 */
#ifndef X86_X86_H
#define X86_X86_H

#include "kernel.h"
#include "cpu.h"

/* boot.c, ap.c: where boot.S and trampoline.S go on. */
void x86_boot(u64 start_info) __attribute__((noreturn));
void x86_secondary(struct cpu *cpu) __attribute__((noreturn));

/* trap.c, called by trap.S with the frame that it has built. */
void x86_trap_user(struct trapframe *tf);
void x86_trap_kernel(struct trapframe *tf);
void x86_trap_anywhere(struct trapframe *tf);

/* trap.S */
extern char x86_trap_stubs[]; /* VECTOR_COUNT pieces of TRAP_STUB_SIZE bytes */
void x86_syscall_entry(void);
void x86_user_return(struct trapframe *tf) __attribute__((noreturn));
void x86_first_switch(void);

#endif
