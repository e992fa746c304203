/*
 * Interrupts, from the vector to the functions of arch.h: see interrupt.h.
 *
 * The ends: a timer or inter-CPU interrupt is ended before it is served, a device's after, because its line stays
 * raised until it is served.
 */
#include "interrupt.h"
#include "acpi.h"
#include "arch/arch.h"
#include "ioapic.h"
#include "lapic.h"
#include "pic.h"
#include "timer.h"
#include "x86.h"

/* ---- Lines --------------------------------------------------------------------------------------------- */

#define ISA_LINES 16

static bool has_ioapic(void)
{
	return acpi.ioapic_count > 0;
}

void interrupt_init(void)
{
	pic_init();
	for (u32 i = 0; i < acpi.ioapic_count; i++)
		ioapic_add(acpi.ioapic[i].base, acpi.ioapic[i].first_line);
	lapic_init(has_ioapic() ? LAPIC_PIC_IGNORED : LAPIC_PIC_HEARD);
}

void interrupt_init_secondary(void)
{
	lapic_init(LAPIC_PIC_IGNORED);
}

u32 interrupt_line_of_isa(u32 irq)
{
	for (u32 i = 0; i < acpi.override_count; i++)
		if (acpi.override[i].isa_irq == irq)
			return acpi.override[i].line;
	return irq;
}

bool interrupt_has_line(u32 line)
{
	return has_ioapic() ? ioapic_has_line(line) : line < PIC_LINES;
}

/*
 * Hardware: [ACPI] "Interrupt Source Override Structure": what is not overridden conforms to its bus, ISA being
 * edge-triggered and active high.  The other lines are virtio's: QEMU says level-triggered and active high.
 */
static void unmask_ioapic(u32 line)
{
	enum ioapic_trigger trigger = line < ISA_LINES ? IOAPIC_EDGE : IOAPIC_LEVEL;
	enum ioapic_polarity polarity = IOAPIC_ACTIVE_HIGH;

	for (u32 i = 0; i < acpi.override_count; i++) {
		if (acpi.override[i].line != line)
			continue;
		if (acpi.override[i].flags & ACPI_OVERRIDE_LEVEL)
			trigger = IOAPIC_LEVEL;
		if (acpi.override[i].flags & ACPI_OVERRIDE_ACTIVE_LOW)
			polarity = IOAPIC_ACTIVE_LOW;
	}
	ioapic_unmask(line, cpus[0].hw_id, trigger, polarity);
}

void arch_irq_unmask(u32 irq)
{
	if (has_ioapic())
		unmask_ioapic(irq);
	else if (irq < PIC_LINES)
		pic_unmask(irq);
}

static void serve_line(u32 line)
{
	if (has_ioapic()) {
		trap_device(line);
		lapic_end_of_interrupt();
	} else if (!pic_is_spurious(line)) {
		trap_device(line);
		pic_end_of_interrupt(line);
	}
}

/* ---- Vectors ------------------------------------------------------------------------------------------- */

static void report_nmi(void)
{
	struct arch_cpu *arch = &this_cpu()->arch;
	u32 count = READ_ONCE(arch->nmi_count);

	if (count == arch->nmi_reported)
		return;
	arch->nmi_reported = count;
	printk("cpu %u: non-maskable interrupt number %u ignored\n", this_cpu()->id, count);
}

void interrupt_serve(u64 vector)
{
	report_nmi();
	switch (vector) {
	case VECTOR_TIMER:
		lapic_end_of_interrupt();
		timer_interrupt();
		break;
	case VECTOR_IPI:
		lapic_end_of_interrupt();
		trap_ipi();
		break;
	case VECTOR_APIC_ERROR:
		printk("cpu %u: local APIC error 0x%x\n", this_cpu()->id, lapic_errors());
		lapic_end_of_interrupt();
		break;
	case VECTOR_SPURIOUS: /* must not be ended */
		break;
	default:
		if (vector < VECTOR_LINE)
			panic("interrupt with vector %lu, which nobody uses", vector);
		serve_line(vector - VECTOR_LINE);
	}
}

void arch_ipi_send(struct cpu *cpu)
{
	if (!lapic_send_interrupt(cpu->hw_id, VECTOR_IPI))
		panic("cpu %u does not accept interrupts: local APIC id %lu", cpu->id, cpu->hw_id);
}
