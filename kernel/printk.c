/*
 * The kernel's own printing: formatted, synchronous, straight to the UART.
 *
 * It works from the first instruction of kernel code on any CPU, with any lock held and in any trap: it uses neither
 * this_cpu() nor a struct spinlock, only the transmitter's own lock, which is held for a whole call, so that calls on
 * several CPUs never mix.  Each printk() should therefore print a whole line.
 *
 * What programs have written to the console is sent before what printk() prints.
 */
#include "kernel.h"
#include "printk.h"
#include "dev/uart.h"
#include "lib/printf.h"

static u32 message_count; /* of messages; the transmitter's lock */

static void uart_sink_put(struct print_sink *sink, char c)
{
	if (c == '\n')
		uart_put('\r');
	uart_put(c);
}

void vprintk(const char *format, va_list args)
{
	struct print_sink sink = { .put = uart_sink_put };
	enum irq_state before;

	uart_try_flush();
	before = uart_hold();
	WRITE_ONCE(message_count, message_count + 1);
	print_to(&sink, format, args);
	uart_release(before);
}

void printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintk(format, args);
	va_end(args);
}

u32 printk_count(void)
{
	return READ_ONCE(message_count);
}

void printk_panic_mode(void)
{
	uart_break_locks();
}
