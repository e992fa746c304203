/*
 * Waiting for user memory to change; the calls are sys_futex_wait and sys_futex_wake.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

/* At boot. */
void futex_init(void);

#endif
