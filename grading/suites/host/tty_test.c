/*
 * The console from the UART's registers to tty_read() and tty_write(), over a simulated 16550.
 *
 * The simulated chip has the real one's FIFOs and an edge-triggered interrupt; its transmitter can be slow, so that the
 * FIFO and then the kernel's queue fill up.  What was sent must come out whole and in order, whatever the speed.
 */
#include "fake_kernel.h"
#include "names_begin.h"
#include "kernel/lib/printf.c"
#include "kernel/irq.c"
#include "kernel/dev/uart.c"
#include "kernel/printk.c"
#include "kernel/dev/lineedit.c"
#include "kernel/dev/tty_column.c"
#include "kernel/dev/tty.c"
#include "names_end.h"
#include <string.h>

/* ---- The chip ------------------------------------------------------------------------------------------ */

#define UART_IRQ 10

static struct {
	u8 enabled;
	bool empty_pending;  /* the transmit FIFO has become empty, or the enable was turned on while it was */
	bool line, latched;  /* the interrupt: its level, and an edge that was not served yet */
	char in[70000];      /* what the user has typed and the chip has not received yet */
	u32 in_head, in_tail;
	u8 fifo[FIFO_SIZE];
	u32 fifo_count;
	char out[400000];    /* what the user sees */
	u32 out_count;
	bool slow;           /* sends only when told */
	const char *typist;  /* types a byte whenever one is sent: in the middle of the interrupt */
} chip;

static int killed_group;

static void chip_update(void)
{
	bool level = ((chip.enabled & ENABLE_RECEIVE) && chip.in_head != chip.in_tail) ||
		     ((chip.enabled & ENABLE_TRANSMIT) && chip.empty_pending);

	if (level && !chip.line)
		chip.latched = true;
	chip.line = level;
}

static void chip_type(u8 byte)
{
	if (chip.in_head == chip.in_tail)
		chip.in_head = chip.in_tail = 0;
	chip.in[chip.in_head++] = byte;
	chip_update();
}

static void chip_send(void)
{
	CHECK(chip.out_count + chip.fifo_count < sizeof(chip.out), "the paper is full");
	for (u32 i = 0; i < chip.fifo_count; i++)
		chip.out[chip.out_count++] = chip.fifo[i];
	chip.fifo_count = 0;
	chip.empty_pending = true;
	chip_update();
}

u8 arch_uart_read(int reg)
{
	u8 byte = 0;

	switch (reg) {
	case REG_DATA:
		CHECK(chip.in_head != chip.in_tail, "nothing to receive");
		byte = chip.in[chip.in_tail++];
		chip_update();
		return byte;
	case REG_IDENT: return 0;
	case REG_STATUS:
		/* Whoever polls for an empty FIFO gets it. */
		if (chip.fifo_count && !chip.slow)
			chip_send();
		byte |= chip.in_head != chip.in_tail ? STATUS_RECEIVED : 0;
		byte |= chip.fifo_count == 0 ? STATUS_EMPTY : 0;
		return byte;
	default: CHECK(false, "register %d is read", reg); return 0;
	}
}

void arch_uart_write(int reg, u8 value)
{
	switch (reg) {
	case REG_DATA:
		CHECK(chip.fifo_count < FIFO_SIZE, "the FIFO overruns");
		chip.fifo[chip.fifo_count++] = value;
		if (chip.typist && *chip.typist)
			chip_type(*chip.typist++);
		chip.empty_pending = false;
		break;
	case REG_ENABLE:
		if (!(value & ENABLE_TRANSMIT))
			chip.empty_pending = false;
		else if (!(chip.enabled & ENABLE_TRANSMIT) && chip.fifo_count == 0)
			chip.empty_pending = true;
		chip.enabled = value;
		break;
	}
	chip_update();
}

void arch_irq_unmask(u32 irq)
{
	CHECK(irq == UART_IRQ, "line %u", irq);
}

static void fake_irqs_on(void)
{
	while (chip.latched && fake_irqs_enabled) {
		chip.latched = false;
		fake_irqs_enabled = false;
		irq_dispatch(UART_IRQ);
		fake_irqs_enabled = true;
	}
}

int proc_kill_group(int group)
{
	CHECK(fake_held == 0, "proc_kill_group with a lock");
	killed_group = group;
	return 0;
}

/* ---- The user ------------------------------------------------------------------------------------------ */

/* A script: what is typed, one piece a step; "KILL" kills the sleeper. */
static const char *script[20];
static u32 script_at;

