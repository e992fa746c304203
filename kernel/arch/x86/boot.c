/*
 * From the PVH start info and ACPI's tables to struct boot_info.
 *
 * What the loader hands over may lie in memory that it calls free.  So it is copied before anything is allocated: by
 * read_start_info() and acpi_read().
 */
#include "acpi.h"
#include "arch/arch.h"
#include "boot_info.h"
#include "interrupt.h"
#include "lapic.h"
#include "mm/buddy.h"
#include "paging.h"
#include "processor.h"
#include "pvh.h"
#include "sched.h"
#include "timer.h"
#include "x86.h"

extern char kernel_start[], kernel_end[], boot_stack_end[];

_Static_assert(BOOT_STACK_SIZE == KSTACK_SIZE, "the boot stack becomes the idle thread's");

static struct boot_info boot_info;
static bool has_trampoline_page;

/* ---- Memory -------------------------------------------------------------------------------------------- */

#define LOW_MEMORY_END 0x100000 /* below, firmware and devices have holes that no map names */

static void note_ram(u64 start, u64 end)
{
	if (start <= TRAMPOLINE && end >= TRAMPOLINE + PAGE_SIZE)
		has_trampoline_page = true;
	start = MAX(start, LOW_MEMORY_END);
	end = MIN(end, MIN(DIRECT_SIZE, 1ull << boot_info.address_bits));
	if (start >= end || boot_info.ram_count == ARRAY_SIZE(boot_info.ram))
		return;
	boot_info.ram[boot_info.ram_count++] = (struct hpa_range){ hpa(start), hpa(end) };
}

static void reserve(hpa_t start, hpa_t end)
{
	if (start.raw >= end.raw)
		return;
	if (boot_info.reserved_count == ARRAY_SIZE(boot_info.reserved))
		panic("boot: more than %lu reserved ranges", ARRAY_SIZE(boot_info.reserved));
	boot_info.reserved[boot_info.reserved_count++] = (struct hpa_range){ start, end };
}

/* ---- The start info ------------------------------------------------------------------------------------ */

static void read_memory_map(const struct pvh_start_info *start)
{
	const struct pvh_memory *memory = hpa_to_ptr(hpa(start->memory_map));

	if (start->version < 1 || start->memory_count == 0)
		panic("boot: the loader gave no memory map (start info version %u)", start->version);
	for (u32 i = 0; i < start->memory_count; i++)
		if (memory[i].type == PVH_MEMORY_RAM)
			note_ram(memory[i].start, memory[i].start + memory[i].size);
}

/* The first module is the RAM disk; there is no use for others. */
static void read_modules(const struct pvh_start_info *start)
{
	const struct pvh_module *module = hpa_to_ptr(hpa(start->modules));

	if (start->module_count == 0 || module->size == 0)
		return;
	boot_info.initrd = (struct hpa_range){ hpa(module->start), hpa(module->start + module->size) };
	reserve(boot_info.initrd.start, boot_info.initrd.end);
}

/* Returns where ACPI's tables start. */
static hpa_t read_start_info(u64 start_info)
{
	const struct pvh_start_info *start = hpa_to_ptr(hpa(start_info));

	if (start->magic != PVH_MAGIC)
		panic("boot: no PVH start info at 0x%lx (magic 0x%x)", start_info, start->magic);
	read_memory_map(start);
	read_modules(start);
	if (start->command_line)
		string_copy(boot_info.command_line, hpa_to_ptr(hpa(start->command_line)),
			    sizeof(boot_info.command_line));
	reserve(paging_image_hpa(kernel_start), paging_image_hpa(kernel_end));
	return hpa(start->rsdp);
}

/* ---- CPUs ---------------------------------------------------------------------------------------------- */

/* Without a page for the trampoline there is only the boot CPU. */
static void note_cpus(void)
{
	u32 boot_id = lapic_id();

	boot_info.cpu_hw_id[0] = boot_id;
	boot_info.cpu_count = 1;
	for (u32 i = 0; i < acpi.cpu_count && has_trampoline_page; i++)
		if (acpi.cpu_apic_id[i] != boot_id && boot_info.cpu_count < MAX_CPUS)
			boot_info.cpu_hw_id[boot_info.cpu_count++] = acpi.cpu_apic_id[i];
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

/*
 * The windows of QEMU's microvm: docs/platform.md, "x86-64: microvm".  Their lines exist nowhere else, so no other
 * machine's devices are taken for windows.  Line 24 is pin 0 of an IOAPIC, and QEMU hands what is meant for pin 0 of
 * any IOAPIC to its pin 2, as a PC wires the timer.
 */
enum { VIRTIO_WINDOWS = 0xfeb00000, VIRTIO_WINDOW_SIZE = 0x200, VIRTIO_LINES = 24, UART_ISA_IRQ = 4 };

static u32 virtio_line(u32 window)
{
	return VIRTIO_LINES + (window == 0 ? 2 : window);
}

static void note_virtio(u64 base, u32 line)
{
	if (boot_info.virtio_count == ARRAY_SIZE(boot_info.virtio) || !interrupt_has_line(line))
		return;
	boot_info.virtio[boot_info.virtio_count].base = hpa(base);
	boot_info.virtio[boot_info.virtio_count++].irq = line;
}

/* "virtio_mmio.device=<size>@<base>:<line>", once for each: how a machine without ACPI names its windows. */
static void read_command_line(void)
{
	static const char option[] = "virtio_mmio.device=";

	for (const char *p = boot_info.command_line; *p; p++) {
		const char *at = strchr(p, '@');
		u64 base;

		if (!at || strncmp(p, option, sizeof(option) - 1) != 0)
			continue;
		base = string_to_u64(at + 1, &at);
		if (*at == ':' && base != 0 && base < BOOT_MAPPED_END)
			note_virtio(base, string_to_u64(at + 1, NULL));
	}
}

static void note_devices(void)
{
	boot_info.uart_irq = interrupt_line_of_isa(UART_ISA_IRQ);
	for (u32 i = 0; i < ARRAY_SIZE(boot_info.virtio) && interrupt_has_line(VIRTIO_LINES); i++)
		note_virtio(VIRTIO_WINDOWS + i * VIRTIO_WINDOW_SIZE, virtio_line(i));
	read_command_line();
}

/* ---- In order ------------------------------------------------------------------------------------------ */

void x86_boot(u64 start_info)
{
	cpus[0].boot_stack = boot_stack_end;
	processor_detect();
	processor_init(&cpus[0]);
	boot_info.address_bits = processor_address_bits(cpuid);
	acpi_read(read_start_info(start_info));
	paging_init(&boot_info);
	interrupt_init();
	note_cpus();
	note_devices();
	timer_init();
	kernel_main(&boot_info);
}
