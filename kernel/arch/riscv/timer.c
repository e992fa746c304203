/*
 * Time: the `time` counter, and one deadline a hart.
 *
 * Hardware: [RV-PRIV] "Supervisor Timer (stimecmp) Register" (Sstc) where the device tree has it; else [SBI] "Timer
 * Extension".
 */
#include "riscv.h"
#include "arch/arch.h"
#include "sbi.h"

#define CSR_STIMECMP 0x14d

static u64 ticks_per_ns_inverse; /* ns a tick, as a fixed-point number with 32 fractional bits */
static u64 ticks_per_ns;         /* ticks a ns, likewise */

void riscv_timer_init_hart(void)
{
	if (riscv_machine.timebase == 0)
		panic("boot: the device tree names no timebase-frequency");
	ticks_per_ns_inverse = (1000000000ull << 32) / riscv_machine.timebase;
	ticks_per_ns = (riscv_machine.timebase << 32) / 1000000000ull;
	arch_timer_set(~0ull);
}

static u64 multiply_shift32(u64 a, u64 b)
{
	return (unsigned __int128)a * b >> 32;
}

u64 arch_clock(void)
{
	return multiply_shift32(csr_read(time), ticks_per_ns_inverse);
}

u64 riscv_clock_at(u64 ticks)
{
	unsigned __int128 ns = (unsigned __int128)ticks * ticks_per_ns_inverse >> 32;

	return ns > ~0ull ? ~0ull : ns;
}

/* One tick late rather than early: an early interrupt would find nothing to do. */
void arch_timer_set(u64 deadline)
{
	u64 ticks = deadline == ~0ull ? ~0ull : multiply_shift32(deadline, ticks_per_ns) + 1;

	if (riscv_machine.has_sstc)
		__asm__ volatile("csrw %0, %1" : : "i"(CSR_STIMECMP), "r"(ticks));
	else
		sbi_set_timer(ticks);
}

/* Not instret: from QEMU 10 on it leaves the skipped time out, and 7.2 counts it. */
u64 arch_instruction_count(void)
{
	return csr_read(cycle);
}
