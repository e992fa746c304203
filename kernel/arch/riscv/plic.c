/*
 * Device interrupts: the platform-level interrupt controller, all routed to the boot hart.
 * Hardware: [PLIC] "Memory Map".
 */
#include "riscv.h"
#include "arch/arch.h"
#include "mm/buddy.h"

#define PLIC_PRIORITY(irq)      (4ull * (irq))
#define PLIC_ENABLE(context)    (0x2000ull + 0x80 * (context))
#define PLIC_THRESHOLD(context) (0x200000ull + 0x1000 * (context))
#define PLIC_CLAIM(context)     (PLIC_THRESHOLD(context) + 4)

static volatile u32 *plic_register(u64 offset)
{
	return hpa_to_ptr(hpa_add(riscv_machine.plic, offset));
}

void riscv_plic_init(void)
{
	if (riscv_machine.plic.raw)
		*plic_register(PLIC_THRESHOLD(riscv_machine.plic_context)) = 0;
}

void arch_irq_unmask(u32 irq)
{
	volatile u32 *enable = plic_register(PLIC_ENABLE(riscv_machine.plic_context) + irq / 32 * 4);

	*plic_register(PLIC_PRIORITY(irq)) = 1;
	*enable |= 1u << irq % 32;
}

u32 riscv_plic_claim(void)
{
	return riscv_machine.plic.raw ? *plic_register(PLIC_CLAIM(riscv_machine.plic_context)) : 0;
}

void riscv_plic_complete(u32 irq)
{
	*plic_register(PLIC_CLAIM(riscv_machine.plic_context)) = irq;
}
