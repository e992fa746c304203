/*
 * Time: the time-stamp counter for the clock, the local APIC's timer for deadlines.
 *
 * Neither says how fast it runs, so both are measured at boot against the PIT, whose frequency is the same in all PCs.
 * The counters of all CPUs are taken to run in step, as they do in QEMU and in processors of this century.
 *
 * Hardware: [SDM3] "Time-Stamp Counter", "APIC Timer"; [8254] "Read-Back Command".
 */
#include "timer.h"
#include "arch/arch.h"
#include "kernel.h"
#include "lapic.h"
#include "x86.h"

#define NS_PER_SECOND 1000000000ull

/* ---- The PIT ------------------------------------------------------------------------------------------- */

#define PIT_HZ 1193182ull

enum {
	PIT_COUNTER_0 = 0x40,
	PIT_COMMAND = 0x43,
	PIT_COUNT_DOWN_ONCE = 0x30, /* counter 0, both bytes, mode 0 */
	PIT_READ_BACK = 0xc2,       /* counter 0, status and count */
	PIT_STATUS_OUT = 0x80,      /* the count has gone below zero */
	PIT_START = 0xffff,
};

static void pit_start(void)
{
	port_write8(PIT_COMMAND, PIT_COUNT_DOWN_ONCE);
	port_write8(PIT_COUNTER_0, PIT_START & 0xff);
	port_write8(PIT_COUNTER_0, PIT_START >> 8);
}

#define PIT_EXPIRED (~0u)

/* Ticks since pit_start(); PIT_EXPIRED after 55 ms. */
static u32 pit_elapsed(void)
{
	u32 status, low, high;

	port_write8(PIT_COMMAND, PIT_READ_BACK);
	status = port_read8(PIT_COUNTER_0);
	low = port_read8(PIT_COUNTER_0);
	high = port_read8(PIT_COUNTER_0);
	return status & PIT_STATUS_OUT ? PIT_EXPIRED : PIT_START - (high << 8 | low);
}

/* ---- Measuring ----------------------------------------------------------------------------------------- */

#define MEASURE_TICKS    (PIT_HZ / 200)
#define ATTEMPTS         5
#define MEASUREMENTS_MAX 20
#define PAUSE_TURNS      2000
#define LOOKS_MAX        1000000 /* takes seconds */

/* The three counters at one moment. */
struct sample {
	u64 tsc, width; /* the moment took `width` ticks of the time-stamp counter */
	u32 lapic_left, pit;
};

static struct sample sample_once(void)
{
	struct sample s;

	s.tsc = tsc_read();
	s.lapic_left = lapic_timer_left();
	s.pit = pit_elapsed();
	s.width = tsc_read() - s.tsc;
	return s;
}

/* The shortest of a few: QEMU may be interrupted by its host in the middle of one. */
static struct sample sample_take(void)
{
	struct sample best = sample_once();

	for (int i = 1; i < ATTEMPTS; i++) {
		struct sample s = sample_once();

		if (s.width < best.width)
			best = s;
	}
	return best;
}

/* Between looks at the PIT run plain instructions: under -icount a look costs QEMU as much as thousands of them. */
static void wait_for_pit(u32 ticks)
{
	for (u32 looks = 0; pit_elapsed() < ticks; looks++) {
		if (looks == LOOKS_MAX)
			panic("boot: the PIT counts %u ticks and no more", pit_elapsed());
		for (int i = 0; i < PAUSE_TURNS; i++)
			__asm__ volatile("");
	}
}

/*
 * What QEMU makes up runs at 1 GHz exactly; the measurement is good to 500 millionths at best.  Without this the clock
 * would differ a little from the count of instructions under -icount.
 */
static u64 round_frequency(u64 hz)
{
	u64 distance = hz > NS_PER_SECOND ? hz - NS_PER_SECOND : NS_PER_SECOND - hz;

	return distance < NS_PER_SECOND / 2000 ? NS_PER_SECOND : hz;
}

static u64 tsc_start;     /* at arch_clock() 0 */
static u64 ns_per_tick;   /* of the time-stamp counter; 32 fractional bits */
static u64 lapic_per_ns;  /* ticks of the local APIC's timer; 32 fractional bits */

/* False if the host has stopped QEMU for so long that the PIT has expired meanwhile. */
static bool measure(struct sample *from, struct sample *to)
{
	pit_start();
	lapic_timer_start(~0u);
	*from = sample_take();
	wait_for_pit(from->pit + MEASURE_TICKS);
	*to = sample_take();
	lapic_timer_start(0);
	return from->pit != PIT_EXPIRED && to->pit != PIT_EXPIRED;
}

void timer_init(void)
{
	struct sample from, to;
	u64 tsc_hz, lapic_hz, pit_ticks;

	tsc_start = tsc_read();
	for (u32 i = 0; !measure(&from, &to); i++)
		if (i == MEASUREMENTS_MAX)
			panic("boot: the PIT has expired in each of %u measurements", i);
	pit_ticks = to.pit - from.pit;
	tsc_hz = round_frequency((to.tsc - from.tsc) * PIT_HZ / pit_ticks);
	lapic_hz = round_frequency((from.lapic_left - to.lapic_left) * PIT_HZ / pit_ticks);
	if (tsc_hz < PIT_HZ || lapic_hz == 0)
		panic("boot: time-stamp counter at %lu Hz, local APIC timer at %lu Hz", tsc_hz, lapic_hz);
	ns_per_tick = (NS_PER_SECOND << 32) / tsc_hz;
	lapic_per_ns = (lapic_hz << 32) / NS_PER_SECOND;
}

/* ---- The clock ----------------------------------------------------------------------------------------- */

static u64 multiply_shift32(u64 a, u64 b)
{
	return (unsigned __int128)a * b >> 32;
}

u64 arch_clock(void)
{
	return multiply_shift32(tsc_read() - tsc_start, ns_per_tick);
}

/* There is no counter of instructions that a virtual machine would have; under -icount the ticks are instructions. */
u64 arch_instruction_count(void)
{
	return tsc_read();
}

/* ---- Deadlines ----------------------------------------------------------------------------------------- */

#define COUNT_MAX 0xffffffffull

/* The count has 32 bits: a far deadline takes several turns. */
static void start_countdown(u64 deadline)
{
	u64 now = arch_clock();
	u64 ns = deadline > now ? MIN(deadline - now, NS_PER_SECOND) : 0;

	lapic_timer_start(MIN(multiply_shift32(ns, lapic_per_ns) + 1, COUNT_MAX));
}

void arch_timer_set(u64 deadline)
{
	this_cpu()->arch.timer_deadline = deadline;
	if (deadline == ~0ull)
		lapic_timer_start(0);
	else
		start_countdown(deadline);
}

/* An interrupt that came early, or was on its way when the deadline changed, is not the kernel's. */
void timer_interrupt(void)
{
	u64 deadline = this_cpu()->arch.timer_deadline;

	if (deadline == ~0ull)
		return;
	if (arch_clock() < deadline) {
		start_countdown(deadline);
		return;
	}
	this_cpu()->arch.timer_deadline = ~0ull;
	trap_timer();
}
