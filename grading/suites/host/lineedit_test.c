/*
 * The line editor against a model of a terminal.
 *
 * The model understands what the editor may send - printable characters, \r \n \b \a, four relative motions - wraps
 * late as a VT100 does, and scrolls.  After every key, the rows from the start of the line on must show exactly the
 * buffer, as laid out by place_line(), a second and simpler implementation, and the cursor must stand where the
 * buffer's does.
 */
#include <stddef.h>
#include <stdarg.h>
#include "check.h"
#include "names_begin.h"
#include "kernel/lib/string.c"
#include "kernel/dev/lineedit.c"
#include "names_end.h"
#include "grading/suites/lib/lineedit_keys.h"
#include <string.h>

int kernel_snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buf, size, format, args);
	va_end(args);
	return length;
}

void panic(const char *format, ...)
{
	CHECK_DIE("panic: %s", format);
	abort();
}

/* ---- The terminal -------------------------------------------------------------------------------------- */

#define ROWS   24
#define LINES  4000 /* of paper: row 0 of the screen is paper row `top` */
#define COLS   120
#define SECOND 1    /* the right half of a wide character */

static struct {
	int width, top, row, col; /* row: on paper */
	int bells;
	bool pending;             /* the last column is full; the next character wraps */
	u32 paper[LINES][COLS];   /* code points; 0 is blank */
	u32 marks;                /* combining characters seen */
	u8 utf8[4];
	int have, escape, number;
} term;

static bool is_wide(u32 c)
{
	return in_ranges(c, wide, ARRAY_SIZE(wide));
}

static bool is_mark(u32 c)
{
	return in_ranges(c, combining, ARRAY_SIZE(combining));
}

static void term_newline(void)
{
	term.pending = false;
	if (++term.row >= term.top + ROWS)
		term.top++;
	if (term.row >= LINES - 1) {
		printf("model: out of paper\n");
		exit(1);
	}
}

static void term_cell(u32 c)
{
	u32 *cell = &term.paper[term.row][term.col];

	if (*cell == SECOND && term.col > 0)
		cell[-1] = 0;
	if (term.col + 1 < term.width && cell[1] == SECOND)
		cell[1] = 0;
	*cell = c == ' ' ? 0 : c;
}

static void term_char(u32 c)
{
	if (is_mark(c)) {
		term.marks++;
		return;
	}
	if (term.pending || (is_wide(c) && term.col == term.width - 1)) {
		term_newline();
		term.col = 0;
	}
	term_cell(c);
	if (is_wide(c)) {
		term.col++;
		term_cell(SECOND);
		term.paper[term.row][term.col - 1] = c;
	}
	if (term.col == term.width - 1)
		term.pending = true;
	else
		term.col++;
}

static void term_motion(char final)
{
	int n = term.number ? term.number : 1;

	CHECK(!term.pending, "a motion in the last column");
	switch (final) {
	case 'A': term.row = term.row - n < term.top ? term.top : term.row - n; break;
	case 'B': term.row = term.row + n >= term.top + ROWS ? term.top + ROWS - 1 : term.row + n; break;
	case 'C': term.col = term.col + n >= term.width ? term.width - 1 : term.col + n; break;
	case 'D': term.col = term.col < n ? 0 : term.col - n; break;
	default: CHECK(false, "unknown motion %c", final);
	}
}

static void term_byte(u8 byte)
{
	if (term.escape == 1) {
		CHECK(byte == '[', "ESC %c", byte);
		term.escape = 2;
	} else if (term.escape == 2 && byte >= '0' && byte <= '9') {
		term.number = term.number * 10 + byte - '0';
	} else if (term.escape == 2) {
		term_motion(byte);
		term.escape = 0;
	} else if (byte == 033) {
		term.escape = 1;
		term.number = 0;
	} else if (byte == '\r') {
		term.col = 0;
		term.pending = false;
	} else if (byte == '\n') {
		term_newline();
	} else if (byte == '\b') {
		CHECK(!term.pending && term.col > 0, "backspace at column %d", term.col);
		term.col--;
	} else if (byte == '\a') {
		term.bells++;
	} else {
		CHECK(byte >= 0x20 && byte != 0x7f, "control character %d", byte);
		term.utf8[term.have++] = byte;
		if (term.have == (int)char_bytes(term.utf8[0])) {
			term_char(code_point((char *)term.utf8));
			term.have = 0;
		}
	}
}

static void term_reset(int width)
{
	memset(&term, 0, sizeof(term));
	term.width = width;
}

/* ---- What ought to be there ---------------------------------------------------------------------------- */

static struct lineedit ed;
static int start_row; /* on paper */

static struct {
	u32 cell[ROWS + 4][COLS];
	int row, col;               /* of the next character */
	int cursor_row, cursor_col;
} want;

static void want_cell(u32 c)
{
	want.cell[want.row][want.col++] = c;
	if (want.col == (int)ed.width) {
		want.row++;
		want.col = 0;
	}
}

