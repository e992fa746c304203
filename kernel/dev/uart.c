/*
 * The serial line: see uart.h.
 *
 * Locking: uart.lock (RANK_UART) protects the queue and the interrupt enables.  The transmitter has a lock of its own,
 * `holder`, inside that one: a bare word, since printk() must work before a CPU has its struct cpu and after an
 * assertion about locks has failed.  Its holder waits for no other CPU, so waiting for it needs no serving of requests.
 *
 * Hardware: [16550] the registers and their bits.  The interrupt line may be edge-triggered (PC), so an interrupt ends
 * with taking all enables back and giving them again: if a reason is left, that makes an edge.
 */
#include "dev/uart.h"
#include "arch/arch.h"
#include "irq.h"
#include "lock.h"

enum {
	REG_DATA = 0,   /* receive and transmit */
	REG_ENABLE = 1, /* interrupts */
	REG_FIFO = 2,   /* written */
	REG_IDENT = 2,  /* read */
	REG_FORMAT = 3,
	REG_MODEM = 4,
	REG_STATUS = 5,

	ENABLE_RECEIVE = 1,
	ENABLE_TRANSMIT = 2, /* when the FIFO is empty */
	FIFO_ON = 1,
	IDENT_FIFO_ON = 0xc0,
	FORMAT_8N1 = 3,
	MODEM_READY = 0x0b, /* DTR, RTS, and OUT2, which lets a PC's interrupt through */
	STATUS_RECEIVED = 1,
	STATUS_EMPTY = 0x20, /* the transmit FIFO */
};

#define FIFO_SIZE    16
#define QUEUE_SIZE   (16 * 1024u)
#define BYTES_A_TURN 64    /* sent in one interrupt */
#define BREAK_SPINS  10000

static u32 holder; /* 1: somebody uses the transmitter */
static bool breakable;

static struct {
	/* constant after uart_start() */
	void (*received)(u8 byte);
	void (*has_room)(void);

	/* uart_init(), then uart_start() */
	u8 early;       /* a byte that came before the FIFOs were on */
	bool has_early;

	/* lock */
	struct spinlock lock;
	u8 enabled;     /* what REG_ENABLE is to hold */
	u32 head, tail; /* bytes [tail, head) are queued, modulo QUEUE_SIZE */
	bool crowded;   /* it has been half full since has_room() was called */
	u8 queue[QUEUE_SIZE];
} uart = { .lock = SPINLOCK_INIT("uart", RANK_UART) };

/* Turning the FIFOs on empties them, and at boot somebody may have typed already. */
void uart_init(void)
{
	arch_uart_write(REG_ENABLE, 0);
	arch_uart_write(REG_FORMAT, FORMAT_8N1);
	arch_uart_write(REG_MODEM, MODEM_READY);
	if ((arch_uart_read(REG_IDENT) & IDENT_FIFO_ON) == IDENT_FIFO_ON)
		return;
	uart.has_early = arch_uart_read(REG_STATUS) & STATUS_RECEIVED;
	if (uart.has_early)
		uart.early = arch_uart_read(REG_DATA);
	arch_uart_write(REG_FIFO, FIFO_ON);
}

/* ---- Synchronous --------------------------------------------------------------------------------------- */

/* Ordering: acquire; pairs with uart_release(). */
enum irq_state uart_hold(void)
{
	enum irq_state before = arch_irq_enabled() ? IRQS_WERE_ON : IRQS_WERE_OFF;

	arch_irq_disable();
	for (u32 spins = 0; __atomic_exchange_n(&holder, 1, __ATOMIC_ACQUIRE); spins++) {
		if (READ_ONCE(breakable) && spins > BREAK_SPINS)
			break;
		cpu_relax();
	}
	return before;
}

void uart_release(enum irq_state before)
{
	__atomic_store_n(&holder, 0, __ATOMIC_RELEASE);
	if (before == IRQS_WERE_ON)
		arch_irq_enable();
}

void uart_put(char c)
{
	while (!(arch_uart_read(REG_STATUS) & STATUS_EMPTY))
		;
	arch_uart_write(REG_DATA, c);
}

void uart_break_locks(void)
{
	WRITE_ONCE(breakable, true);
}

