/*
 * The end of the machine, and its new start.
 *
 * Several ways, tried in turn: what a machine does not have, it ignores.
 */
#include "acpi.h"
#include "arch/arch.h"
#include "kernel.h"
#include "mm/buddy.h"

/* QEMU's "isa-debug-exit", where build.mk puts it: exits with status 2 * value + 1. */
#define PORT_DEBUG_EXIT 0xf4

/* Hardware: [ACPI] "Sleep Control and Status Registers", "PM1 Control Registers". */
enum {
	SLEEP_ENABLE = 1 << 5,
	SLEEP_TYPE_SHIFT = 2,
	PM1_SLEEP_ENABLE = 1 << 13,
	PM1_SLEEP_TYPE_SHIFT = 10,
};

/* Chip sets since the PCI days: a full reset.  The keyboard controller before them: pulse the reset line. */
enum { PORT_RESET_CONTROL = 0xcf9, RESET_FULL = 0x06, PORT_KEYBOARD_COMMAND = 0x64, KEYBOARD_PULSE_RESET = 0xfe };

static void register_write8(struct acpi_register r, u8 value)
{
	if (r.address == 0)
		return;
	if (r.space == ACPI_SPACE_PORT)
		port_write8(r.address, value);
	else if (r.space == ACPI_SPACE_MEMORY && r.address < DIRECT_SIZE)
		*(volatile u8 *)hpa_to_ptr(hpa(r.address)) = value;
}

static void soft_off(void)
{
	if (!acpi.has_soft_off)
		return;
	register_write8(acpi.sleep, SLEEP_ENABLE | acpi.soft_off_type << SLEEP_TYPE_SHIFT);
	if (acpi.pm1.address && acpi.pm1.space == ACPI_SPACE_PORT)
		port_write16(acpi.pm1.address, PM1_SLEEP_ENABLE | acpi.soft_off_type << PM1_SLEEP_TYPE_SHIFT);
}

static void __attribute__((noreturn)) stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Hardware: [SDM3] "Interrupt 8: Double Fault Exception (#DF)": an exception without gates shuts the processor down. */
static void __attribute__((noreturn)) triple_fault(void)
{
	static const u8 no_gates[10];

	__asm__ volatile("lidt %0; ud2" : : "m"(no_gates));
	stop();
}

/* Turning the power off gives status 0; the debug port any odd one, so that an even code becomes the next odd one. */
void arch_halt(int code)
{
	if (code != 0)
		port_write32(PORT_DEBUG_EXIT, (u32)code >> 1);
	soft_off();
	stop();
}

void arch_restart(void)
{
	register_write8(acpi.reset, acpi.reset_value);
	port_write8(PORT_RESET_CONTROL, RESET_FULL);
	port_write8(PORT_KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
	triple_fault();
}
