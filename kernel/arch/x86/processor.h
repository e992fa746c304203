/*
 * This CPU's segments, gates, control registers and model-specific registers.
 */
#ifndef X86_PROCESSOR_H
#define X86_PROCESSOR_H

#include "cpu.h"

/*
 * What every CPU runs with, the same on all.  Whoever adds a bit adds it here before the other CPUs start, and on the
 * boot CPU by processor_load_control().
 */
struct control {
	u64 efer, cr4;
	bool has_svm; /* guests can run, with nested paging; EFER.SVME is set then */
};

extern struct control processor_control;

/* Find out what the boot CPU can do, and fill processor_control.  Once, first of all. */
void processor_detect(void);

/* A leaf's answer: cpuid(), or a test's. */
typedef struct cpuid cpuid_fn(u32 leaf);

/*
 * The width of physical addresses, in bits.  Under a hypervisor only the hint says that the processor's answer is true
 * of this machine; without it, it may be the host's, and only what every processor has is trusted.
 */
u32 processor_address_bits(cpuid_fn *ask);

/* Make cpu, on which this runs, ready for traps, system calls and this_cpu().  Interrupts are off. */
void processor_init(struct cpu *cpu);

/* Write processor_control to the registers of this CPU. */
void processor_load_control(void);

#endif
