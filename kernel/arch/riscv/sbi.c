/*
 * Calls to the firmware below: see sbi.h.
 */
#include "sbi.h"

static struct sbi_result sbi_call(u64 extension, u64 function, u64 x, u64 y, u64 z)
{
	register u64 a0 __asm__("a0") = x;
	register u64 a1 __asm__("a1") = y;
	register u64 a2 __asm__("a2") = z;
	register u64 a6 __asm__("a6") = function;
	register u64 a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){ .error = a0, .value = a1 };
}

void sbi_set_timer(u64 ticks)
{
	sbi_call(SBI_TIME, 0, ticks, 0, 0);
}

void sbi_send_ipi(u64 hart)
{
	sbi_call(SBI_IPI, 0, 1, hart, 0);
}

struct sbi_result sbi_hart_start(u64 hart, u64 start, u64 opaque)
{
	return sbi_call(SBI_HSM, 0, hart, start, opaque);
}

void sbi_reset(enum sbi_reset kind)
{
	sbi_call(SBI_SRST, 0, kind, 0, 0);
}
