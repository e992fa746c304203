/*
 * The kernel's command line: words `name` or `name=value`, and after a word `--` arguments for process 1.
 */
#ifndef KERNEL_BOOT_OPTION_H
#define KERNEL_BOOT_OPTION_H

#include "kernel.h"

/* Keep a copy of the command line.  Once, at boot. */
void boot_option_init(const char *command_line);

/* Copy the value of `name=value` ("" for a bare `name`).  False, and "" copied, if there is none. */
bool boot_option(const char *name, char *value, size_t size);

/* The same as a number; `otherwise` if there is none. */
u64 boot_option_u64(const char *name, u64 otherwise);

/* What stands behind `--`, or "". */
const char *boot_option_init_arguments(void);

#endif
