/*
 * The cursor's column: see tty_column.h.
 */
#include "dev/tty_column.h"
#include "kernel.h"

enum { IN_TEXT, IN_ESCAPE, IN_CSI, IN_STRING };

static void control_byte(struct tty_column *t, u8 byte, u32 width)
{
	switch (byte) {
	case '\r': t->column = 0; break;
	case '\b': t->column -= t->column > 0; break;
	case '\t': t->column = MIN(ALIGN_DOWN(t->column, 8) + 8, width - 1); break;
	case '\033': t->state = IN_ESCAPE; break;
	}
}

/* ESC [ number; number final */
static void end_of_sequence(struct tty_column *t, u8 final, u32 width)
{
	u32 count = MAX(t->number, 1), last = width - 1;

	switch (final) {
	case 'C': t->column = MIN(t->column + count, last); break;
	case 'D': t->column -= MIN(t->column, count); break;
	case 'G':
	case 'H':
	case 'f': t->column = MIN(count - 1, last); break;
	}
	t->state = IN_TEXT;
}

static void sequence_byte(struct tty_column *t, u8 byte, u32 width)
{
	if (byte >= '0' && byte <= '9')
		t->number = MIN(t->number * 10 + byte - '0', 9999);
	else if (byte == ';')
		t->number = 0;
	else if (byte >= 0x40)
		end_of_sequence(t, byte, width);
}

static void escape_byte(struct tty_column *t, u8 byte)
{
	t->number = 0;
	t->state = byte == '[' ? IN_CSI : byte == ']' || byte == 'P' ? IN_STRING : IN_TEXT;
}

static void text_byte(struct tty_column *t, u8 byte, u32 width)
{
	if ((byte & 0xc0) == 0x80 || byte == 0x7f)
		return;
	t->column = t->column >= width ? 1 : t->column + 1;
}

void tty_column_byte(struct tty_column *t, u8 byte, u32 width)
{
	if (t->state == IN_STRING) {
		if (byte == '\a' || byte == '\033')
			t->state = byte == '\a' ? IN_TEXT : IN_ESCAPE;
	} else if (byte < 0x20) {
		control_byte(t, byte, width);
	} else if (t->state == IN_ESCAPE) {
		escape_byte(t, byte);
	} else if (t->state == IN_CSI) {
		sequence_byte(t, byte, width);
	} else {
		text_byte(t, byte, width);
	}
}
