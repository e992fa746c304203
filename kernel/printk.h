/*
 * The kernel's own printing: what kernel.h does not declare.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "abi/types.h"

/*
 * For panic(): from here on printing goes ahead even if the one who prints at the moment never finishes, because it
 * is this CPU itself or was stopped.
 */
void printk_panic_mode(void);

/* How many messages were printed: the console asks whether the screen has changed behind its back. */
u32 printk_count(void);

#endif
