/*
 * The console: a terminal on the serial line, /dev/console to programs.
 *
 * Cooked mode (TTY_COOKED): input is edited line by line (lineedit.h) and a read() gets at most one line, with its
 * '\n'.  ^D gives the line as it is, without '\n'; on an empty line it ends the input: one read() answers 0.  ^C kills
 * the foreground group (TTY_SETFG) and drops what was typed; without one, the reader gets an empty line.  In output,
 * '\n' becomes "\r\n".
 *
 * Raw mode (TTY_RAW): each byte is input at once, none is echoed or special; output goes out as it is.
 *
 * Changing the mode loses no input: an unfinished line becomes raw bytes, unread raw bytes go through the line editor.
 *
 * Several readers each get whole lines, in no order.  A write() is not mixed with other processes' writes; what is
 * typed may be echoed in the middle of a long one.  Once 3 KiB of input wait for a reader, further input waits in the
 * terminal, and ^C with it.
 *
 * The boot option columns=N says how wide the terminal is (80).
 */
#ifndef KERNEL_DEV_TTY_H
#define KERNEL_DEV_TTY_H

#include "kernel.h"

/* Register /dev/console and let input in.  At boot, when interrupts and threads work. */
void tty_init(u32 uart_irq);

#endif
