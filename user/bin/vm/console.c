/*
 * The guest's console: see console.h.
 *
 * Locking: machine.lock protects the output queue.  Both conditions go with it: `filled` wakes the writer, `drained`
 * who waits for room in the queue; `taken` wakes the reader.
 */
#include "console.h"
#include "io.h"
#include "machine.h"
#include "stdio.h"
#include "uart.h"
#include "watch.h"

#define ESCAPE     0x1d /* Ctrl-] */
#define QUEUE_SIZE 4096u

static struct uart *uart;
static struct thread reader, writer;
static bool is_terminal;
static u32 mode_before;

static u8 queue[QUEUE_SIZE];
static u32 head, tail; /* bytes [tail, head) wait, modulo QUEUE_SIZE */
static bool is_idle;       /* the writer waits for `filled` */
static bool is_closed;
static struct cond filled, drained, taken;

void console_attach(struct uart *u)
{
	uart = u;
}

/* ---- Output -------------------------------------------------------------------------------------------- */

/* A machine that ends does not wait for a slow terminal. */
void console_send(u8 byte)
{
	while (head - tail == QUEUE_SIZE && !machine.is_ending)
		cond_wait(&drained, &machine.lock);
	if (head - tail == QUEUE_SIZE)
		return;
	queue[head++ % QUEUE_SIZE] = byte;
	if (is_idle)
		cond_signal(&filled);
	is_idle = false;
}

/* What can be taken in one piece. */
static u32 take_output(u8 *to)
{
	u32 count = 0;

	while (tail != head)
		to[count++] = queue[tail++ % QUEUE_SIZE];
	return count;
}

static s64 write_output(void *arg)
{
	static u8 bytes[QUEUE_SIZE];

	mutex_lock(&machine.lock);
	while (!is_closed || head != tail) {
		u32 count = take_output(bytes);

		if (count == 0) {
			is_idle = true;
			cond_wait(&filled, &machine.lock);
			continue;
		}
		cond_broadcast(&drained);
		mutex_unlock(&machine.lock);
		write_all(1, bytes, count);
		mutex_lock(&machine.lock);
	}
	mutex_unlock(&machine.lock);
	return 0;
}

/* ---- Input --------------------------------------------------------------------------------------------- */

void console_has_room(void)
{
	cond_signal(&taken);
}

/* At a terminal a byte too many is lost, so that the escape key always works; a file waits. */
static void give(u8 byte)
{
	mutex_lock(&machine.lock);
	while (!uart_receive(uart, byte) && !is_terminal && !machine.is_ending)
		cond_wait(&taken, &machine.lock);
	mutex_unlock(&machine.lock);
}

static void help(void)
{
	dprintf(2, "\r\nvm: Ctrl-] and then:  x  end the machine   s  statistics   h  this help   Ctrl-]  itself\r\n");
}

static void statistics(void)
{
	struct vm_stat stat = { .size = sizeof(stat) };
	int error = stat_of_process(machine.dev, getpid(), &stat);

	if (error)
		warn("statistics", error);
	else
		print_stat(2, &stat, "\r\n");
}

static void obey(u8 key)
{
	switch (key) {
	case 'x': machine_end(0, "ended from the console"); break;
	case 's': statistics(); break;
	case ESCAPE: give(key); break;
	default: help();
	}
}

static void receive(u8 byte)
{
	static bool after_escape;

	if (after_escape)
		obey(byte);
	else if (byte != ESCAPE)
		give(byte);
	after_escape = !after_escape && byte == ESCAPE;
}

static s64 read_input(void *arg)
{
	u8 bytes[64];
	s64 count;

	while ((count = read(0, bytes, sizeof(bytes))) > 0)
		for (s64 i = 0; i < count; i++)
			receive(bytes[i]);
	return 0;
}

/* ---- The terminal -------------------------------------------------------------------------------------- */

void console_start(void)
{
	is_terminal = ioctl(0, TTY_GETMODE, (u64)&mode_before) == 0;
	if (is_terminal) {
		dprintf(2, "vm: Ctrl-] x ends the machine, Ctrl-] h lists other keys.\n");
		ioctl(0, TTY_SETMODE, TTY_RAW);
	}
	if (thread_create(&writer, write_output, NULL) || thread_create(&reader, read_input, NULL))
		machine_end(1, "no threads for the console");
}

void console_stop(void)
{
	mutex_lock(&machine.lock);
	is_closed = true;
	cond_signal(&filled);
	mutex_unlock(&machine.lock);
	thread_join(&writer, NULL);
	if (is_terminal)
		ioctl(0, TTY_SETMODE, mode_before);
}
