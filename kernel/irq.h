/*
 * Device interrupts: which function serves which line.
 *
 * Lines have the numbers of struct boot_info.  All device interrupts arrive at the boot CPU.
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include "kernel.h"

#define IRQ_MAX 128

/*
 * Let fn(arg) serve the line from here on, and let its interrupts in.  At boot; one function a line.  fn runs with
 * interrupts off, on the stack of whatever it interrupted: it may take spin locks and wake threads, never sleep.
 */
void irq_register(u32 irq, void (*fn)(void *arg), void *arg);

/* For trap_device(): serve the line.  Interrupts off. */
void irq_dispatch(u32 irq);

#endif