static void place_char(const char *p)
{
	u32 c = code_point(p);

	if (c == '\t') {
		do
			want_cell(0);
		while ((want.row * ed.width + want.col) % 8);
	} else if (is_wide(c)) {
		if (want.col == (int)ed.width - 1)
			want_cell(0);
		want_cell(c);
		want_cell(SECOND);
	} else if (!is_mark(c)) {
		want_cell(c == ' ' ? 0 : c);
	}
}

static void place_line(void)
{
	memset(&want, 0, sizeof(want));
	want.col = ed.origin;
	for (u32 i = 0; i <= ed.length; i++) {
		if (i == ed.cursor) {
			want.cursor_row = want.row;
			want.cursor_col = want.col;
		}
		if (i < ed.length && !is_continuation(ed.line[i]))
			place_char(ed.line + i);
	}
}

static void check_screen(const char *where)
{
	int from = ed.origin;

	CHECK(ed.cursor <= ed.length && ed.length <= LINE_SIZE, "%s: cursor %u length %u", where, ed.cursor, ed.length);
	place_line();
	/* A line above as many rows as the screen has cannot be shown whole. */
	if (start_row < term.top)
		return;
	CHECK(!term.pending, "%s: the cursor hangs in the last column", where);
	CHECK(term.row == start_row + want.cursor_row && term.col == want.cursor_col,
	      "%s: cursor at row %d column %d, not %d %d (length %u, cursor %u, width %u)", where, term.row - start_row,
	      term.col, want.cursor_row, want.cursor_col, ed.length, ed.cursor, ed.width);
	for (int r = 0; start_row + r < term.top + ROWS && r < ROWS + 4; r++, from = 0)
		for (int c = from; c < term.width; c++)
			if (term.paper[start_row + r][c] != want.cell[r][c]) {
				CHECK(false, "%s: row %d column %d shows %x, not %x (length %u, width %u/%d)",
				      where, r, c, term.paper[start_row + r][c], want.cell[r][c], ed.length, ed.width,
				      term.width);
				return;
			}
	check_count++;
}

static void echo(struct lineedit *e, const char *bytes, size_t size)
{
	(void)e;
	for (size_t i = 0; i < size; i++)
		term_byte(bytes[i]);
}

/* Start a session: a terminal, an editor that takes it to be `width` columns wide, a prompt. */
static void begin(int terminal_width, int width, int prompt)
{
	term_reset(terminal_width);
	lineedit_init(&ed, echo);
	lineedit_set_width(&ed, width);
	for (int i = 0; i < prompt; i++)
		term_byte('$');
	lineedit_show(&ed, prompt);
	start_row = term.row;
}

static enum line_event type(const char *keys)
{
	enum line_event event = LINE_NONE;

	for (; *keys && event == LINE_NONE; keys++)
		event = lineedit_key(&ed, *keys);
	return event;
}

static void next_line(void)
{
	lineedit_next(&ed);
	start_row = term.row;
}

/* ---- Cases --------------------------------------------------------------------------------------------- */

static void expect_line(const char *keys, const char *line, unsigned cursor)
{
	begin(80, 80, 2);
	CHECK(type(keys) == LINE_NONE, "'%s' ended the line", keys);
	CHECK(ed.length == strlen(line) && !memcmp(ed.line, line, ed.length), "'%s' gave '%.*s', not '%s'", keys,
	      (int)ed.length, ed.line, line);
	CHECK(ed.cursor == cursor, "'%s' left the cursor at %u, not %u", keys, ed.cursor, cursor);
	check_screen(keys);
}

static void check_keys(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(lineedit_keys); i++)
		expect_line(lineedit_keys[i].keys, lineedit_keys[i].line, lineedit_keys[i].cursor);
}

static void check_events(void)
{
	begin(80, 80, 2);
	CHECK(type("abc\r") == LINE_DONE && ed.length == 3, "Enter");
	CHECK(term.row == start_row + 1 && term.col == 0, "Enter moves to the next row");
	next_line();
	CHECK(type("\n") == LINE_NONE, "the second half of CR LF");
	CHECK(type("\n") == LINE_DONE && ed.length == 0, "an empty line");
	next_line();
	CHECK(type("abc\x04") == LINE_AS_IT_IS && ed.length == 3, "^D behind text");
	next_line();
	CHECK(type("\x04") == LINE_AS_IT_IS && ed.length == 0, "^D");
	next_line();
	CHECK(type("ab\x01\x03") == LINE_INTERRUPT, "^C");
	CHECK(term.col == 0 && term.paper[term.row - 1][5] == '^' && term.paper[term.row - 1][6] == 'C', "^C shows");
}

static void check_browse(const char *keys, const char *line)
{
	type(keys);
	CHECK(ed.length == strlen(line) && !memcmp(ed.line, line, ed.length), "'%s' gave '%.*s', not '%s'", keys,
	      (int)ed.length, ed.line, line);
	check_screen(keys);
}

