/*
 * Time: see arch.h for what the kernel sees.
 */
#ifndef X86_TIMER_H
#define X86_TIMER_H

/* Measure the counters.  Boot CPU, once, after interrupt_init(); takes 5 ms. */
void timer_init(void);

/* This CPU's timer has run out. */
void timer_interrupt(void);

#endif
