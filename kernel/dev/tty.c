/*
 * The console: see tty.h.
 *
 * Input: uart interrupt -> received() -> the line editor, or raw -> the input queue -> tty_read().
 * Output: tty_write(), and the line editor's echo -> the UART's queue.
 *
 * The two share the screen.  A write first hides the line that is being edited, and `screen` follows the cursor through
 * what is written; the next key, or the next reader that waits, shows the line again where the cursor is then.
 *
 * I1 line_count is the number of entries in the input queue with ENTRY_ENDS_LINE, byte_count of those with a byte.
 * I2 While something is written to the UART, tty.lock is held; so its room can only grow meanwhile.
 * I3 Reception is stopped while the input queue lacks room for a whole line.
 *
 * Locking: tty.lock (RANK_TTY), taken from interrupts too.  `writing` is a turn, taken for a whole write(): like a
 * mutex, but a killed process can leave the line.
 */
#include "dev/tty.h"
#include "boot_option.h"
#include "dev/lineedit.h"
#include "dev/tty_column.h"
#include "dev/uart.h"
#include "fs/file.h"
#include "lock.h"
#include "printk.h"
#include "proc.h"
#include "sched.h"
#include "mm/uaccess.h"

#define INPUT_SIZE (4 * LINE_SIZE) /* entries */
#define ECHO_ROOM  (4 * LINE_SIZE) /* bytes: above what one key can make the editor send */
#define PIECE      256             /* bytes of a write() in one holding of the lock */

/* In the input queue: a byte and what is special about it. */
enum { ENTRY_ENDS_LINE = 0x100, ENTRY_NO_BYTE = 0x200 };

static struct {
	struct spinlock lock;
	struct lineedit editor;
	struct tty_column screen; /* valid while the line is hidden */
	bool screen_lost;         /* echo was dropped: the cursor may be anywhere */
	u32 printk_seen;
	u32 mode;                 /* TTY_COOKED, TTY_RAW */
	int foreground;           /* the group that ^C kills; 0: none */

	u16 input[INPUT_SIZE];    /* entries [tail, head), modulo INPUT_SIZE */
	u32 head, tail;
	u32 line_count, byte_count;
	bool stopped;             /* reception */
	struct waitq readers;

	bool writing;
	struct waitq turn, room;
} tty = { .lock = SPINLOCK_INIT("tty", RANK_TTY) };

/* ---- The screen ---------------------------------------------------------------------------------------- */

static void echo(struct lineedit *editor, const char *bytes, size_t size)
{
	if (uart_write(bytes, size) == size)
		return;
	editor->hidden = true;
	tty.screen_lost = true;
}

static void hide_line_locked(void)
{
	if (!tty.editor.hidden)
		tty.screen.column = lineedit_hide(&tty.editor);
}

/* The kernel's own messages end at the start of a row. */
static void notice_printk_locked(void)
{
	u32 count = printk_count();

	if (count == tty.printk_seen)
		return;
	tty.printk_seen = count;
	tty.editor.hidden = true;
	tty.screen.column = 0;
}

/* Not if there is no room for all that showing it and then one key may send: the next key will. */
static void show_line_locked(void)
{
	notice_printk_locked();
	if (!tty.editor.hidden || uart_room() < ECHO_ROOM)
		return;
	if (tty.screen_lost || tty.screen.column >= tty.editor.width) {
		uart_write("\r\n", 2);
		tty.screen.column = 0;
		tty.screen_lost = false;
	}
	lineedit_show(&tty.editor, tty.screen.column);
}

/* ---- The input queue ----------------------------------------------------------------------------------- */

static u32 input_room_locked(void)
{
	return INPUT_SIZE - (tty.head - tty.tail);
}

static void push_locked(u32 entry)
{
	ASSERT(input_room_locked(), "tty: no room in the input queue, %u lines", tty.line_count);
	tty.input[tty.head++ % INPUT_SIZE] = entry;
	tty.line_count += !!(entry & ENTRY_ENDS_LINE);
	tty.byte_count += !(entry & ENTRY_NO_BYTE);
}

static u32 pop_locked(void)
{
	u32 entry = tty.input[tty.tail++ % INPUT_SIZE];

	tty.line_count -= !!(entry & ENTRY_ENDS_LINE);
	tty.byte_count -= !(entry & ENTRY_NO_BYTE);
	return entry;
}

static bool input_ready_locked(void)
{
	return tty.mode == TTY_RAW ? tty.byte_count > 0 : tty.line_count > 0;
}

