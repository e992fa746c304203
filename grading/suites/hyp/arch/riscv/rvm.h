/*
 * RISC-V machines for tests: all of hyp/, but for files and the monitor, which is the case itself.
 *
 * The guest has 2 MiB at RVM_RAM, starting with the pieces of rvm.S; the page at RVM_READ_ONLY is in a
 * memslot that cannot be written; else there is nothing.  It runs in supervisor mode without translation.
 *
 * At its end a piece makes a call that the kernel does not do, RVM_EXTENSION: a0-a5 are what it has to say.
 */
#ifndef SUITES_HYP_RVM_H
#define SUITES_HYP_RVM_H

#define RVM_EXTENSION 0x09000001 /* [SBI]: for experiments */

#ifndef __ASSEMBLER__

#include "grading/ktest/ktest.h"
#include "hyp/vm.h"

#define RVM_RAM       0x80000000ull
#define RVM_RAM_SIZE  0x200000ull
#define RVM_DATA      (RVM_RAM + 0x10000)
#define RVM_TABLES    (RVM_RAM + 0x20000)
#define RVM_READ_ONLY 0x90000000ull
#define RVM_DEVICE    0x10000000ull
#define RVM_GPA_BITS  36

/* A machine that ends with the case, with this many vCPUs: 0 runs, the others are stopped.  Or skips the case. */
struct vm *rvm_create(u32 vcpu_count);
struct vm *rvm_create_wide(u32 vcpu_count, u32 gpa_bits);

/* Another page of the monitor's memory. */
void rvm_add_page(struct vm *vm, gpa_t at);

/* Begin at a piece of rvm.S, with these in a0-a7: 0 otherwise. */
struct rvm_args {
	u64 a[8];
};
void rvm_start(struct vcpu *vcpu, const char *piece, const struct rvm_args *args);

/* Run until the exit is for the monitor: which it is. */
u32 rvm_run(struct vcpu *vcpu);

/* Run until the piece has ended, and EXPECT nothing else to come.  What it says in a0 + n. */
void rvm_finish(struct vcpu *vcpu);
u64 rvm_said(const struct vcpu *vcpu, u32 n);

u64 rvm_address(const char *piece);

/* Registers, through the sets of the monitor. */
u64 rvm_reg_get(struct vcpu *vcpu, u32 n);
void rvm_reg_set(struct vcpu *vcpu, u32 n, u64 value);

extern const char rvm_code[], rvm_code_end[];

#endif
#endif
