/*
 * The first thread.  init.c starts the user land; the test kernel has another one (grading/ktest).
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

struct boot_info;

void init_main(void *unused);

/* What the architecture found out, kept by main.c. */
const struct boot_info *boot_info(void);

#endif
