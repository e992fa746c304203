/*
 * Stopping for good.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "kernel.h"

/* If another CPU panics, stop this one here and now. */
void panic_stop_if_another(void);

/* As panic(), for a calling chain whose innermost frame pointer is fp and innermost address pc. */
void panic_at(u64 pc, u64 fp, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));

#endif