static void type_bytes(const char *keys, size_t size)
{
	if (chip.in_head == chip.in_tail)
		chip.in_head = chip.in_tail = 0;
	CHECK(chip.in_head + size <= sizeof(chip.in), "typed too much");
	memcpy(chip.in + chip.in_head, keys, size);
	chip.in_head += size;
	chip_update();
	fake_irqs_on();
}

static void type(const char *keys)
{
	type_bytes(keys, strlen(keys));
}

static bool fake_step(void)
{
	const char *next = script[script_at];

	if (chip.fifo_count) {
		chip_send();
		fake_irqs_on();
		return true;
	}
	if (!next)
		return false;
	script_at++;
	if (!strcmp(next, "KILL"))
		fake_killed = true;
	else
		type(next);
	return true;
}

static void play(const char *a, const char *b)
{
	memset(script, 0, sizeof(script));
	script[0] = a;
	script[1] = b;
	script_at = 0;
}

static void expect_out(const char *want, const char *where)
{
	while (chip.fifo_count)
		fake_step();
	CHECK(chip.out_count == strlen(want) && !memcmp(chip.out, want, chip.out_count), "%s: '%.*s', not '%s'", where,
	      (int)chip.out_count, chip.out, want);
	chip.out_count = 0;
}

static struct file console;

static void expect_read(size_t size, const char *want)
{
	char buf[5000];
	s64 n = tty_read(&console, buf, size);

	CHECK(n == (s64)strlen(want) && !memcmp(buf, want, n), "read %ld '%.*s', not '%s'", n, n < 0 ? 0 : (int)n, buf,
	      want);
}

static void write_text(const char *text)
{
	s64 n = tty_write(&console, text, strlen(text));

	CHECK(n == (s64)strlen(text), "write %ld of '%s'", n, text);
}

static u32 input_waiting(void)
{
	s64 error = tty_ioctl(&console, TTY_INPUT_COUNT, (u64)fake_user);

	CHECK(error == 0, "TTY_INPUT_COUNT: %ld", error);
	return *(u32 *)fake_user;
}

static void set(u32 request, u64 arg, s64 want)
{
	CHECK(tty_ioctl(&console, request, arg) == want, "ioctl %x %lx", request, arg);
}

static void forget_output(void)
{
	while (chip.fifo_count)
		fake_step();
	chip.out_count = 0;
}

/* ---- Cases --------------------------------------------------------------------------------------------- */

static void check_lines(void)
{
	write_text("$ ");
	play("ab", "c\r");
	expect_read(100, "abc\n");
	expect_out("$ abc\r\n", "echo");
	type("one\rtwo\rthr");
	CHECK(input_waiting() == 4, "%u bytes of a line wait", input_waiting());
	expect_read(2, "on");
	expect_read(100, "e\n");
	expect_read(100, "two\n");
	CHECK(input_waiting() == 0, "%u bytes of no line wait", input_waiting());
	play("ee\r", NULL);
	expect_read(6, "three\n");
	forget_output();
}

static void check_end_of_input(void)
{
	type("ab\x04");
	CHECK(input_waiting() == 2, "%u bytes before ^D", input_waiting());
	expect_read(2, "ab");
	type("c\x04\x04\rd\r");
	expect_read(100, "c");
	expect_read(100, "");
	expect_read(100, "\n");
	expect_read(100, "d\n");
	forget_output();
}

static void check_interrupt(void)
{
	set(TTY_SETFG, 7, 0);
	type("old\rabc\x03");
	CHECK(killed_group == 7, "killed %d", killed_group);
	CHECK(input_waiting() == 0, "^C leaves %u bytes", input_waiting());
	expect_out("old\r\nabc^C\r\n", "^C");
	set(TTY_SETFG, 0, 0);
	killed_group = 0;
	play("abc\x03", NULL);
	expect_read(100, "\n");
	CHECK(killed_group == 0, "killed %d", killed_group);
	forget_output();
	set(TTY_SETFG, 1ull << 31, -EINVAL);
	set(TTY_SETFG, (u64)-1, -EINVAL);
}

static void check_kill(void)
{
	char buf[10];

	play("partial", "KILL");
	CHECK(tty_read(&console, buf, sizeof(buf)) == -EINTR, "a killed reader");
	fake_killed = false;
	type(" line\r");
	expect_read(100, "partial line\n");
	forget_output();
}

