/*
 * The small devices: /dev/null, /dev/zero, /dev/random, /dev/trace.
 *
 * null    reads end at once, writes vanish.
 * zero    reads give zeros, writes vanish.
 * random  reads give pseudo-random bytes from a generator (SplitMix64) that is seeded with the time of boot: good for
 *         tests, useless for secrets, and the same in every run under -icount.  A write of a number seeds it.
 * trace   see abi/trace.h.
 */
#ifndef KERNEL_DEV_DEVICES_H
#define KERNEL_DEV_DEVICES_H

/* Register them.  At boot, after trace_init(). */
void devices_init(void);

#endif
