/*
 * The serial line: a 16550 with 16-byte FIFOs, the only one.
 *
 * Two ways out.  uart_put() is synchronous and always works: for printk() and panics.  uart_write() queues, and
 * interrupts send the queue: for the console.  In: each byte goes to the function given to uart_start().
 *
 * What is received while reception is stopped waits in the FIFO, and behind it in QEMU or the sender: nothing is lost.
 */
#ifndef KERNEL_DEV_UART_H
#define KERNEL_DEV_UART_H

#include "kernel.h"

/* Set the line up: 8 bits, no parity, FIFOs on, interrupts off.  Boot CPU, once; uart_put() works before it too. */
void uart_init(void);

/* ---- Synchronous --------------------------------------------------------------------------------------- */

enum irq_state { IRQS_WERE_OFF, IRQS_WERE_ON };

/*
 * Have the transmitter to oneself, with interrupts off.  Usable at any time, on any CPU, under any locks; the holder
 * does nothing but send.
 */
enum irq_state uart_hold(void);
void uart_release(enum irq_state before);

/* Send a byte, waiting as long as it takes.  The caller holds the transmitter. */
void uart_put(char c);

/*
 * Send what is queued, before something else is sent synchronously.  Leaves it if somebody is at the queue.  Anywhere,
 * under any locks, with the transmitter not held.
 */
void uart_try_flush(void);

/* For panics: uart_hold() and uart_try_flush() succeed, after a while, even if somebody is at it and never ends. */
void uart_break_locks(void);

/* ---- By interrupt -------------------------------------------------------------------------------------- */

/*
 * Start reception and the queue.  received(byte) and has_room() are called from the interrupt with no lock held;
 * has_room() whenever the queue has become less than half full.
 */
void uart_start(u32 irq, void (*received)(u8 byte), void (*has_room)(void));

/* Queue as many of the bytes as fit; returns how many.  Locking: takes RANK_UART. */
size_t uart_write(const void *bytes, size_t size);

/* How many bytes uart_write() would take; only grows unless somebody writes.  Locking: takes RANK_UART. */
size_t uart_room(void);

/* No more calls of received(), after one that may be under way, until uart_receive_start(). */
void uart_receive_stop(void);
void uart_receive_start(void);

/* Send what is queued, now.  For the end of the machine. */
void uart_flush(void);

#endif
