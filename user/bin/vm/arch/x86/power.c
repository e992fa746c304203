/*
 * Ports that end the machine: see power.h.
 *
 * The reset register is a byte in the middle of PCI's configuration address, which is four bytes wide.  There is no PCI
 * here, so what is written there goes nowhere, and reads find all ones: but the register is not meant by it.
 */
#include "power.h"
#include "layout.h"
#include "../../bus.h"

static u64 read_nothing(void *state, u64 offset, u32 bytes)
{
	return 0;
}

/* As QEMU's isa-debug-exit: the exit status is 2 * value + 1. */
static void debug_exit(void *state, u64 offset, u32 bytes, u64 data)
{
	machine_end((data * 2 + 1) & 0xff, "the guest has shut down with code %lu", data * 2 + 1);
}

enum { SLEEP_ENABLE = 0x20, SLEEP_TYPE_SHIFT = 2 };

static void sleep_control(void *state, u64 offset, u32 bytes, u64 data)
{
	if (data == (SLEEP_ENABLE | SLEEP_TYPE_OFF << SLEEP_TYPE_SHIFT))
		machine_end(0, "the guest has shut down");
}

static void restart(void)
{
	machine_end(MACHINE_RESTART, "the guest has asked for a restart");
}

enum { RESET_REQUEST = 4, KEYBOARD_PULSE_RESET = 0xfe };

static bool is_reset_register(u64 offset, u32 bytes)
{
	return PCI_ADDRESS_PORT + offset == RESET_PORT && bytes == 1;
}

static u64 read_pci(void *state, u64 offset, u32 bytes)
{
	return is_reset_register(offset, bytes) ? 0 : ~0ull;
}

static void write_pci(void *state, u64 offset, u32 bytes, u64 data)
{
	if (is_reset_register(offset, bytes) && data & RESET_REQUEST)
		restart();
}

/* Of the keyboard controller only the command that pulses the reset line. */
static void keyboard_command(void *state, u64 offset, u32 bytes, u64 data)
{
	if (data == KEYBOARD_PULSE_RESET)
		restart();
}

static const struct device devices[] = {
	{ .base = DEBUG_EXIT_PORT, .size = 4, .width = 4, .read = read_nothing, .write = debug_exit },
	{ .base = SLEEP_PORT, .size = 1, .width = 1, .read = read_nothing, .write = sleep_control },
	{ .base = PCI_ADDRESS_PORT, .size = 4, .width = 4, .read = read_pci, .write = write_pci },
	{ .base = KEYBOARD_PORT, .size = 1, .width = 1, .read = read_nothing, .write = keyboard_command },
};

void power_init(void)
{
	for (u32 i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		bus_add(BUS_PORTS, &devices[i]);
}
