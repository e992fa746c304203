/*
 * Ports that end the machine: ACPI's sleep register, two ways to reset, QEMU's isa-debug-exit.
 * Hardware: [ACPI] "Sleep Control and Status Registers".
 */
#ifndef VM_POWER_H
#define VM_POWER_H

/* Add them to the bus. */
void power_init(void);

#endif