static void check_foreign_output(void)
{
	write_text("$ ");
	type("ec");
	write_text("[job done]\n");
	expect_out("$ ec[job done]\r\n", "output into a line");
	type("ho\x01X\r");
	expect_out("echo\b\b\b\bXecho\b\b\b\b\033[4C\r\n", "the line again");
	expect_read(100, "Xecho\n");

	type("typed ahead");
	forget_output();
	write_text("\nmore\n$ ");
	play("\r", NULL);
	expect_read(100, "typed ahead\n");
	expect_out("\r\nmore\r\n$ typed ahead\r\n", "a line shown for its reader");

	type("kern");
	printk("message\n");
	type("el\r");
	expect_out("kernmessage\r\nkernel\r\n", "printk in a line");
	expect_read(100, "kernel\n");
}

static void check_modes(void)
{
	set(TTY_SETMODE, 2, -EINVAL);
	set(TTY_GETMODE, (u64)fake_user - 1, -EFAULT);
	set(0x1234, 0, -ENOTTY);
	type("line\rpart");
	forget_output();
	set(TTY_SETMODE, TTY_RAW, 0);
	set(TTY_GETMODE, (u64)fake_user, 0);
	CHECK(*(u32 *)fake_user == TTY_RAW, "mode %u", *(u32 *)fake_user);
	CHECK(input_waiting() == 9, "%u raw bytes", input_waiting());
	expect_read(100, "line\npart");
	type("\x03\x04\033[A\r\xff");
	expect_read(2, "\x03\x04");
	write_text("a\nb");
	expect_out("a\nb", "raw output");
	set(TTY_SETMODE, TTY_COOKED, 0);
	expect_read(100, "line\n"); /* Up, Enter */
	type("\x15x\r");
	expect_read(100, "x\n");
	forget_output();
	type("\x04");
	set(TTY_SETMODE, TTY_RAW, 0);
	CHECK(input_waiting() == 0, "an end of input is no byte");
	set(TTY_SETMODE, TTY_COOKED, 0);
	expect_read(100, "");
	set(TTY_SETMODE, TTY_RAW, 0);
	type("ab\x03" "cd\r");
	killed_group = 0;
	set(TTY_SETFG, 9, 0);
	set(TTY_SETMODE, TTY_COOKED, 0);
	CHECK(killed_group == 0, "an old ^C kills %d", killed_group);
	expect_read(100, "abcd\n");
	set(TTY_SETFG, 0, 0);
	forget_output();
}

/* More is typed than anybody has room for: it must all arrive, in order. */
static void check_flood(u32 mode)
{
	static char typed[60000], got[sizeof(typed)];
	u32 done = 0;

	for (u32 i = 0; i < sizeof(typed); i++)
		typed[i] = i % 61 == 60 ? '\r' : 'a' + i / 61 % 26;
	typed[sizeof(typed) - 1] = '\r';
	set(TTY_SETMODE, mode, 0);
	type_bytes(typed, sizeof(typed));
	while (done < sizeof(typed)) {
		s64 n = tty_read(&console, got + done, 1 + random_below(200));

		CHECK(n > 0, "read %ld after %u", n, done);
		if (n <= 0)
			break;
		done += n;
		forget_output();
	}
	for (u32 i = 0; i < sizeof(typed); i++)
		if (typed[i] == '\r' && mode == TTY_COOKED)
			typed[i] = '\n';
	CHECK(!memcmp(typed, got, sizeof(typed)), "flood in mode %u", mode);
	set(TTY_SETMODE, TTY_COOKED, 0);
}

/* Large writes over a slow line, while somebody types: the writes come out whole. */
static void check_slow_output(void)
{
	static char text[100000];
	u32 at = 0;

	for (u32 i = 0; i < sizeof(text); i++)
		text[i] = i % 80 == 79 ? '\n' : '0' + i / 80 % 10;
	chip.slow = true;
	chip.out_count = 0;
	for (u32 done = 0; done < sizeof(text); done += 4000) {
		CHECK(tty_write(&console, text + done, 4000) == 4000, "a write of 4000");
		type("x");
	}
	chip.slow = false;
	type("\r");
	while (chip.fifo_count)
		fake_step();
	expect_read(100, "xxxxxxxxxxxxxxxxxxxxxxxxx\n");
	/* The digits and line ends are the text; anything else is echo. */
	for (u32 i = 0; i < chip.out_count; i++)
		if (at < sizeof(text) && chip.out[i] == text[at])
			at++;
	CHECK(at == sizeof(text), "the output goes wrong at %u", at);
	forget_output();

	chip.slow = true;
	play("KILL", NULL);
	CHECK(tty_write(&console, text, sizeof(text)) > 0, "a killed writer");
	fake_killed = false;
	play("\r", NULL);
	chip.slow = false;
	expect_read(100, "\n");
	forget_output();
	write_text("still here\n");
	expect_out("still here\r\n", "after a killed writer");
}

