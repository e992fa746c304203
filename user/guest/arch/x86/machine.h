/*
 * x86, for guests: ports, the local APIC, what the loader hands over.
 */
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "abi/types.h"

static inline void port_write8(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_write32(u16 port, u32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 port_read8(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* Registers of the local APIC, by offset. */
enum { LAPIC_ID = 0x20, LAPIC_EOI = 0xb0, LAPIC_SPURIOUS = 0xf0, LAPIC_ICR_LOW = 0x300, LAPIC_ICR_HIGH = 0x310,
       LAPIC_TIMER = 0x320, LAPIC_TIMER_START = 0x380, LAPIC_TIMER_DIVIDE = 0x3e0 };

static inline volatile u32 *lapic(u32 offset)
{
	return (volatile u32 *)(0xfee00000ul + offset);
}

/* What the loader says: where the image's RAM ends, where its RAM disk begins or that, and how many CPUs there are. */
u64 loader_ram_end(void);
u64 loader_free_end(void);
u32 loader_cpu_count(void);
/* The first seven characters of the command line, as a number. */
u64 loader_command_word(void);

/* Vectors. */
enum { VECTOR_PAGE_FAULT = 14, VECTOR_TIMER = 0x40, VECTOR_IPI = 0x41, VECTOR_SPURIOUS = 0xff };

/* From start.S. */
extern u64 start_info, next_stack, next_cpu;
void machine_init(void);
void run_other(u32 cpu);
void trap(u64 vector, u64 rip);

#endif
