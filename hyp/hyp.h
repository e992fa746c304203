/*
 * The one header through which the kernel sees the hypervisor.
 */
#ifndef HYP_HYP_H
#define HYP_HYP_H

#include "kernel.h"

/* Prepare all CPUs for guests, if this machine can run them.  Once, at boot, when all CPUs run. */
void hyp_init(void);

/* Why guests cannot run here, in words; NULL if they can. */
const char *hyp_missing(void);

/*
 * Atomic: how many guests the emulator has lost since the boot (docs/platform.md, "Guests on x86-64").  Tests look, so
 * that they do not blame the hypervisor for it.
 */
extern u32 hyp_guests_lost;

/*
 * Print what is known of the guests whose vCPUs CPUs have loaded, each line behind `prefix`: where they were, what they
 * faulted at last, and the walk for that.  No lock: for panics, and for tests that hang.
 */
void hyp_explain_guests(const char *prefix);

#endif
