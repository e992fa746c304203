/*
 * The porting contract of a machine that runs guests: hyp/arch/<a>/ gives what is declared here, and the types in its
 * hyp_machine.h, which is found through the include path:
 *
 *   struct arch_vcpu   a virtual CPU's registers, while they are not in the hardware
 *   struct arch_root   what the machine notes of a root: the IDs that it was given
 *   struct arch_vm     a virtual machine's interrupt controllers and timers, where they are not a vCPU's
 *   ARCH_VM_LINES      inputs of vm_set_line()
 *
 * Words.  A vCPU is *loaded* while a CPU's hardware holds what belongs to it and does not hinder the kernel; the guest
 * *runs* between an entry and the exit that follows.
 */
#ifndef HYP_ARCH_H
#define HYP_ARCH_H

#include "kernel.h"
#include "hyp_machine.h"
#include "abi/vm.h"
#include "mmu/fmt/tdp_fault.h"

struct host_root;
struct mmu_config;
struct vcpu;
struct vm;

/* ---- CPUs ---------------------------------------------------------------------------------------------- */

/* Can this machine run guests?  NULL, or why not. */
const char *arch_hyp_probe(void);

/* Once, before any CPU's: allocates what they need, or panics. */
void arch_hyp_init(void);

/* On each CPU, by smp_call(). */
void arch_hyp_cpu_init(void);

/* ---- World switch -------------------------------------------------------------------------------------- */

/*
 * Make this CPU's hardware the vCPU's, and the kernel's again.  Interrupts are off.  Floating point is off at load and
 * at the end of put, which has saved what was the guest's.
 */
void arch_vcpu_load(struct vcpu *vcpu);
void arch_vcpu_put(struct vcpu *vcpu);

/*
 * Give hardware the vCPU's root, under an ID that nobody else uses, and forget what is remembered wrongly.  Before each
 * entry; interrupts are off from here to the entry, so that no flush is missed (hyp/root.h).
 */
void arch_hwid_prepare(struct vcpu *vcpu);

/* For tests: as if CPUs had so many IDs from now on, at least 2; or ~0u: all that they have. */
void arch_hwid_limit(u32 limit);

/*
 * Run the guest until something ends it: it traps, or an interrupt is pending for this CPU, which stays pending.
 * Interrupts are off, and off on return.
 */
void arch_vcpu_enter(struct vcpu *vcpu);

/* ---- Exits --------------------------------------------------------------------------------------------- */

enum vcpu_exit {
	VCPU_EXIT_AGAIN,  /* handled, or nothing to handle: run on.  vcpu_run() never returns it */
	VCPU_EXIT_CALL,   /* the guest calls its hypervisor; its pc is behind the instruction */
	VCPU_EXIT_FAULT,  /* vcpu->fault: the second stage does not allow an access; its pc is at the instruction */
	VCPU_EXIT_HALT,   /* it waits for an interrupt; its pc is behind the instruction */
	VCPU_EXIT_KICKED, /* vcpu_kick(), or the thread's process is ending */
	VCPU_EXIT_OTHER,  /* the machine's exit record says what */
};

/* Why did the guest leave?  Interrupts on; may sleep. */
enum vcpu_exit arch_vcpu_exit(struct vcpu *vcpu);

/* ---- Life ---------------------------------------------------------------------------------------------- */

/* All registers as after a reset.  -ENOMEM. */
int arch_vcpu_create(struct vcpu *vcpu);
void arch_vcpu_destroy(struct vcpu *vcpu);

/* ---- Machines ------------------------------------------------------------------------------------------ */
/*
 * What follows concerns vCPUs of a machine (hyp/vm.h): vcpu->vm is not NULL.  Unless it says otherwise it is called by
 * the vCPU's thread between vcpu_begin() and vcpu_end(), interrupts on, no lock held, and may sleep.
 */

/* The widest guest-physical addresses that this machine can give to a guest, in bits. */
int arch_gpa_bits_max(void);

/* config->gpa_bits is set: fill in root_bits and levels_fixed. */
void arch_mmu_config(struct mmu_config *config);

/* Any thread, before the first vCPU and after the last.  -ENOMEM. */
int arch_vm_create(struct vm *vm);
void arch_vm_destroy(struct vm *vm);

enum vm_next { VM_NEXT_ENTER, VM_NEXT_HALT, VM_NEXT_MONITOR };

/*
 * The guest left with VCPU_EXIT_CALL or VCPU_EXIT_OTHER.  Do what it asks for, or give it the exception that it would
 * get on a machine of its own (ENTER); HALT: it waits for an interrupt; MONITOR: the run page is filled.
 */
enum vm_next arch_vcpu_handle(struct vcpu *vcpu, enum vcpu_exit exit);

/*
 * vcpu->fault met no memory (MMU_EMULATE; why: enum mmu_why).  Decode the access: ENTER if a device of ours did it, or
 * an exception is pending, or the instruction cannot be read now (the guest will fault on it by itself); MONITOR with
 * VM_EXIT_MMIO; or with VM_FAIL_EMULATE, where the instruction is unknown.
 */
enum vm_next arch_vcpu_emulate(struct vcpu *vcpu, u32 why);

/* Where the guest is.  Loaded or not. */
u64 arch_vcpu_pc(const struct vcpu *vcpu);

/*
 * Use the monitor's answer in the run page, each field read once; clears has_unfinished.  MONITOR: there is more to
 * ask, and the run page is filled.
 */
enum vm_next arch_vcpu_finish(struct vcpu *vcpu);

/* Requests from VCPU_REQUEST_ARCH on. */
void arch_vcpu_serve(struct vcpu *vcpu, u32 requests);

/* vcpu_start_locked() has been called: take the registers that it shall start with. */
void arch_vcpu_started(struct vcpu *vcpu);

/* Before each entry: hardware shall tell the guest of what is pending. */
void arch_vcpu_inject(struct vcpu *vcpu);

/* Is there something pending that ends a halt?  irq_lock is held. */
bool arch_vcpu_wakes_locked(struct vcpu *vcpu);

/* When the guest's timers want attention, ns of arch_clock(), or NO_DEADLINE: if it runs, and if it is halted. */
u64 arch_vcpu_run_deadline(const struct vcpu *vcpu);
u64 arch_vcpu_halt_deadline(const struct vcpu *vcpu);

/* vm_set_line(); irq_lock is held. */
void arch_vm_line_locked(struct vm *vm, u32 line, u32 level);

/*
 * Register sets (enum vm_set).  size: 0: there is none here.  The others get a structure of that size.  set: checks all
 * that hardware does not: -EINVAL, and nothing has changed.  A vCPU's: by a thread that has it alone, not loaded.
 */
u32 arch_vcpu_state_size(u32 set);
void arch_vcpu_state_get(struct vcpu *vcpu, u32 set, void *data);
int arch_vcpu_state_set(struct vcpu *vcpu, u32 set, const void *data);
u32 arch_vm_state_size(u32 set);
void arch_vm_state_get(struct vm *vm, u32 set, void *data);
int arch_vm_state_set(struct vm *vm, u32 set, const void *data);

/* On this CPU, for the vCPU that the thread has loaded: forget what leaves for [start, end) said.  Interrupts off. */
void arch_root_flush_here(struct host_root *root, gpa_t start, gpa_t end);

#endif
