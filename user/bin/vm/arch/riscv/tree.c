/*
 * The device tree of a guest: what there is, and where (layout.h).
 * Hardware: [DTSPEC] "Devicetree Bindings", and the bindings that `compatible` names.
 */
#include "layout.h"
#include "dtb.h"
#include "plic.h"
#include "../../image.h"
#include "../../ram.h"
#include "../../uart.h"
#include "../../virtio_blk.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

/* Nodes that others point to. */
#define PHANDLE_PLIC    1
#define PHANDLE_INTC(n) (2 + (n))

#define SUPERVISOR_EXTERNAL 9

/* "name@address" */
static void begin_at(struct dtb_writer *w, const char *name, u64 address)
{
	char text[40];

	snprintf(text, sizeof(text), "%s@%lx", name, address);
	dtb_begin_node(w, text);
}

static void begin_device(struct dtb_writer *w, const char *name, u64 address, u64 size)
{
	begin_at(w, name, address);
	dtb_reg(w, address, size);
}

static void write_chosen(struct dtb_writer *w, const char *command_line, const struct image *image)
{
	dtb_begin_node(w, "chosen");
	dtb_string(w, "bootargs", command_line);
	if (image->initrd_size) {
		dtb_u64(w, "linux,initrd-start", image->initrd);
		dtb_u64(w, "linux,initrd-end", image->initrd + image->initrd_size);
	}
	dtb_end_node(w);
}

/* How wide physical addresses are: only a hypervisor can say, since the registers would take any. */
static void write_hypervisor(struct dtb_writer *w, const struct options *options)
{
	dtb_begin_node(w, "hypervisor");
	dtb_string(w, "compatible", "flatland,hyp");
	if (!options->hides_width)
		dtb_u32(w, "flatland,physical-address-bits", machine.address_bits);
	dtb_end_node(w);
}

static void write_cpu(struct dtb_writer *w, u32 hart)
{
	begin_at(w, "cpu", hart);
	dtb_string(w, "device_type", "cpu");
	dtb_u32(w, "reg", hart);
	dtb_string(w, "status", "okay");
	dtb_string(w, "compatible", "riscv");
	dtb_string(w, "riscv,isa", "rv64imafdc_zicsr_zifencei");
	dtb_string(w, "mmu-type", "riscv,sv39");
	dtb_begin_node(w, "interrupt-controller");
	dtb_u32(w, "#interrupt-cells", 1);
	dtb_empty(w, "interrupt-controller");
	dtb_string(w, "compatible", "riscv,cpu-intc");
	dtb_u32(w, "phandle", PHANDLE_INTC(hart));
	dtb_end_node(w);
	dtb_end_node(w);
}

static void write_cpus(struct dtb_writer *w)
{
	dtb_begin_node(w, "cpus");
	dtb_u32(w, "#address-cells", 1);
	dtb_u32(w, "#size-cells", 0);
	dtb_u32(w, "timebase-frequency", TIME_HZ);
	for (u32 i = 0; i < machine.vcpu_count; i++)
		write_cpu(w, i);
	dtb_end_node(w);
}

static void write_memory(struct dtb_writer *w)
{
	for (u32 i = 0; i < ram_count; i++) {
		begin_device(w, "memory", ram[i].guest, ram[i].size);
		dtb_string(w, "device_type", "memory");
		dtb_end_node(w);
	}
}

static void write_plic(struct dtb_writer *w)
{
	u32 contexts[2 * VM_VCPU_MAX];

	for (u32 i = 0; i < machine.vcpu_count; i++) {
		contexts[2 * i] = PHANDLE_INTC(i);
		contexts[2 * i + 1] = SUPERVISOR_EXTERNAL;
	}
	begin_device(w, "plic", PLIC_BASE, PLIC_SIZE);
	dtb_string(w, "compatible", "sifive,plic-1.0.0");
	dtb_u32(w, "#interrupt-cells", 1);
	dtb_u32(w, "#address-cells", 0);
	dtb_empty(w, "interrupt-controller");
	dtb_u32(w, "riscv,ndev", PLIC_SOURCES - 1);
	dtb_cells(w, "interrupts-extended", contexts, 2 * machine.vcpu_count);
	dtb_u32(w, "phandle", PHANDLE_PLIC);
	dtb_end_node(w);
}

static void end_with_interrupt(struct dtb_writer *w, u32 source)
{
	dtb_u32(w, "interrupts", source);
	dtb_u32(w, "interrupt-parent", PHANDLE_PLIC);
	dtb_end_node(w);
}

static void write_devices(struct dtb_writer *w, const struct options *options)
{
	write_plic(w);
	begin_device(w, "serial", UART_BASE, 0x100);
	dtb_string(w, "compatible", "ns16550a");
	dtb_u32(w, "clock-frequency", 3686400);
	end_with_interrupt(w, UART_SOURCE);
	if (options->disk) {
		begin_device(w, "virtio_mmio", VIRTIO_BASE, VIRTIO_WINDOW);
		dtb_string(w, "compatible", "virtio,mmio");
		end_with_interrupt(w, VIRTIO_SOURCE);
	}
	begin_device(w, "test", TEST_BASE, TEST_SIZE);
	dtb_string(w, "compatible", "sifive,test0");
	dtb_end_node(w);
}

void write_device_tree(const struct options *options, const struct image *image, u64 at)
{
	static struct dtb_writer w;
	u32 size;
	void *to;

	dtb_start(&w);
	dtb_begin_node(&w, "");
	dtb_u32(&w, "#address-cells", 2);
	dtb_u32(&w, "#size-cells", 2);
	dtb_string(&w, "compatible", "riscv-virtio");
	dtb_string(&w, "model", "flatland,vm");
	write_chosen(&w, options->command_line, image);
	write_hypervisor(&w, options);
	write_memory(&w);
	write_cpus(&w);
	dtb_begin_node(&w, "soc");
	dtb_u32(&w, "#address-cells", 2);
	dtb_u32(&w, "#size-cells", 2);
	dtb_string(&w, "compatible", "simple-bus");
	dtb_empty(&w, "ranges");
	write_devices(&w, options);
	dtb_end_node(&w);
	dtb_end_node(&w);
	size = dtb_finish(&w);
	to = size ? ram_at(at, size) : NULL;
	if (!to)
		die("no room for the device tree: is the command line very long?", 0);
	memcpy(to, w.blob, size);
}