/* ---- By interrupt -------------------------------------------------------------------------------------- */

static void enable_locked(u8 enabled)
{
	ASSERT(spin_is_held(&uart.lock), "uart: enables %x without the lock", enabled);
	if (enabled == uart.enabled)
		return;
	uart.enabled = enabled;
	arch_uart_write(REG_ENABLE, enabled);
}

static void enable(u8 bits)
{
	spin_lock(&uart.lock);
	enable_locked(uart.enabled | bits);
	spin_unlock(&uart.lock);
}

void uart_receive_stop(void)
{
	spin_lock(&uart.lock);
	enable_locked(uart.enabled & ~ENABLE_RECEIVE);
	spin_unlock(&uart.lock);
}

void uart_receive_start(void)
{
	enable(ENABLE_RECEIVE);
}

/* Exact under the lock. */
static u32 queued(void)
{
	return uart.head - uart.tail;
}

size_t uart_room(void)
{
	size_t room;

	spin_lock(&uart.lock);
	room = QUEUE_SIZE - queued();
	spin_unlock(&uart.lock);
	return room;
}

size_t uart_write(const void *bytes, size_t size)
{
	const u8 *p = bytes;
	size_t count = 0;

	spin_lock(&uart.lock);
	while (count < size && queued() < QUEUE_SIZE)
		uart.queue[uart.head++ % QUEUE_SIZE] = p[count++];
	uart.crowded |= queued() >= QUEUE_SIZE / 2;
	if (queued())
		enable_locked(uart.enabled | ENABLE_TRANSMIT);
	spin_unlock(&uart.lock);
	return count;
}

/* As much as the FIFO takes; false if it is not empty. */
static bool fill_fifo_locked(void)
{
	enum irq_state before = uart_hold();
	bool empty = arch_uart_read(REG_STATUS) & STATUS_EMPTY;

	for (u32 i = 0; empty && i < FIFO_SIZE && queued(); i++)
		arch_uart_write(REG_DATA, uart.queue[uart.tail++ % QUEUE_SIZE]);
	uart_release(before);
	return empty;
}

static void transmit_locked(void)
{
	for (u32 sent = 0; sent < BYTES_A_TURN && queued(); sent += FIFO_SIZE)
		if (!fill_fifo_locked())
			break;
	if (!queued())
		enable_locked(uart.enabled & ~ENABLE_TRANSMIT);
}

/* The data register is read here alone: device interrupts arrive at one CPU. */
static void receive(void)
{
	while ((READ_ONCE(uart.enabled) & ENABLE_RECEIVE) &&
	       (arch_uart_read(REG_STATUS) & STATUS_RECEIVED))
		uart.received(arch_uart_read(REG_DATA));
}

static void uart_interrupt(void *arg)
{
	bool got_room;

	receive();
	spin_lock(&uart.lock);
	transmit_locked();
	got_room = uart.crowded && queued() < QUEUE_SIZE / 2;
	uart.crowded &= !got_room;
	arch_uart_write(REG_ENABLE, 0);
	arch_uart_write(REG_ENABLE, uart.enabled);
	spin_unlock(&uart.lock);
	if (got_room)
		uart.has_room();
}

void uart_start(u32 irq, void (*received)(u8 byte), void (*has_room)(void))
{
	uart.received = received;
	uart.has_room = has_room;
	irq_register(irq, uart_interrupt, NULL);
	if (uart.has_early)
		received(uart.early);
	enable(ENABLE_RECEIVE);
}

static void flush_queue(void)
{
	enum irq_state before = uart_hold();

	while (queued())
		uart_put(uart.queue[uart.tail++ % QUEUE_SIZE]);
	uart_release(before);
}

void uart_flush(void)
{
	spin_lock(&uart.lock);
	flush_queue();
	spin_unlock(&uart.lock);
}

/* Interrupts stay enabled: the next one finds that there is room. */
void uart_try_flush(void)
{
	if (READ_ONCE(uart.head) == READ_ONCE(uart.tail))
		return;
	if (READ_ONCE(breakable)) {
		flush_queue();
	} else if (spin_try_lock(&uart.lock)) {
		flush_queue();
		spin_unlock(&uart.lock);
	}
}
