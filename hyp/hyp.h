/*
 * The one header through which the kernel sees the hypervisor.
 */
#ifndef HYP_HYP_H
#define HYP_HYP_H

/* Prepare all CPUs for guests, if this machine can run them.  Once, at boot, when all CPUs run. */
void hyp_init(void);

/* Why guests cannot run here, in words; NULL if they can. */
const char *hyp_missing(void);

#endif
