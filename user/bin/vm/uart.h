/*
 * A 16550: the guest's serial line.
 * Hardware: [16550] "Registers".
 *
 * What is sent leaves at once, so the transmitter is always empty.  What is received waits in a queue that is longer
 * than the FIFO: it stands for the wire.  So nothing that was typed is lost while the guest starts.
 */
#ifndef VM_UART_H
#define VM_UART_H

#include "bus.h"

#define UART_QUEUE 1024

struct uart {
	struct device device; /* eight registers of a byte */
	u32 line;
	void (*send)(u8 byte);
	void (*has_room)(void); /* the guest took a byte */

	u8 enable, format, modem, fifo, scratch, divisor[2];
	bool sent;        /* the "transmitter is empty" interrupt waits */
	u32 head, tail;   /* bytes [tail, head) are received, modulo UART_QUEUE */
	u8 queue[UART_QUEUE];
};

/* Where it is, its line and the two functions are filled in; the rest becomes what it is after a reset. */
void uart_init(struct uart *u);

/* A byte for the guest; false: there is no room. */
bool uart_receive(struct uart *u, u8 byte);

#endif
