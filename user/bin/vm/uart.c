/*
 * A 16550: see uart.h.
 *
 * The line is up while there is a reason: received bytes, or that the transmitter became empty; each if it is enabled.
 * The second reason goes away when the guest reads it from IDENT or sends, and comes back by sending or enabling it.
 */
#include "uart.h"

enum {
	REG_DATA, REG_ENABLE, REG_IDENT, REG_FORMAT, REG_MODEM, REG_STATUS, REG_MODEM_STATUS, REG_SCRATCH,
	REG_FIFO = REG_IDENT, /* written */

	ENABLE_RECEIVE = 1, ENABLE_TRANSMIT = 2, ENABLE_BITS = 0x0f,
	IDENT_NONE = 1, IDENT_TRANSMIT = 2, IDENT_RECEIVE = 4, IDENT_FIFO_ON = 0xc0,
	FIFO_ON = 1,
	FORMAT_DIVISOR = 0x80, /* the first two registers are the divisor */
	MODEM_LOOP = 0x10, MODEM_BITS = 0x1f,
	STATUS_RECEIVED = 1, STATUS_SPACE = 0x20, STATUS_EMPTY = 0x40,
	MODEM_STATUS_READY = 0xb0, /* carrier, data set ready, clear to send */
};

static u8 reason(const struct uart *u)
{
	if ((u->enable & ENABLE_RECEIVE) && u->head != u->tail)
		return IDENT_RECEIVE;
	if ((u->enable & ENABLE_TRANSMIT) && u->sent)
		return IDENT_TRANSMIT;
	return IDENT_NONE;
}

static void update_line(struct uart *u)
{
	line_set(u->line, reason(u) != IDENT_NONE);
}

bool uart_receive(struct uart *u, u8 byte)
{
	if (u->head - u->tail == UART_QUEUE)
		return false;
	u->queue[u->head++ % UART_QUEUE] = byte;
	update_line(u);
	return true;
}

static void send(struct uart *u, u8 byte)
{
	u->sent = true;
	if (u->modem & MODEM_LOOP)
		uart_receive(u, byte);
	else
		u->send(byte);
}

static u8 take(struct uart *u)
{
	u8 byte;

	if (u->head == u->tail)
		return 0;
	byte = u->queue[u->tail++ % UART_QUEUE];
	u->has_room();
	return byte;
}

static u8 take_reason(struct uart *u)
{
	u8 ident = reason(u);

	if (ident == IDENT_TRANSMIT)
		u->sent = false;
	return ident | (u->fifo & FIFO_ON ? IDENT_FIFO_ON : 0);
}

static u8 read_register(struct uart *u, u64 reg)
{
	if (reg < 2 && (u->format & FORMAT_DIVISOR))
		return u->divisor[reg];
	switch (reg) {
	case REG_DATA: return take(u);
	case REG_ENABLE: return u->enable;
	case REG_IDENT: return take_reason(u);
	case REG_FORMAT: return u->format;
	case REG_MODEM: return u->modem;
	case REG_STATUS: return STATUS_SPACE | STATUS_EMPTY | (u->head != u->tail ? STATUS_RECEIVED : 0);
	case REG_MODEM_STATUS: return MODEM_STATUS_READY;
	default: return u->scratch;
	}
}

/* Emptying the receive FIFO takes nothing off the wire. */
static void write_register(struct uart *u, u64 reg, u8 value)
{
	if (reg < 2 && (u->format & FORMAT_DIVISOR)) {
		u->divisor[reg] = value;
		return;
	}
	switch (reg) {
	case REG_DATA:
		send(u, value);
		break;
	case REG_ENABLE:
		u->sent |= (value & ~u->enable & ENABLE_TRANSMIT) != 0;
		u->enable = value & ENABLE_BITS;
		break;
	case REG_FIFO: u->fifo = value; break;
	case REG_FORMAT: u->format = value; break;
	case REG_MODEM: u->modem = value & MODEM_BITS; break;
	case REG_SCRATCH: u->scratch = value; break;
	}
}

static u64 uart_read(void *state, u64 offset, u32 bytes)
{
	struct uart *u = state;
	u8 value = read_register(u, offset);

	update_line(u);
	return value;
}

static void uart_write(void *state, u64 offset, u32 bytes, u64 data)
{
	struct uart *u = state;

	write_register(u, offset, data);
	update_line(u);
}

void uart_init(struct uart *u)
{
	u->device.size = 8;
	u->device.width = 1;
	u->device.state = u;
	u->device.read = uart_read;
	u->device.write = uart_write;
	u->divisor[0] = 12; /* 9600 baud */
}
