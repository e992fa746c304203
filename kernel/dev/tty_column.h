/*
 * Which column the terminal's cursor is in, worked out from what was sent to it.
 *
 * Good enough to know where a line starts behind a prompt: each character counts as one column, and of the escape
 * sequences those that move along the row.  A mistake is put right by the next carriage return.
 */
#ifndef KERNEL_DEV_TTY_COLUMN_H
#define KERNEL_DEV_TTY_COLUMN_H

#include "abi/types.h"

struct tty_column {
	u32 column; /* 0..width; width: the row is full and the next character wraps */
	u32 state;
	u32 number; /* the last one in an unfinished escape sequence */
};

/* The byte was sent to a terminal that is `width` columns wide. */
void tty_column_byte(struct tty_column *t, u8 byte, u32 width);

#endif
