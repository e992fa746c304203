/*
 * What the guest finds where there is no RAM: devices, in memory and (x86) at ports, and interrupt lines.
 *
 * Devices are added before the guest runs and never leave.  Locking: bus_read(), bus_write(), line_set() and all that
 * devices do: machine.lock.
 */
#ifndef VM_BUS_H
#define VM_BUS_H

#include "abi/types.h"

enum bus { BUS_MEMORY, BUS_PORTS, BUS_COUNT };

struct device {
	u64 base, size;
	u32 width; /* bytes of its widest access: a wider one comes as several, lowest address first */
	void *state;
	u64 (*read)(void *state, u64 offset, u32 bytes);
	void (*write)(void *state, u64 offset, u32 bytes, u64 data);
};

/* *device must live as long as the bus. */
void bus_add(enum bus bus, const struct device *device);

/* 1 to 8 bytes at an address.  Where there is no device, reads answer all ones and writes go nowhere: as on a PC. */
u64 bus_read(enum bus bus, u64 address, u32 bytes);
void bus_write(enum bus bus, u64 address, u32 bytes, u64 data);

/* The level, 0 or 1, of a device's interrupt line, by the number that the guest knows it by.  Each machine has its. */
void line_set(u32 line, u32 level);

#endif