/* Keep I3.  Starting only when half the queue is free saves switching with every byte. */
static void balance_input_locked(void)
{
	if (!tty.stopped && input_room_locked() < LINE_SIZE + 2) {
		tty.stopped = true;
		uart_receive_stop();
	} else if (tty.stopped && input_room_locked() >= INPUT_SIZE / 2) {
		tty.stopped = false;
		uart_receive_start();
	}
}

/* ---- Keys ---------------------------------------------------------------------------------------------- */

/*
 * The edited line becomes input: with a '\n', or as it is.  Its last byte ends it, so that a read() of just its length
 * leaves nothing behind.  It is lost if there is no room.
 */
static void push_line_locked(enum line_event event)
{
	const struct lineedit *ed = &tty.editor;
	u32 last = event == LINE_AS_IT_IS ? ed->length - 1 : ed->length;

	if (input_room_locked() < ed->length + 1)
		return;
	for (u32 i = 0; i < ed->length; i++)
		push_locked((u8)ed->line[i] | (i == last ? ENTRY_ENDS_LINE : 0));
	if (event == LINE_DONE)
		push_locked('\n' | ENTRY_ENDS_LINE);
	else if (ed->length == 0)
		push_locked(ENTRY_NO_BYTE | ENTRY_ENDS_LINE);
}

/* Returns the group to kill, or 0. */
static int interrupt_locked(void)
{
	while (tty.head != tty.tail)
		pop_locked();
	if (!tty.foreground)
		push_locked('\n' | ENTRY_ENDS_LINE);
	return tty.foreground;
}

/* A byte in cooked mode.  Returns the group to kill, or 0. */
static int edit_locked(u8 byte)
{
	enum line_event event;
	int kill = 0;

	show_line_locked();
	event = lineedit_key(&tty.editor, byte);
	switch (event) {
	case LINE_NONE: return 0;
	case LINE_DONE:
	case LINE_AS_IT_IS: push_line_locked(event); break;
	case LINE_INTERRUPT: kill = interrupt_locked(); break;
	}
	lineedit_next(&tty.editor);
	return kill;
}

