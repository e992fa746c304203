/*
 * The local APIC's timer, for vlapic.c; what others use is in vlapic.h.
 */
#ifndef X86_VLAPIC_TIMER_H
#define X86_VLAPIC_TIMER_H

#include "vlapic.h"

/* Begin to count down from `count`; 0 stops it. */
void vlapic_timer_start(struct vlapic *lapic, u32 count, u64 now);

/* Go on with what is left, at another speed. */
void vlapic_timer_divide(struct vlapic *lapic, u32 divide, u64 now);

u32 vlapic_timer_left(const struct vlapic *lapic, u64 now);

#endif
