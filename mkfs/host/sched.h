/*
 * The part of the kernel's sched.h that the file system needs, for host programs.  Found before the kernel's.
 */
#ifndef HOST_SCHED_H
#define HOST_SCHED_H

#include "lock.h"

#define NO_DEADLINE (~0ull)
#define WAKE_ALL    (~0u)

enum wait_mode { WAIT_UNINTERRUPTIBLE, WAIT_INTERRUPTIBLE };

void waitq_init(struct waitq *q);
int waitq_sleep(struct waitq *q, struct spinlock *lock, enum wait_mode mode, u64 deadline);
u32 waitq_wake(struct waitq *q, u32 count);

#endif
