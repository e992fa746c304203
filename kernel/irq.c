/*
 * Device interrupts: see irq.h.
 *
 * Locking: none.  A line's entry is written once, before its interrupts are let in.
 */
#include "irq.h"
#include "arch/arch.h"

static struct {
	void (*fn)(void *arg);
	void *arg;
} handler[IRQ_MAX];

/* Ordering: the release makes fn and arg visible before an interrupt can look for them; pairs with irq_dispatch(). */
void irq_register(u32 irq, void (*fn)(void *arg), void *arg)
{
	ASSERT(irq < IRQ_MAX, "irq_register: line %u, at most %u", irq, IRQ_MAX - 1);
	ASSERT(!handler[irq].fn, "irq_register: line %u is taken", irq);
	handler[irq].arg = arg;
	__atomic_store_n(&handler[irq].fn, fn, __ATOMIC_RELEASE);
	arch_irq_unmask(irq);
}

void irq_dispatch(u32 irq)
{
	void (*fn)(void *) = NULL;

	if (irq < IRQ_MAX)
		fn = __atomic_load_n(&handler[irq].fn, __ATOMIC_ACQUIRE);
	if (!fn)
		panic("irq: line %u has no handler and was never unmasked", irq);
	fn(handler[irq].arg);
}
