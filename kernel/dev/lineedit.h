/*
 * The line editor: bytes from a terminal in, an edited line and the bytes that show it out.
 *
 * Pure code: no lock, no device, no clock; the same file runs in the tests on the host.
 *
 * Keys:  arrows, ^B ^F          one character          Home End, ^A ^E   the ends of the line
 *        Ctrl-arrows, M-b M-f   one word               Backspace, ^H     delete to the left
 *        Delete                 delete to the right    ^W ^U ^K          delete the word, to the start, to the end
 *        Up Down, ^P ^N         older and newer lines  Enter, ^D, ^C     end the line: see enum line_event
 * Text is printable ASCII, tabs and UTF-8; what is malformed is refused with a bell, as is what does not fit.
 *
 * The screen.  The line may wrap over many rows.  A place on it is a *cell number*: row * width + column, where row 0
 * is the row in which the line starts; so the line starts at cell `origin`, the column that the cursor had.  The editor
 * moves with relative motions only, so it need not know where on the screen the row is.  Rows end with an explicit
 * "\r\n": right on any terminal at least `width` columns wide that wraps when the next character comes, as VT100s do.
 *
 *     $ echo a line th|at     width 18, origin 2: '$' is cell 0, 'e' cell 2, the cursor '|' cell 16
 *      wraps                  the first row is full; the blank before "wraps" is cell 18
 *
 * A terminal says how wide it is when a program asks it by writing "\033[18t"; the editor takes its answer.
 */
#ifndef KERNEL_DEV_LINEEDIT_H
#define KERNEL_DEV_LINEEDIT_H

#include "kernel.h"

#define LINE_SIZE     1024 /* bytes in a line, without the final '\n' */
#define HISTORY_LINES 32
#define DEFAULT_WIDTH 80
#define WIDTH_MIN     16
#define WIDTH_MAX     1000

enum line_event {
	LINE_NONE,
	LINE_DONE,      /* Enter: line[] is complete; a '\n' goes behind it */
	LINE_AS_IT_IS,  /* ^D: line[] goes out without '\n'; if it is empty, that is the end of input */
	LINE_INTERRUPT, /* ^C: forget the line */
};

struct lineedit {
	/* The line: cursor is a byte index, always at the start of a character or at the end. */
	char line[LINE_SIZE];
	u32 length, cursor;

	/* The screen. */
	u32 width;        /* columns */
	u32 next_width;   /* from the next line on */
	u32 origin;       /* cell of line[0] */
	u32 shown_cursor; /* cell where the terminal's cursor is */
	u32 shown_end;    /* cell behind the last one that shows something */
	bool hidden;      /* something else was written: nothing is known about the screen */
	void (*echo)(struct lineedit *ed, const char *bytes, size_t size);

	/* What was typed of an unfinished escape sequence or character. */
	u32 state;
	u32 param_count, param[4];
	u32 char_have, char_need;
	u8 partial[4];
	bool after_cr;

	/* Older lines.  browsing is 0 in the new line, n in the n-th line back. */
	u32 history_count, browsing; /* count: ever added */
	u32 draft_length;
	char draft[LINE_SIZE];
	u32 history_length[HISTORY_LINES];
	char history[HISTORY_LINES][LINE_SIZE];
};

/* An empty, hidden line, on a terminal DEFAULT_WIDTH columns wide.  echo() is given what to send to it, in pieces. */
void lineedit_init(struct lineedit *ed, void (*echo)(struct lineedit *, const char *, size_t));

/* The terminal is `width` columns wide, within WIDTH_MIN and WIDTH_MAX: from now on, or from the next line on. */
void lineedit_set_width(struct lineedit *ed, u64 width);

/*
 * One byte from the terminal.  After anything but LINE_NONE, line[] and length are the caller's to read until
 * lineedit_next().  Shows nothing while hidden.
 */
enum line_event lineedit_key(struct lineedit *ed, u8 byte);

/* Start an empty line where the cursor is. */
void lineedit_next(struct lineedit *ed);

/*
 * Something else is going to write to the screen: the cursor goes behind the line, so that nothing is overwritten.
 * Returns the cursor's column.  Only while shown.
 */
u32 lineedit_hide(struct lineedit *ed);

/* The cursor is at `column`, below width: show the line there.  Does nothing if it is shown already. */
void lineedit_show(struct lineedit *ed, u32 column);

#endif
