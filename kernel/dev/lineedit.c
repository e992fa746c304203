/*
 * The line editor: see lineedit.h.
 *
 * In three parts: characters and cells, the edits, and the keys.  Each edit changes line[] and then calls redraw() with
 * the first byte that changed, which is all that knows how to bring the screen up to date.
 */
#include "dev/lineedit.h"
#include "lib/printf.h"

/* ---- Characters and cells ------------------------------------------------------------------------------ */

struct char_range {
	u32 first, last;
};

/* Code points that terminals show in two columns: East Asian scripts and pictures, in blocks. */
static const struct char_range wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },   { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

/* And in none: marks on the character before. */
static const struct char_range combining[] = {
	{ 0x300, 0x36f }, { 0x1ab0, 0x1aff }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
};

static bool in_ranges(u32 c, const struct char_range *range, u32 count)
{
	for (u32 i = 0; i < count; i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

static bool is_continuation(char c)
{
	return ((u8)c & 0xc0) == 0x80;
}

/* Bytes of the character that starts with this one; 0 if none does. */
static u32 char_bytes(u8 first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* The code point of the character at p, whose bytes are all there. */
static u32 code_point(const char *p)
{
	static const u8 mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	u32 bytes = char_bytes(*p), c = (u8)*p & mask[bytes];

	for (u32 i = 1; i < bytes; i++)
		c = c << 6 | ((u8)p[i] & 0x3f);
	return c;
}

/* The shortest form, and no surrogate. */
static bool is_valid_char(const char *p)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u32 c = code_point(p);

	return c >= least[char_bytes(*p)] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* Cells of the character at p if it comes to stand at cell `at`, with the gap before it: see show_char(). */
static u32 char_cells(const struct lineedit *ed, const char *p, u32 at)
{
	u32 c = code_point(p);

	if (c == '\t')
		return 8 - at % 8;
	if (c < 0x300)
		return 1;
	if (in_ranges(c, combining, ARRAY_SIZE(combining)))
		return 0;
	if (in_ranges(c, wide, ARRAY_SIZE(wide)))
		return at % ed->width == ed->width - 1 ? 3 : 2;
	return 1;
}

/* The cell of line[index]. */
static u32 cell_of(const struct lineedit *ed, u32 index)
{
	u32 cell = ed->origin;

	for (u32 i = 0; i < index; i += char_bytes(ed->line[i]))
		cell += char_cells(ed, ed->line + i, cell);
	return cell;
}

static void put(struct lineedit *ed, const char *bytes, u32 size)
{
	if (!ed->hidden)
		ed->echo(ed, bytes, size);
}

/* Bytes that fill `cells` cells of one row.  A full row is left at once. */
static void put_in_row(struct lineedit *ed, const char *bytes, u32 size, u32 cells)
{
	put(ed, bytes, size);
	ed->shown_cursor += cells;
	if (cells && ed->shown_cursor % ed->width == 0)
		put(ed, "\r\n", 2);
}

static void put_spaces(struct lineedit *ed, u32 count)
{
	for (; count > 0; count--)
		put_in_row(ed, " ", 1, 1);
}

/* A tab is shown as spaces; a wide character that does not fit in the row's last column leaves it empty. */
static void show_char(struct lineedit *ed, const char *p)
{
	u32 cells = char_cells(ed, p, ed->shown_cursor);

	if (*p == '\t') {
		put_spaces(ed, cells);
		return;
	}
	if (cells == 3)
		put_spaces(ed, 1);
	put_in_row(ed, p, char_bytes(*p), MIN(cells, 2));
}

/* Up, down, right or left, by the final byte of the sequence. */
static void put_motion(struct lineedit *ed, char final, u32 count)
{
	char text[16];

	if (final == 'D' && count <= 4)
		put(ed, "\b\b\b\b", count);
	else if (count > 0)
		put(ed, text, snprintf(text, sizeof(text), "\033[%u%c", count, final));
}

static void move_to(struct lineedit *ed, u32 cell)
{
	s32 down = cell / ed->width - ed->shown_cursor / ed->width;
	s32 right = cell % ed->width - ed->shown_cursor % ed->width;

	put_motion(ed, down < 0 ? 'A' : 'B', down < 0 ? -down : down);
	put_motion(ed, right < 0 ? 'D' : 'C', right < 0 ? -right : right);
	ed->shown_cursor = cell;
}

/* Bring the screen up to date after line[] changed from byte `first` on, or (first == length) the cursor alone. */
static void redraw(struct lineedit *ed, u32 first)
{
	u32 end;

	if (ed->hidden)
		return;
	end = cell_of(ed, ed->length);
	if (first < ed->length || end < ed->shown_end) {
		move_to(ed, cell_of(ed, first));
		for (u32 i = first; i < ed->length; i += char_bytes(ed->line[i]))
			show_char(ed, ed->line + i);
		if (ed->shown_end > ed->shown_cursor)
			put_spaces(ed, ed->shown_end - ed->shown_cursor);
		ed->shown_end = end;
	}
	move_to(ed, cell_of(ed, ed->cursor));
}

static void bell(struct lineedit *ed)
{
	put(ed, "\a", 1);
}

void lineedit_next(struct lineedit *ed)
{
	ed->origin = ed->shown_cursor % ed->width;
	ed->width = ed->next_width;
	ed->origin = ed->shown_cursor = ed->shown_end = ed->origin % ed->width;
	ed->length = ed->cursor = ed->browsing = 0;
}

u32 lineedit_hide(struct lineedit *ed)
{
	ASSERT(!ed->hidden, "lineedit_hide: hidden, cursor at cell %u", ed->shown_cursor);
	move_to(ed, ed->shown_end);
	ed->hidden = true;
	return ed->shown_cursor % ed->width;
}

void lineedit_show(struct lineedit *ed, u32 column)
{
	if (!ed->hidden)
		return;
	ed->hidden = false;
	ed->origin = ed->shown_cursor = ed->shown_end = column;
	redraw(ed, 0);
}

/* ---- Edits --------------------------------------------------------------------------------------------- */

static void cursor_to(struct lineedit *ed, u32 index)
{
	ed->cursor = index;
	redraw(ed, ed->length);
}

/* The character before index, or index itself at the start. */
static u32 char_left(const struct lineedit *ed, u32 index)
{
	while (index > 0 && is_continuation(ed->line[--index]))
		;
	return index;
}

static u32 char_right(const struct lineedit *ed, u32 index)
{
	return index < ed->length ? index + char_bytes(ed->line[index]) : index;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The start of the word that ends at or before index; words are separated by blanks. */
static u32 word_left(const struct lineedit *ed, u32 index)
{
	while (index > 0 && is_blank(ed->line[index - 1]))
		index--;
	while (index > 0 && !is_blank(ed->line[index - 1]))
		index--;
	return index;
}

static u32 word_right(const struct lineedit *ed, u32 index)
{
	while (index < ed->length && is_blank(ed->line[index]))
		index++;
	while (index < ed->length && !is_blank(ed->line[index]))
		index++;
	return index;
}

/* Delete bytes [start, end), one of which is the cursor's. */
static void delete_range(struct lineedit *ed, u32 start, u32 end)
{
	if (start == end) {
		bell(ed);
		return;
	}
	memmove(ed->line + start, ed->line + end, ed->length - end);
	ed->length -= end - start;
	ed->cursor = start;
	redraw(ed, start);
}

static void insert(struct lineedit *ed, const char *bytes, u32 size)
{
	u32 at = ed->cursor;

	if (ed->length + size > LINE_SIZE) {
		bell(ed);
		return;
	}
	memmove(ed->line + at + size, ed->line + at, ed->length - at);
	memcpy(ed->line + at, bytes, size);
	ed->length += size;
	ed->cursor += size;
	redraw(ed, at);
}

static void replace(struct lineedit *ed, const char *bytes, u32 size)
{
	memcpy(ed->line, bytes, size);
	ed->length = ed->cursor = size;
	redraw(ed, 0);
}

/* ---- Older lines --------------------------------------------------------------------------------------- */

static u32 history_place(const struct lineedit *ed, u32 back)
{
	return (ed->history_count - back) % HISTORY_LINES;
}

/* Keep the line, unless it is blank or the same as the one before. */
static void history_add(struct lineedit *ed)
{
	u32 last = history_place(ed, 1), place = history_place(ed, 0);

	if (word_right(ed, 0) == ed->length && (ed->length == 0 || is_blank(ed->line[ed->length - 1])))
		return;
	if (ed->history_count && ed->history_length[last] == ed->length &&
	    !memcmp(ed->history[last], ed->line, ed->length))
		return;
	memcpy(ed->history[place], ed->line, ed->length);
	ed->history_length[place] = ed->length;
	ed->history_count++;
}

/* Show the line `back` lines ago; 0 is the new one, which is put aside while older ones are looked at. */
static void browse(struct lineedit *ed, u32 back)
{
	if (back > MIN(ed->history_count, HISTORY_LINES)) {
		bell(ed);
		return;
	}
	if (ed->browsing == 0) {
		memcpy(ed->draft, ed->line, ed->length);
		ed->draft_length = ed->length;
	}
	ed->browsing = back;
	if (back == 0)
		replace(ed, ed->draft, ed->draft_length);
	else
		replace(ed, ed->history[history_place(ed, back)], ed->history_length[history_place(ed, back)]);
}

static void browse_newer(struct lineedit *ed)
{
	if (ed->browsing)
		browse(ed, ed->browsing - 1);
	else
		bell(ed);
}

/* ---- Keys ---------------------------------------------------------------------------------------------- */

enum { GROUND, IN_CHAR, AFTER_ESC, IN_SEQUENCE, SKIP_ONE };

#define CTRL(letter) ((letter) & 0x1f)

/* The cursor goes behind the line, which is then followed by `text`. */
static enum line_event end_line(struct lineedit *ed, enum line_event event, const char *text)
{
	cursor_to(ed, ed->length);
	put(ed, text, strlen(text));
	if (*text)
		ed->shown_cursor = ed->shown_end = 0;
	return event;
}

static enum line_event control_key(struct lineedit *ed, u8 key)
{
	switch (key) {
	case CTRL('A'): cursor_to(ed, 0); break;
	case CTRL('B'): cursor_to(ed, char_left(ed, ed->cursor)); break;
	case CTRL('C'): return end_line(ed, LINE_INTERRUPT, "^C\r\n");
	case CTRL('D'): return end_line(ed, LINE_AS_IT_IS, "");
	case CTRL('E'): cursor_to(ed, ed->length); break;
	case CTRL('F'): cursor_to(ed, char_right(ed, ed->cursor)); break;
	case CTRL('H'):
	case 0x7f: delete_range(ed, char_left(ed, ed->cursor), ed->cursor); break;
	case '\t': insert(ed, "\t", 1); break;
	case '\n':
	case '\r': history_add(ed); return end_line(ed, LINE_DONE, "\r\n");
	case CTRL('K'): delete_range(ed, ed->cursor, ed->length); break;
	case CTRL('N'): browse_newer(ed); break;
	case CTRL('P'): browse(ed, ed->browsing + 1); break;
	case CTRL('U'): delete_range(ed, 0, ed->cursor); break;
	case CTRL('W'): delete_range(ed, word_left(ed, ed->cursor), ed->cursor); break;
	case CTRL('['): ed->state = AFTER_ESC; break;
	}
	return LINE_NONE;
}

void lineedit_set_width(struct lineedit *ed, u64 width)
{
	ed->next_width = MIN(MAX(width, WIDTH_MIN), WIDTH_MAX);
	if (ed->length == 0 && ed->origin < ed->next_width)
		ed->width = ed->next_width;
}

/* The answer to a program's question how large the terminal is: ESC [ 8 ; rows ; columns t. */
static void take_columns(struct lineedit *ed)
{
	if (ed->param[0] == 8 && ed->param_count == 3 && ed->param[2] > 0)
		lineedit_set_width(ed, ed->param[2]);
}

/* ESC [ number ~ */
static void numbered_key(struct lineedit *ed, u32 number)
{
	switch (number) {
	case 1:
	case 7: control_key(ed, CTRL('A')); break;
	case 4:
	case 8: control_key(ed, CTRL('E')); break;
	case 3: delete_range(ed, ed->cursor, char_right(ed, ed->cursor)); break;
	}
}

/* The end of ESC [ ... or ESC O ...  A second parameter above 1 says that Shift, Alt or Ctrl is held. */
static void sequence_key(struct lineedit *ed, u8 final)
{
	bool by_word = ed->param_count >= 2 && ed->param[1] > 1;

	switch (final) {
	case 'A': control_key(ed, CTRL('P')); break;
	case 'B': control_key(ed, CTRL('N')); break;
	case 'C': cursor_to(ed, by_word ? word_right(ed, ed->cursor) : char_right(ed, ed->cursor)); break;
	case 'D': cursor_to(ed, by_word ? word_left(ed, ed->cursor) : char_left(ed, ed->cursor)); break;
	case 'H': control_key(ed, CTRL('A')); break;
	case 'F': control_key(ed, CTRL('E')); break;
	case '~': numbered_key(ed, ed->param[0]); break;
	case 't': take_columns(ed); break;
	case '[': ed->state = SKIP_ONE; break; /* a function key of the Linux console */
	}
}

static void after_esc(struct lineedit *ed, u8 byte)
{
	ed->state = GROUND;
	if (byte == '[' || byte == 'O') {
		ed->state = IN_SEQUENCE;
		ed->param_count = 0;
		memset(ed->param, 0, sizeof(ed->param));
	} else if (byte == 'b') {
		cursor_to(ed, word_left(ed, ed->cursor));
	} else if (byte == 'f') {
		cursor_to(ed, word_right(ed, ed->cursor));
	}
}

static void add_digit(struct lineedit *ed, u32 digit)
{
	u32 *param = &ed->param[MAX(ed->param_count, 1) - 1];

	ed->param_count = MAX(ed->param_count, 1);
	*param = MIN(*param * 10 + digit, 9999);
}

static void in_sequence(struct lineedit *ed, u8 byte)
{
	if (byte >= '0' && byte <= '9') {
		add_digit(ed, byte - '0');
	} else if (byte == ';') {
		ed->param_count = MIN(MAX(ed->param_count, 1) + 1, ARRAY_SIZE(ed->param));
	} else if (byte >= 0x40) {
		ed->state = GROUND;
		sequence_key(ed, byte);
	}
}

/* A byte of a character of several; the last one inserts it. */
static void in_char(struct lineedit *ed, u8 byte)
{
	ed->partial[ed->char_have++] = byte;
	if (ed->char_have < ed->char_need)
		return;
	ed->state = GROUND;
	if (is_valid_char((const char *)ed->partial))
		insert(ed, (const char *)ed->partial, ed->char_need);
	else
		bell(ed);
}

static void start_char(struct lineedit *ed, u8 byte)
{
	ed->char_have = 0;
	ed->char_need = char_bytes(byte);
	if (ed->char_need == 0) {
		bell(ed);
		return;
	}
	ed->state = IN_CHAR;
	in_char(ed, byte);
}

/* A control character ends whatever is unfinished; so does a byte that cannot continue a character. */
static void drop_unfinished(struct lineedit *ed, u8 byte)
{
	bool is_control = byte < 0x20 || byte == 0x7f;

	if (ed->state == IN_CHAR && !is_continuation(byte)) {
		bell(ed);
		ed->state = GROUND;
	} else if (is_control) {
		ed->state = GROUND;
	}
}

enum line_event lineedit_key(struct lineedit *ed, u8 byte)
{
	bool second_half = byte == '\n' && ed->after_cr;

	ed->after_cr = byte == '\r';
	if (second_half)
		return LINE_NONE;
	drop_unfinished(ed, byte);
	switch (ed->state) {
	case IN_CHAR: in_char(ed, byte); break;
	case AFTER_ESC: after_esc(ed, byte); break;
	case IN_SEQUENCE: in_sequence(ed, byte); break;
	case SKIP_ONE: ed->state = GROUND; break;
	default:
		if (byte < 0x20 || byte == 0x7f)
			return control_key(ed, byte);
		start_char(ed, byte);
	}
	return LINE_NONE;
}

void lineedit_init(struct lineedit *ed, void (*echo)(struct lineedit *, const char *, size_t))
{
	memset(ed, 0, sizeof(*ed));
	ed->echo = echo;
	ed->width = ed->next_width = DEFAULT_WIDTH;
	ed->hidden = true;
}
