/*
 * Starting the other CPUs ("application processors").
 *
 * Hardware: [SDM3] "MP Initialization Protocol Algorithm for MP Systems", "Typical BSP Initialization Sequence": an
 * INIT puts the CPU into a known state, a start-up message names the page where it begins, and a second one follows in
 * case the first was lost.
 */
#include "arch/arch.h"
#include "interrupt.h"
#include "lapic.h"
#include "mm/buddy.h"
#include "processor.h"
#include "x86.h"

/* For trampoline.S, by APIC id. */
struct ap_start {
	struct cpu *cpu;
	void *stack_top;
};
_Static_assert(sizeof(struct ap_start) == 16, "trampoline.S");

struct ap_start ap_start[256];

extern const char trampoline_start[], trampoline_end[], trampoline_efer[];

/* Short waits: the 10 ms that the manual asks for after INIT were for processors with a separate APIC chip. */
#define MESSAGE_GAP_NS 200000

static void wait_ns(u64 ns)
{
	u64 end = arch_clock() + ns;

	while (arch_clock() < end)
		cpu_relax();
}

static void copy_trampoline(void)
{
	char *page = hpa_to_ptr(hpa(TRAMPOLINE));
	u32 efer = processor_control.efer;

	memcpy(page, trampoline_start, trampoline_end - trampoline_start);
	memcpy(page + (trampoline_efer - trampoline_start), &efer, sizeof(efer));
}

int arch_cpu_start(struct cpu *cpu)
{
	u32 id = cpu->hw_id;

	ap_start[id] = (struct ap_start){ cpu, cpu->boot_stack };
	copy_trampoline();
	if (!lapic_send_init(id))
		return -EIO;
	wait_ns(MESSAGE_GAP_NS);
	for (int i = 0; i < 2; i++) {
		if (!lapic_send_startup(id, TRAMPOLINE >> PAGE_SHIFT))
			return -EIO;
		wait_ns(MESSAGE_GAP_NS);
	}
	return 0;
}

/* The kernel's root first: changing CR4.PGE afterwards forgets what the identity map left behind. */
void x86_secondary(struct cpu *cpu)
{
	arch_root_load(arch_kernel_root());
	processor_init(cpu);
	interrupt_init_secondary();
	cpu_main(cpu);
}
