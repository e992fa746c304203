/*
 * What ACPI's tables say about CPUs, interrupt controllers, power and reset.
 */
#ifndef X86_ACPI_H
#define X86_ACPI_H

#include "boot_info.h"

/* A register somewhere: "generic address structure". */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_PORT = 1 };

struct acpi_register {
	u64 address; /* 0: there is no such register */
	u8 space;    /* enum acpi_space */
};

enum { ACPI_OVERRIDE_ACTIVE_LOW = 0x2, ACPI_OVERRIDE_LEVEL = 0x8 };

struct acpi {
	u32 cpu_count; /* up to MAX_CPUS, the boot CPU included, in the order of the table */
	u32 cpu_apic_id[MAX_CPUS];

	u32 ioapic_count;
	struct {
		hpa_t base;
		u32 first_line;
	} ioapic[4];

	u32 override_count;
	struct {
		u32 isa_irq;
		u32 line;
		u32 flags;
	} override[16];

	struct acpi_register sleep;  /* one byte: machines without ACPI's older hardware */
	struct acpi_register pm1;    /* two bytes: the others */
	bool has_soft_off;
	u8 soft_off_type;            /* what to write there to turn the machine off */
	struct acpi_register reset;
	u8 reset_value;
};

/* All zero without ACPI: one CPU, the PIC. */
extern struct acpi acpi;

/*
 * Read the tables that start at rsdp.  A null address, or a table that is damaged or beyond 4 GiB, leaves out what it
 * would have said.  Nothing points into the tables afterwards: they may lie in memory that is handed out later.
 */
void acpi_read(hpa_t rsdp);

#endif