/* A byte that comes while an interrupt is served makes no edge of its own if the line is up for another reason. */
static void check_typing_into_interrupts(void)
{
	set(TTY_SETMODE, TTY_RAW, 0);
	for (u32 i = 5; i < 60; i++) {
		static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123456789";

		chip.typist = "typed";
		CHECK(tty_write(&console, text, i) == i, "write %u", i);
		forget_output();
		CHECK(chip.in_head == chip.in_tail, "%u bytes wait in the chip", chip.in_head - chip.in_tail);
		expect_read(10, "typed");
	}
	chip.typist = NULL;
	set(TTY_SETMODE, TTY_COOKED, 0);
}

static bool is_in_output(const char *text)
{
	for (u32 i = 0; i + strlen(text) <= chip.out_count; i++)
		if (!memcmp(chip.out + i, text, strlen(text)))
			return true;
	return false;
}

/* A line so long that its echo does not fit what room a busy line has: the next key shows it. */
static void check_lost_echo(void)
{
	static char text[QUEUE_SIZE];

	memset(text, '.', sizeof(text));
	chip.slow = true;
	write_text("\r");
	while (uart_room() >= ECHO_ROOM)
		CHECK(tty_write(&console, text, 512) == 512, "write");
	type("hidden");
	forget_output();
	chip.slow = false;
	chip_send();
	fake_irqs_on();
	forget_output();
	type(" no more\r");
	while (chip.fifo_count)
		fake_step();
	CHECK(is_in_output("hidden no more\r\n"), "the hidden line does not appear");
	expect_read(100, "hidden no more\n");
	forget_output();
}

static void expect_column(const char *bytes, u32 column)
{
	struct tty_column t = { 0 };

	for (; *bytes; bytes++)
		tty_column_byte(&t, *bytes, 80);
	CHECK(t.column == column, "column %u, not %u", t.column, column);
}

static void check_column(void)
{
	expect_column("abc", 3);
	expect_column("abc\r\n", 0);
	expect_column("abc\n", 3);
	expect_column("ab\bc", 2);
	expect_column("\b", 0);
	expect_column("a\tb", 9);
	expect_column("\033[1;31mred\033[0m$ ", 5);
	expect_column("\033[2J\033[Ha", 1);
	expect_column("\033[10;20Ha", 20);
	expect_column("\033[30Ga\033[5Db\033[2Cc", 29);
	expect_column("\033]0;title\a$ ", 2);
	expect_column("\033]0;title\033\\$ ", 2);
	expect_column("\033[999C", 79);
	expect_column("\xc3\xa9\xe2\x82\xac", 2);
	expect_column("0123456789012345678901234567890123456789012345678901234567890123456789012345678", 79);
	expect_column("01234567890123456789012345678901234567890123456789012345678901234567890123456789", 80);
	expect_column("01234567890123456789012345678901234567890123456789012345678901234567890123456789a", 1);
	forget_output();
	write_text("01234567890123456789012345678901234567890123456789012345678901234567890123456789");
	forget_output();
	type("x\r");
	expect_out("\r\nx\r\n", "a line behind a full row");
	expect_read(10, "x\n");
}

int main(void)
{
	type("early");
	uart_init();
	tty_init(UART_IRQ);
	tty_open(&console, 0);
	CHECK(tty_open(&console, 1) == -ENXIO, "minor 1");
	type(" bird\r");
	expect_read(100, "early bird\n");
	forget_output();
	check_lines();
	check_end_of_input();
	check_interrupt();
	check_kill();
	check_foreign_output();
	check_modes();
	check_flood(TTY_COOKED);
	check_flood(TTY_RAW);
	check_slow_output();
	check_typing_into_interrupts();
	check_lost_echo();
	check_column();
	CHECK(fake_held == 0 && fake_irqs_enabled, "locks are left");
	return check_done("tty");
}

void device_register(u32 major, const struct device *device)
{
	CHECK(major == DEV_CONSOLE && !strcmp(device->name, "console"), "device %u %s", major, device->name);
}
