/*
 * The pair of 8259 interrupt controllers: 16 lines, for machines that have no IOAPIC.
 *
 * Locking: none; only the boot CPU uses them, with interrupts off.
 */
#ifndef X86_PIC_H
#define X86_PIC_H

#include "abi/types.h"

#define PIC_LINES 16

/* Give line n the vector VECTOR_LINE + n, and keep all lines out. */
void pic_init(void);

void pic_unmask(u32 line);

/* Did the line's interrupt go away before the processor asked for it?  Then it must not be ended. */
bool pic_is_spurious(u32 line);
void pic_end_of_interrupt(u32 line);

#endif
