/*
 * The local APIC's timer: see vlapic_timer.h and vlapic.h.
 *
 * It is not counted down: what is left follows from the time since it began.  Expirations of a periodic timer that the
 * guest was not there for become one.
 */
#include "vlapic_timer.h"

enum { LVT_MASKED = 0x10000, LVT_PERIODIC = 0x20000 };

static u32 value_of(const struct vlapic *lapic, u32 reg)
{
	return lapic->reg[reg / 16];
}

/* Hardware: [SDM3] "Divide Configuration Register": bits 3, 1 and 0; 111 divides by 1. */
static u64 ns_per_count(const struct vlapic *lapic)
{
	u32 divide = value_of(lapic, LAPIC_DIVIDE);

	return 1ull << (((divide >> 1 & 4) + (divide & 3) + 1) & 7);
}

/* From the start to the expiration. */
static u64 period(const struct vlapic *lapic)
{
	return value_of(lapic, LAPIC_INITIAL) * ns_per_count(lapic);
}

static bool is_periodic(const struct vlapic *lapic)
{
	return value_of(lapic, LAPIC_LVT_TIMER) & LVT_PERIODIC;
}

static u64 elapsed(const struct vlapic *lapic, u64 now)
{
	s64 ns = now - lapic->timer_start;

	return MAX(ns, 0);
}

void vlapic_timer_start(struct vlapic *lapic, u32 count, u64 now)
{
	lapic->reg[LAPIC_INITIAL / 16] = count;
	lapic->timer_is_on = count != 0;
	lapic->timer_start = now;
}

void vlapic_timer_divide(struct vlapic *lapic, u32 divide, u64 now)
{
	u64 counted = lapic->timer_is_on ? elapsed(lapic, now) / ns_per_count(lapic) : 0;

	lapic->reg[LAPIC_DIVIDE / 16] = divide;
	lapic->timer_start = now - counted * ns_per_count(lapic);
}

u32 vlapic_timer_left(const struct vlapic *lapic, u64 now)
{
	u64 counted = elapsed(lapic, now) / ns_per_count(lapic), initial = value_of(lapic, LAPIC_INITIAL);

	if (!lapic->timer_is_on)
		return 0;
	if (is_periodic(lapic))
		return initial - counted % initial;
	return counted < initial ? initial - counted : 0;
}

void vlapic_run_timer(struct vlapic *lapic, u64 now)
{
	u32 lvt = value_of(lapic, LAPIC_LVT_TIMER);

	if (!lapic->timer_is_on || elapsed(lapic, now) < period(lapic))
		return;
	if (is_periodic(lapic))
		lapic->timer_start += elapsed(lapic, now) / period(lapic) * period(lapic);
	else
		lapic->timer_is_on = false;
	if (!(lvt & LVT_MASKED))
		vlapic_accept(lapic, lvt);
}

u64 vlapic_deadline(const struct vlapic *lapic)
{
	if (!lapic->timer_is_on || value_of(lapic, LAPIC_LVT_TIMER) & LVT_MASKED)
		return ~0ull;
	return lapic->timer_start + period(lapic);
}
