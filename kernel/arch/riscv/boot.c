/*
 * From the device tree to struct boot_info, and the kernel's own tables.
 *
 * boot.S has mapped the image and the direct map readable, writable and executable.  This file reads the device tree
 * through the direct map, then gives the image its final rights: text r-x, read-only data r--, all else rw-.
 */
#include "riscv.h"
#include "arch/arch.h"
#include "boot_info.h"
#include "fdt.h"
#include "mm/buddy.h"
#include "mm/upt.h"

#define IMAGE_TABLES 8 /* of 2 MiB each */

/* Hardware: [RV-PRIV] "Addressing and Memory Protection": bits of a physical address. */
#define ADDRESS_BITS_MAX 56

struct riscv_machine riscv_machine;

u64 riscv_image_offset; /* virtual minus physical; boot.S reads both on the other harts */
u64 riscv_root_physical;

extern upte_t boot_root[512], boot_level1[512];
extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[], boot_stack[];
static upte_t image_table[IMAGE_TABLES][512] __attribute__((aligned(4096)));
static struct boot_info boot_info;

/* ---- The device tree ----------------------------------------------------------------------------------- */

/* What one pass over the tree collects before it makes sense. */
struct survey {
	u64 boot_hart;
	u64 hart_of_intc[MAX_CPUS]; /* by order of appearance: phandle -> hart */
	u32 intc_phandle[MAX_CPUS];
	u32 intc_count;
	u64 last_hart;              /* of the cpu node that the next interrupt controller belongs to */
	struct fdt_property plic_contexts;
};

static void reserve(u64 start, u64 size)
{
	if (size == 0)
		return;
	if (boot_info.reserved_count == ARRAY_SIZE(boot_info.reserved))
		panic("boot: the device tree reserves more than %lu ranges", ARRAY_SIZE(boot_info.reserved));
	boot_info.reserved[boot_info.reserved_count++] = (struct hpa_range){ hpa(start), hpa(start + size) };
}

static void note_memory(const struct fdt_node *node)
{
	u64 start, size;

	for (u32 n = 0; fdt_reg(node, n, &start, &size); n++)
		if (size && boot_info.ram_count < ARRAY_SIZE(boot_info.ram))
			boot_info.ram[boot_info.ram_count++] = (struct hpa_range){ hpa(start), hpa(start + size) };
}

/*
 * The ISA string is "rv64", letters of one extension each, and then names, behind underscores.
 * Hardware: [RV-UNPRIV] "ISA Extension Naming Conventions".
 */
static void note_isa(const struct fdt_property *isa)
{
	const char *text = (const char *)isa->data;

	for (u32 i = sizeof("rv64") - 1; i < isa->size && text[i] && text[i] != '_'; i++)
		riscv_machine.has_h |= text[i] == 'h';
	for (u32 i = 0; i + 4 < isa->size; i++)
		riscv_machine.has_sstc |= memcmp(text + i, "sstc", 4) == 0;
}

static void note_cpu(struct survey *survey, const struct fdt_node *node)
{
	u64 hart = fdt_cells(node->reg, 0, node->address_cells);

	survey->last_hart = hart;
	if (hart == survey->boot_hart && node->isa.data)
		note_isa(&node->isa);
	if (hart == survey->boot_hart || boot_info.cpu_count == MAX_CPUS)
		return;
	if (node->status.data && !fdt_has_string(node->status, "okay"))
		return;
	boot_info.cpu_hw_id[boot_info.cpu_count++] = hart;
}

static void note_intc(struct survey *survey, const struct fdt_node *node)
{
	if (survey->intc_count == MAX_CPUS)
		return;
	survey->hart_of_intc[survey->intc_count] = survey->last_hart;
	survey->intc_phandle[survey->intc_count++] = fdt_cell(node->phandle, 0);
}

static void note_virtio(const struct fdt_node *node, u64 base)
{
	if (boot_info.virtio_count == ARRAY_SIZE(boot_info.virtio))
		return;
	boot_info.virtio[boot_info.virtio_count].base = hpa(base);
	boot_info.virtio[boot_info.virtio_count++].irq = fdt_cell(node->interrupts, 0);
}

static void note_chosen(const struct fdt_node *node)
{
	u64 start = fdt_cells(node->initrd_start, 0, node->initrd_start.size / 4);
	u64 end = fdt_cells(node->initrd_end, 0, node->initrd_end.size / 4);

	if (node->bootargs.data)
		string_copy(boot_info.command_line, (const char *)node->bootargs.data, sizeof(boot_info.command_line));
	if (end > start) {
		boot_info.initrd = (struct hpa_range){ hpa(start), hpa(end) };
		reserve(start, end - start);
	}
}

static void note_device(struct survey *survey, const struct fdt_node *node)
{
	u64 base, size;

	if (!fdt_reg(node, 0, &base, &size))
		return;
	if (fdt_has_string(node->compatible, "ns16550a")) {
		riscv_machine.uart = hpa(base);
		boot_info.uart_irq = fdt_cell(node->interrupts, 0);
	} else if (fdt_has_string(node->compatible, "virtio,mmio")) {
		note_virtio(node, base);
	} else if (fdt_has_string(node->compatible, "sifive,test0")) {
		riscv_machine.test = hpa(base);
	} else if (fdt_has_string(node->compatible, "sifive,plic-1.0.0") ||
		   fdt_has_string(node->compatible, "riscv,plic0")) {
		riscv_machine.plic = hpa(base);
		survey->plic_contexts = node->interrupts_extended;
	}
}

