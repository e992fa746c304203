/*
 * The local APIC: this CPU's interrupt controller, with its timer.
 *
 * Only interrupt.c, timer.c, ap.c and the boot code use it.  Every function concerns the CPU it is called on.
 */
#ifndef X86_LAPIC_H
#define X86_LAPIC_H

#include "abi/types.h"

/* Is the interrupt pin LINT0, at which a PIC sits on the boot CPU, of use? */
enum lapic_pic { LAPIC_PIC_IGNORED, LAPIC_PIC_HEARD };

/* Turn it on: ready for interrupts between CPUs, the timer stopped. */
void lapic_init(enum lapic_pic pic);

u32 lapic_id(void);

/* Say that the newest interrupt has been served. */
void lapic_end_of_interrupt(void);

/* What went wrong since the last call: bits of the error status register. */
u32 lapic_errors(void);

/* What one CPU can send to another, by APIC id.  True if it was accepted. */
bool lapic_send_interrupt(u32 id, u8 vector);
bool lapic_send_init(u32 id);
bool lapic_send_startup(u32 id, u32 page);

/* Count down from `count` once and then raise VECTOR_TIMER; 0 stops it.  The unit is what timer.c has measured. */
void lapic_timer_start(u32 count);
u32 lapic_timer_left(void);

#endif
