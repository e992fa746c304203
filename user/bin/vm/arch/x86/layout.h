/*
 * Where things are for the guest: a PC without PCI and without an I/O APIC, with virtio windows where QEMU's "microvm"
 * has them.
 *
 *   0          RAM
 *   0xa0000    as RAM, but the map calls it reserved: what the guest finds from us begins at FIRMWARE
 *   0x100000   RAM, up to RAM_LOW_MAX
 *   RAM_LOW_MAX  windows, the local APIC
 *   4 GiB      the rest of RAM
 */
#ifndef VM_LAYOUT_H
#define VM_LAYOUT_H

#include "../../machine.h"

#define RAM_LOW_END    0xa0000ul
#define FIRMWARE       0xe0000ul
#define FIRMWARE_END   0x100000ul
#define RAM_HIGH       0x100000ul
#define RAM_LOW_MAX    0xc0000000ul
#define RAM_ABOVE      0x100000000ul

#define VIRTIO_BASE    0xfeb00000ul
#define VIRTIO_LINE    5
#define LAPIC_BASE     0xfee00000ul

#define UART_PORT      0x3f8
#define UART_MEMORY    0xfe000000ul /* the same registers again, for guests that cannot use ports */
#define UART_LINE      4
#define DEBUG_EXIT_PORT 0xf4
#define SLEEP_PORT     0x604 /* a byte: ACPI's sleep control register */
#define KEYBOARD_PORT  0x64
#define PCI_ADDRESS_PORT 0xcf8 /* there is no PCI; but within these four ports: */
#define RESET_PORT     0xcf9

#define SLEEP_TYPE_OFF 5

/* RAM, and what the map calls reserved though it is RAM.  Types are those of all loaders. */
enum { MEMORY_RAM = 1, MEMORY_RESERVED = 2, MEMORY_PIECES = 5 };
struct memory_piece {
	u64 start, end;
	u32 type;
};

/* The map, in rising order: how many pieces. */
u32 list_memory(struct memory_piece piece[MEMORY_PIECES]);

/* The end of RAM below RAM_LOW_MAX. */
u64 low_memory_end(void);

#define COMMAND_LINE_MAX 4096

/* A piece of FIRMWARE, zeroed and aligned: *at is its guest address.  Too much ends the program. */
void *firmware_take(u64 size, u64 *at);

/* Write ACPI's tables: where the first one is. */
u64 write_acpi(void);

#endif
