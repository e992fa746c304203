/*
 * Interrupts, whatever controllers there are: IOAPICs if ACPI names any, else the PIC.
 */
#ifndef X86_INTERRUPT_H
#define X86_INTERRUPT_H

#include "abi/types.h"

/* Find the controllers and quieten them; this CPU's local APIC too.  Boot CPU, once, after acpi_read(). */
void interrupt_init(void);

/* This CPU's part, on the others. */
void interrupt_init_secondary(void);

/* The number, as in boot_info, of what an ISA device calls its interrupt. */
u32 interrupt_line_of_isa(u32 irq);

/* Are there lines 24 and up? */
bool interrupt_has_line(u32 line);

/* Serve the interrupt.  Interrupts are off. */
void interrupt_serve(u64 vector);

#endif
