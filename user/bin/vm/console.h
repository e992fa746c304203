/*
 * The guest's serial line on this program's terminal.
 *
 * Two threads.  One reads descriptor 0 and hands bytes to the UART, or obeys them if they follow the escape key.  The
 * other writes what the guest sent to descriptor 1: it takes all that is there at once, so that while one write() is
 * on its way the bytes for the next one gather.
 *
 * A terminal is in raw mode from console_start() to console_stop().
 */
#ifndef VM_CONSOLE_H
#define VM_CONSOLE_H

#include "abi/types.h"

/* The UART is there.  Starts the threads. */
void console_start(void);

/* The machine has ended: write what is left, and give the terminal back as it was. */
void console_stop(void);

/* A byte from the guest; with machine.lock.  Waits while too much is unwritten. */
void console_send(u8 byte);

/* The UART took a byte: there is room for another.  With machine.lock. */
void console_has_room(void);

/* The UART that gets what is typed. */
struct uart;
void console_attach(struct uart *uart);

#endif
