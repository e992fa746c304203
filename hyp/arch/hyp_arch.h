/*
 * The porting contract of a machine that runs guests: hyp/arch/<a>/ gives what is declared here, and the types in its
 * hyp_machine.h, which is found through the include path:
 *
 *   struct arch_vcpu   a virtual CPU's registers, while they are not in the hardware
 *   struct arch_root   what the machine notes of a root: the IDs that it was given
 *
 * Words.  A vCPU is *loaded* while a CPU's hardware holds what belongs to it and does not hinder the kernel; the guest
 * *runs* between an entry and the exit that follows.
 */
#ifndef HYP_ARCH_H
#define HYP_ARCH_H

#include "kernel.h"
#include "hyp_machine.h"
#include "mmu/fmt/tdp_fault.h"

struct vcpu;

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

#endif
