/*
 * What happens at interrupts and faults: the guest's functions, or the end.
 */
#include "../guest.h"

void (*on_timer)(void);
void (*on_ipi)(void);
bool (*on_page_fault)(u64 address);
void (*on_unexpected)(void);

void trap_timer(void)
{
	CHECK(on_timer, "a timer interrupt that nobody asked for");
	on_timer();
}

void trap_ipi(void)
{
	CHECK(on_ipi, "an interrupt from another CPU that nobody asked for");
	on_ipi();
}

bool trap_page_fault(u64 address)
{
	return on_page_fault && on_page_fault(address);
}

void trap_unexpected(u64 cause, u64 pc, u64 address)
{
	if (on_unexpected)
		on_unexpected();
	fail("trap %lu at pc 0x%lx, address 0x%lx", cause, pc, address);
}
