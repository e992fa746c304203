/*
 * The local APIC: see lapic.h.
 *
 * Hardware: [SDM3] "Advanced Programmable Interrupt Controller (APIC)".  Registers are 32 bits wide and 16 bytes
 * apart, in a page of device memory.
 *
 * Locking: none; each CPU has its own.  Sending takes two writes, so interrupts are off between them.
 */
#include "lapic.h"
#include "arch/arch.h"
#include "kernel.h"
#include "mm/buddy.h"

enum {
	REG_ID = 0x20,
	REG_TASK_PRIORITY = 0x80,
	REG_EOI = 0xb0,
	REG_SPURIOUS = 0xf0,
	REG_ERROR = 0x280,
	REG_ICR_LOW = 0x300,
	REG_ICR_HIGH = 0x310,
	REG_LVT_TIMER = 0x320,
	REG_LVT_LINT0 = 0x350,
	REG_LVT_LINT1 = 0x360,
	REG_LVT_ERROR = 0x370,
	REG_TIMER_INITIAL = 0x380,
	REG_TIMER_CURRENT = 0x390,
	REG_TIMER_DIVIDE = 0x3e0,

	ID_SHIFT = 24, /* in REG_ID and REG_ICR_HIGH */
	SPURIOUS_ENABLE = 0x100,
	LVT_MASKED = 0x10000,
	LVT_NMI = 0x400,
	LVT_EXTINT = 0x700, /* ask the PIC for the vector */
	TIMER_DIVIDE_BY_1 = 0xb,

	ICR_FIXED = 0x000,
	ICR_INIT = 0x500,
	ICR_STARTUP = 0x600,
	ICR_PENDING = 0x1000,
	ICR_ASSERT = 0x4000,
};

#define ICR_SPINS 100000 /* more than a message ever takes */

static hpa_t lapic_base; /* the same on all CPUs */

static volatile u32 *lapic_register(u32 reg)
{
	return hpa_to_ptr(hpa_add(lapic_base, reg));
}

static u32 lapic_read(u32 reg)
{
	return *lapic_register(reg);
}

static void lapic_write(u32 reg, u32 value)
{
	*lapic_register(reg) = value;
}

/* Hardware: [SDM3] "Error Handling": a write brings it up to date. */
u32 lapic_errors(void)
{
	lapic_write(REG_ERROR, 0);
	return lapic_read(REG_ERROR);
}

void lapic_init(enum lapic_pic pic)
{
	u64 base;

	if (!(cpuid(CPUID_FEATURES).edx & CPUID_1_EDX_APIC))
		panic("boot: this processor has no local APIC (CPUID 1: edx 0x%x)", cpuid(CPUID_FEATURES).edx);
	base = msr_read(MSR_APIC_BASE);
	msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	lapic_base = hpa(base & APIC_BASE_MASK);
	lapic_write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	lapic_write(REG_TASK_PRIORITY, 0);
	lapic_write(REG_LVT_LINT0, pic == LAPIC_PIC_HEARD ? LVT_EXTINT : LVT_MASKED);
	lapic_write(REG_LVT_LINT1, LVT_NMI);
	lapic_write(REG_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	lapic_write(REG_LVT_TIMER, VECTOR_TIMER);
	lapic_write(REG_TIMER_INITIAL, 0);
	lapic_errors();
	lapic_write(REG_LVT_ERROR, VECTOR_APIC_ERROR);
}

u32 lapic_id(void)
{
	return lapic_read(REG_ID) >> ID_SHIFT;
}

void lapic_end_of_interrupt(void)
{
	lapic_write(REG_EOI, 0);
}

/* ---- Between CPUs -------------------------------------------------------------------------------------- */

static bool lapic_is_idle(void)
{
	for (u32 spins = 0; lapic_read(REG_ICR_LOW) & ICR_PENDING; spins++) {
		if (spins == ICR_SPINS)
			return false;
		cpu_relax();
	}
	return true;
}

/* Hardware: [SDM3] "Interrupt Command Register (ICR)": writing the low half sends. */
static bool lapic_send(u32 id, u32 message)
{
	bool on = arch_irq_enabled(), sent;

	arch_irq_disable();
	sent = lapic_is_idle();
	if (sent) {
		lapic_write(REG_ICR_HIGH, id << ID_SHIFT);
		lapic_write(REG_ICR_LOW, ICR_ASSERT | message);
	}
	if (on)
		arch_irq_enable();
	return sent;
}

bool lapic_send_interrupt(u32 id, u8 vector)
{
	return lapic_send(id, ICR_FIXED | vector);
}

bool lapic_send_init(u32 id)
{
	return lapic_send(id, ICR_INIT);
}

/* Hardware: [SDM3] "Interrupt Command Register (ICR)": the vector is the number of the 4 KiB page to start at. */
bool lapic_send_startup(u32 id, u32 page)
{
	return lapic_send(id, ICR_STARTUP | page);
}

/* ---- The timer ----------------------------------------------------------------------------------------- */

void lapic_timer_start(u32 count)
{
	lapic_write(REG_TIMER_INITIAL, count);
}

u32 lapic_timer_left(void)
{
	return lapic_read(REG_TIMER_CURRENT);
}