/* [PLIC] "Interrupt Targets and Hart Contexts": one context for each (interrupt controller, cause) pair, in order. */
static u32 find_plic_context(const struct survey *survey)
{
	for (u32 context = 0; 8 * context < survey->plic_contexts.size; context++)
		for (u32 i = 0; i < survey->intc_count; i++)
			if (survey->hart_of_intc[i] == survey->boot_hart &&
			    survey->intc_phandle[i] == fdt_cell(survey->plic_contexts, 2 * context) &&
			    fdt_cell(survey->plic_contexts, 2 * context + 1) == IRQ_EXTERNAL)
				return context;
	return 0;
}

static void read_tree(u64 boot_hart, u64 dtb)
{
	struct survey survey = { .boot_hart = boot_hart };
	struct fdt_node node;
	struct fdt fdt;
	u64 start, size;

	if (!fdt_open(&fdt, hpa_to_ptr(hpa(dtb))))
		panic("boot: no device tree at physical 0x%lx", dtb);
	reserve(dtb, fdt_size(&fdt));
	for (u32 n = 0; fdt_reservation(&fdt, n, &start, &size); n++)
		reserve(start, size);
	boot_info.cpu_hw_id[0] = boot_hart;
	boot_info.cpu_count = 1;
	boot_info.address_bits = ADDRESS_BITS_MAX;
	bool in_reserved = false;

	while (fdt_next_node(&fdt, &node)) {
		if (node.depth == 1)
			in_reserved = strcmp(node.name, "reserved-memory") == 0;
		if (in_reserved && node.depth == 2 && fdt_reg(&node, 0, &start, &size))
			reserve(start, size);
		else if (fdt_has_string(node.device_type, "memory"))
			note_memory(&node);
		else if (fdt_has_string(node.device_type, "cpu"))
			note_cpu(&survey, &node);
		else if (fdt_has_string(node.compatible, "riscv,cpu-intc"))
			note_intc(&survey, &node);
		else if (strcmp(node.name, "chosen") == 0)
			note_chosen(&node);
		else if (node.depth == 1 && strcmp(node.name, "hypervisor") == 0)
			boot_info.address_bits = fdt_address_bits(&node);
		else
			note_device(&survey, &node);
		if (node.timebase.data)
			riscv_machine.timebase = fdt_cell(node.timebase, 0);
	}
	riscv_machine.plic_context = find_plic_context(&survey);
}

/* ---- The kernel's tables ------------------------------------------------------------------------------- */

static hpa_t image_to_hpa(const void *p)
{
	return hpa((u64)p - riscv_image_offset);
}

static u64 image_bits(const char *p)
{
	if (p < kernel_text_end)
		return UPTE_V | UPTE_R | UPTE_X | UPTE_A;
	if (p < kernel_rodata_end)
		return UPTE_V | UPTE_R | UPTE_A;
	return UPTE_V | UPTE_R | UPTE_W | UPTE_A | UPTE_D;
}

static void map_image(void)
{
	upte_t *first = &boot_level1[(u64)kernel_start >> HUGE_SHIFT & 511];

	if ((u64)(kernel_end - kernel_start) > IMAGE_TABLES * HUGE_SIZE)
		panic("boot: the image has 0x%lx bytes", (u64)(kernel_end - kernel_start));
	for (char *p = kernel_start; p < kernel_end; p += PAGE_SIZE) {
		u64 offset = p - kernel_start;

		image_table[offset >> HUGE_SHIFT][offset >> PAGE_SHIFT & 511] =
			upte_make(image_to_hpa(p), image_bits(p));
	}
	for (u32 i = 0; i < IMAGE_TABLES; i++)
		first[i] = upte_make_table(image_to_hpa(image_table[i]));
	for (u32 i = 0; i < DIRECT_SIZE >> 30; i++)
		boot_root[256 + i] = upte_make(hpa((u64)i << 30), UPTE_V | UPTE_R | UPTE_W | UPTE_A | UPTE_D);
	__asm__ volatile("sfence.vma" : : : "memory");
}

hpa_t arch_kernel_root(void)
{
	return hpa(riscv_root_physical);
}

/* ---- Harts --------------------------------------------------------------------------------------------- */

static void init_hart(struct cpu *cpu)
{
	__asm__ volatile("mv tp, %0" : : "r"(cpu));
	csr_write(stvec, riscv_trap_entry);
	csr_clear(sstatus, SSTATUS_FS | SSTATUS_SIE);
	riscv_timer_init_hart();
	csr_write(sie, SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL);
}

void riscv_boot(u64 hart, u64 dtb, u64 image_offset)
{
	riscv_image_offset = image_offset;
	riscv_root_physical = image_to_hpa(boot_root).raw;
	cpus[0].boot_stack = boot_stack + 16384;
	__asm__ volatile("mv tp, %0" : : "r"(&cpus[0]));
	read_tree(hart, dtb);
	reserve(image_to_hpa(kernel_start).raw, kernel_end - kernel_start);
	map_image();
	init_hart(&cpus[0]);
	riscv_plic_init();
	kernel_main(&boot_info);
}

void riscv_secondary(struct cpu *cpu)
{
	init_hart(cpu);
	cpu_main(cpu);
}
