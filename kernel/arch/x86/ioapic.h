/*
 * The IOAPICs: they turn device lines into interrupts of a CPU.
 *
 * Lines are numbered as ACPI does ("global system interrupts"), across all IOAPICs.
 *
 * Locking: none; used by the boot CPU during boot.
 */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include "abi/types.h"
#include "mmu/pt/addr.h"

enum ioapic_trigger { IOAPIC_EDGE, IOAPIC_LEVEL };
enum ioapic_polarity { IOAPIC_ACTIVE_HIGH, IOAPIC_ACTIVE_LOW };

/* There is an IOAPIC whose lines start at first_line.  Keeps all of them out. */
void ioapic_add(hpa_t base, u32 first_line);

bool ioapic_has_line(u32 line);

/* Send the line's interrupts to the CPU with this APIC id as VECTOR_LINE + line.  A line that nobody has is ignored. */
void ioapic_unmask(u32 line, u32 apic_id, enum ioapic_trigger trigger, enum ioapic_polarity polarity);

#endif