static void check_history(void)
{
	char text[20];

	begin(80, 80, 2);
	check_browse("\033[A", "");
	for (int i = 0; i < 40; i++) {
		sprintf(text, "line %d\r", i);
		type(text);
		next_line();
	}
	type("line 39\r");
	next_line();
	type("  \r");
	next_line();
	check_browse("new\033[A", "line 39");
	check_browse("\033[A", "line 38");
	check_browse("\x10", "line 37");
	check_browse("\x0e", "line 38");
	check_browse("XX\033[B\033[B", "new");
	check_browse("\033[B", "new");
	for (int i = 0; i < 35; i++)
		type("\033[A");
	check_browse("", "line 8");
	CHECK(type("!\r") == LINE_DONE, "Enter in an older line");
	next_line();
	check_browse("\033[A", "line 8!");
	check_browse("\033OA", "line 39");
}

static void check_full(void)
{
	begin(80, 80, 2);
	for (int i = 0; i < LINE_SIZE; i++)
		lineedit_key(&ed, 'a' + i % 26);
	CHECK(ed.length == LINE_SIZE && term.bells == 0, "length %u", ed.length);
	lineedit_key(&ed, 'x');
	CHECK(ed.length == LINE_SIZE && term.bells == 1, "length %u, bells %d", ed.length, term.bells);
	check_screen("full");
	type("\x7f\x7f\x01\xe2\x82\xac");
	CHECK(ed.length == LINE_SIZE - 2 && term.bells == 2, "three bytes in two: length %u", ed.length);
	type("\xc3\xa9");
	CHECK(ed.length == LINE_SIZE, "two bytes in two: length %u", ed.length);
	check_screen("full again");
	type("\x0b\x15");
	CHECK(ed.length == 0, "length %u", ed.length);
	check_screen("emptied");
}

static void check_size_answer(void)
{
	begin(100, 80, 2);
	type("\033[8;50;100t");
	CHECK(ed.width == 100, "width %u", ed.width);
	type("abc\033[8;50;40t");
	CHECK(ed.width == 100, "width %u in the middle of a line", ed.width);
	check_screen("width");
	type("\r");
	next_line();
	CHECK(ed.width == 40, "width %u", ed.width);
	type("\033[8;50;0t\033[8;50t\033[7;50;90t\033[8;50;99999999999t");
	CHECK(ed.width == 1000 && ed.length == 0, "width %u", ed.width);
}

/* A key that does something, more often text. */
static void random_key(void)
{
	static const char *const key[] = {
		"\x01", "\x02", "\x05", "\x06", "\x7f", "\x08", "\x0b", "\x15", "\x17", "\x10", "\x0e", "\t",
		"\033[A", "\033[B", "\033[C", "\033[D", "\033[H", "\033[F", "\033[3~", "\033[1;5D", "\033[1;5C",
		"\xc3\xa9", "\xe2\x82\xac", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "e\xcc\x81", "\xff",
		"\x02\x02\x02\x02\x02\x02\x02", "\x06\x06\x06\x06\x06\x06\x06\x06",
		"some words to fill the row with ", "\033[3~\033[3~\033[3~\033[3~\033[3~",
	};
	char text[2] = { (char)(' ' + random_below(95)), 0 };

	type(random_below(2) ? key[random_below(ARRAY_SIZE(key))] : text);
}

static void foreign_output(void)
{
	u32 column = lineedit_hide(&ed);

	CHECK((int)column == term.col, "hidden at column %d, not %u", term.col, column);
	for (int i = random_below(3); i > 0; i--) {
		term_byte('\r');
		term_byte('\n');
	}
	while (term.col < (int)ed.width - 1 && random_below(8))
		term_byte('*');
	start_row = term.row;
	lineedit_show(&ed, term.col);
}

static void random_session(void)
{
	int width = 16 + random_below(COLS - 16);
	int real = random_below(3) ? width : width + (int)random_below(COLS - width);

	begin(real, width, random_below(width));
	for (int i = random_below(ROWS + 3); i > 0; i--) {
		type("\r");
		next_line();
	}
	for (int i = 0; i < 300; i++) {
		random_key();
		check_screen("random");
		if (random_below(50) == 0) {
			foreign_output();
			check_screen("foreign");
		}
		if (random_below(60) == 0) {
			type("\r");
			next_line();
		}
	}
}

/* Any bytes at all: nothing but the buffer's bounds and UTF-8 is asked for. */
static void random_bytes(void)
{
	begin(80, 80, 0);
	for (int i = 0; i < 3000; i++) {
		u8 byte = random_below(4) ? random_below(256) : "\033[;~ABCD0123"[random_below(12)];

		if (lineedit_key(&ed, byte) != LINE_NONE)
			next_line();
		check_screen("bytes");
	}
}

int main(void)
{
	check_keys();
	check_events();
	check_history();
	check_full();
	check_size_answer();
	for (int i = 0; i < 1000; i++)
		random_session();
	for (int i = 0; i < 200; i++)
		random_bytes();
	return check_done("lineedit");
}
