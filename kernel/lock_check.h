/*
 * The order check behind all locks; nothing without DEBUG.
 */
#ifndef KERNEL_LOCK_CHECK_H
#define KERNEL_LOCK_CHECK_H

#include "cpu.h"

#if DEBUG
/* Panic if a lock of `rank` must not be waited for with these locks held. */
void held_check_order(const struct held_locks *held, u32 rank, const char *name);
void held_add(struct held_locks *held, u32 rank, const void *lock);
void held_remove(struct held_locks *held, const void *lock);
#else
static inline void held_check_order(const struct held_locks *held, u32 rank, const char *name)
{
}

static inline void held_add(struct held_locks *held, u32 rank, const void *lock)
{
}

static inline void held_remove(struct held_locks *held, const void *lock)
{
}
#endif

#endif