/* From the UART's interrupt. */
static void received(u8 byte)
{
	int kill = 0;

	spin_lock(&tty.lock);
	if (tty.mode == TTY_RAW)
		push_locked(byte);
	else
		kill = edit_locked(byte);
	balance_input_locked();
	if (input_ready_locked())
		waitq_wake(&tty.readers, WAKE_ALL);
	spin_unlock(&tty.lock);
	if (kill)
		proc_kill_group(kill);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

/* Bytes up to the end of the line, which is consumed with the last of them; in raw mode whatever is there. */
static size_t take_input_locked(u8 *to, size_t size)
{
	size_t count = 0;

	while (tty.head != tty.tail && count < size) {
		u32 entry = pop_locked();

		if (!(entry & ENTRY_NO_BYTE))
			to[count++] = entry;
		if ((entry & ENTRY_ENDS_LINE) && tty.mode == TTY_COOKED)
			break;
	}
	return count;
}

static s64 tty_read(struct file *file, void *buf, size_t size)
{
	s64 result = 0;

	spin_lock(&tty.lock);
	while (!input_ready_locked() && result == 0) {
		if (tty.mode == TTY_COOKED)
			show_line_locked();
		result = waitq_sleep(&tty.readers, &tty.lock, WAIT_INTERRUPTIBLE, NO_DEADLINE);
	}
	if (result == 0)
		result = take_input_locked(buf, size);
	balance_input_locked();
	spin_unlock(&tty.lock);
	return result;
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

/* From the UART's interrupt: its queue is less than half full. */
static void has_room(void)
{
	spin_lock(&tty.lock);
	waitq_wake(&tty.room, WAKE_ALL);
	spin_unlock(&tty.lock);
}

static s64 take_turn(void)
{
	s64 error = 0;

	spin_lock(&tty.lock);
	while (tty.writing && error == 0)
		error = waitq_sleep(&tty.turn, &tty.lock, WAIT_INTERRUPTIBLE, NO_DEADLINE);
	if (error == 0)
		tty.writing = true;
	spin_unlock(&tty.lock);
	return error;
}

static void give_turn(void)
{
	spin_lock(&tty.lock);
	tty.writing = false;
	waitq_wake(&tty.turn, WAKE_ALL);
	spin_unlock(&tty.lock);
}

/* At most PIECE bytes, for which there is room. */
static void send_locked(const u8 *from, size_t size)
{
	u8 out[2 * PIECE];
	u32 count = 0;

	for (size_t i = 0; i < size; i++) {
		if (from[i] == '\n' && tty.mode == TTY_COOKED)
			out[count++] = '\r';
		out[count++] = from[i];
	}
	for (u32 i = 0; i < count; i++)
		tty_column_byte(&tty.screen, out[i], tty.editor.width);
	uart_write(out, count);
}

/* Wait for room, then send up to PIECE bytes; how many, or -EINTR. */
static s64 write_piece(const u8 *from, size_t size)
{
	s64 result = 0;

	size = MIN(size, PIECE);
	spin_lock(&tty.lock);
	while (uart_room() < 2 * PIECE && result == 0)
		result = waitq_sleep(&tty.room, &tty.lock, WAIT_INTERRUPTIBLE, NO_DEADLINE);
	if (result == 0) {
		notice_printk_locked();
		hide_line_locked();
		send_locked(from, size);
		result = size;
	}
	spin_unlock(&tty.lock);
	return result;
}

static s64 tty_write(struct file *file, const void *buf, size_t size)
{
	const u8 *from = buf;
	s64 error = take_turn();
	size_t done = 0;

	if (error)
		return error;
	while (done < size && error >= 0) {
		error = write_piece(from + done, size - done);
		done += MAX(error, 0);
	}
	give_turn();
	return done ? (s64)done : error;
}

/* ---- Control ------------------------------------------------------------------------------------------- */

/* The unfinished line becomes raw input. */
static void line_to_raw_locked(void)
{
	const struct lineedit *ed = &tty.editor;

	for (u32 i = 0; i < ed->length && input_room_locked(); i++)
		push_locked((u8)ed->line[i]);
	hide_line_locked();
	lineedit_next(&tty.editor);
}

/* Unread raw input goes through the editor.  A ^C in it was typed at a program that is gone, and kills nobody. */
static void raw_to_lines_locked(void)
{
	for (u32 count = tty.head - tty.tail; count > 0; count--) {
		u32 entry = pop_locked();

		if (!(entry & ENTRY_NO_BYTE) && (u8)entry != 3)
			edit_locked(entry);
		if ((entry & ENTRY_ENDS_LINE) && (u8)entry != '\n')
			edit_locked(4);
	}
}

static s64 set_mode(u64 mode)
{
	if (mode != TTY_COOKED && mode != TTY_RAW)
		return -EINVAL;
	spin_lock(&tty.lock);
	if (mode != tty.mode) {
		tty.mode = mode;
		if (mode == TTY_RAW)
			line_to_raw_locked();
		else
			raw_to_lines_locked();
		balance_input_locked();
		waitq_wake(&tty.readers, WAKE_ALL);
	}
	spin_unlock(&tty.lock);
	return 0;
}

static s64 set_foreground(u64 group)
{
	if (group > 0x7fffffff)
		return -EINVAL;
	spin_lock(&tty.lock);
	tty.foreground = group;
	spin_unlock(&tty.lock);
	return 0;
}

/* What one read() with a large buffer would get. */
static u32 input_count(void)
{
	u32 count = 0;

	spin_lock(&tty.lock);
	if (tty.mode == TTY_RAW)
		count = tty.byte_count;
	else if (tty.line_count)
		while (!(tty.input[(tty.tail + count) % INPUT_SIZE] & ENTRY_ENDS_LINE))
			count++;
	if (tty.mode == TTY_COOKED && tty.line_count)
		count += !(tty.input[(tty.tail + count) % INPUT_SIZE] & ENTRY_NO_BYTE);
	spin_unlock(&tty.lock);
	return count;
}

static s64 answer(u64 address, u32 value)
{
	return copy_out(hva(address), &value, sizeof(value));
}

static s64 tty_ioctl(struct file *file, u32 request, u64 arg)
{
	switch (request) {
	case TTY_SETMODE: return set_mode(arg);
	case TTY_GETMODE: return answer(arg, READ_ONCE(tty.mode));
	case TTY_SETFG: return set_foreground(arg);
	case TTY_INPUT_COUNT: return answer(arg, input_count());
	default: return -ENOTTY;
	}
}

/* ---- The device ---------------------------------------------------------------------------------------- */

static const struct file_ops tty_ops = {
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
};

static int tty_open(struct file *file, u32 minor)
{
	if (minor != 0)
		return -ENXIO;
	file->ops = &tty_ops;
	file->no_offset = true;
	return 0;
}

void tty_init(u32 uart_irq)
{
	static const struct device console = { .name = "console", .open = tty_open };

	waitq_init(&tty.readers);
	waitq_init(&tty.turn);
	waitq_init(&tty.room);
	lineedit_init(&tty.editor, echo);
	lineedit_set_width(&tty.editor, boot_option_u64("columns", DEFAULT_WIDTH));
	tty.printk_seen = printk_count();
	device_register(DEV_CONSOLE, &console);
	uart_start(uart_irq, received, has_room);
}
