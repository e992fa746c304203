/*
 * An x86 machine: its memory, and its devices; how it begins is in boot.c.
 */
#include "fw_cfg.h"
#include "layout.h"
#include "power.h"
#include "testdev.h"
#include "stdio.h"
#include "stdlib.h"
#include "../../console.h"
#include "../../elf.h"
#include "../../image.h"
#include "../../ram.h"
#include "../../uart.h"
#include "../../virtio_blk.h"

const u16 arch_elf_machine[] = { [ELF_CLASS_32] = ELF_MACHINE_386, [ELF_CLASS_64] = ELF_MACHINE_X86 };
bool arch_may_load(u64 start, u64 end)
{
	return end <= RAM_LOW_END || start >= RAM_HIGH;
}

bool arch_is_flat(const u8 *head, u64 head_size, u64 *at, u64 *size)
{
	return false;
}

static void add_ram(u64 start, u64 size)
{
	int error = ram_add(start, size);

	if (error)
		die("memory for the guest", error);
}

void arch_add_memory(u64 size)
{
	if (size <= 2 * IMAGE_TAIL)
		die("too little memory for a guest", 0);
	add_ram(0, size < RAM_LOW_MAX ? size : RAM_LOW_MAX);
	if (size > RAM_LOW_MAX)
		add_ram(RAM_ABOVE, size - RAM_LOW_MAX);
}

/* ---- Lines --------------------------------------------------------------------------------------------- */

/* The kernel has the PICs. */
void line_set(u32 line, u32 level)
{
	static u32 levels; /* a bit for each line */
	struct vm_line call = { .size = sizeof(call), .line = line, .level = level };

	if ((levels >> line & 1) == level)
		return;
	levels ^= 1u << line;
	ioctl(machine.fd, VM_SET_LINE, (u64)&call);
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

static struct uart uart = {
	.device.base = UART_PORT, .line = UART_LINE, .send = console_send, .has_room = console_has_room,
};
static struct device uart_in_memory;
static struct fw_cfg fw_cfg = { .device.base = FW_CFG_PORT };
static struct virtio_blk disk = { .device.base = VIRTIO_BASE, .line = VIRTIO_LINE };

void arch_add_devices(const struct options *options)
{
	int error;

	uart_init(&uart);
	console_attach(&uart);
	bus_add(BUS_PORTS, &uart.device);
	uart_in_memory = uart.device;
	uart_in_memory.base = UART_MEMORY;
	bus_add(BUS_MEMORY, &uart_in_memory);
	fw_cfg.memory = options->memory;
	fw_cfg.vcpus = options->vcpus;
	fw_cfg_init(&fw_cfg);
	bus_add(BUS_PORTS, &fw_cfg.device);
	power_init();
	testdev_init();
	if (!options->disk)
		return;
	error = disk_open(&disk.disk, options->disk);
	if (error)
		die(options->disk, error);
	virtio_blk_init(&disk);
	bus_add(BUS_MEMORY, &disk.device);
}

/* Nobody defines VMMCALLs beyond the kernel's. */
void arch_call(struct vm_run *run)
{
	run->call.result[0] = ~0ull;
}
