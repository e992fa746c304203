/*
 * A RISC-V machine: its memory, its devices, how its first hart begins, and the SBI calls that reach the monitor.
 * Hardware: [SBI] "Debug Console Extension", "Binary Encoding".
 */
#include "layout.h"
#include "plic.h"
#include "stdio.h"
#include "stdlib.h"
#include "../../console.h"
#include "../../elf.h"
#include "../../image.h"
#include "../../ram.h"
#include "../../uart.h"
#include "../../virtio_blk.h"

const u16 arch_elf_machine[] = { [ELF_CLASS_32] = ELF_MACHINE_NONE, [ELF_CLASS_64] = ELF_MACHINE_RISCV };
/* The tree lies behind the image, and is only written if there is room. */
bool arch_may_load(u64 start, u64 end)
{
	return true;
}

void arch_add_memory(u64 size)
{
	int error;

	if (size <= 2 * IMAGE_TAIL)
		die("too little memory for a guest", 0);
	error = ram_add(RAM_BASE, size);
	if (error)
		die("memory for the guest", error);
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

static void drive_hart(u32 context, u32 level)
{
	struct vm_line line = { .size = sizeof(line), .line = context, .level = level };

	ioctl(machine.fd, VM_SET_LINE, (u64)&line);
}

static struct plic plic = { .device.base = PLIC_BASE, .output = drive_hart };
static struct uart uart = {
	.device.base = UART_BASE, .line = UART_SOURCE, .send = console_send, .has_room = console_has_room,
};
static struct virtio_blk disk = { .device.base = VIRTIO_BASE, .line = VIRTIO_SOURCE };

void line_set(u32 line, u32 level)
{
	plic_set_level(&plic, line, level);
}

/* The test device of "virt": the low half says what, the high half is a code. */
enum { TEST_FAIL = 0x3333, TEST_PASS = 0x5555, TEST_RESET = 0x7777 };

static u64 test_read(void *state, u64 offset, u32 bytes)
{
	return 0;
}

static void test_write(void *state, u64 offset, u32 bytes, u64 data)
{
	if (offset != 0)
		return;
	switch (data & 0xffff) {
	case TEST_PASS:
		machine_end(0, "the guest has shut down");
		break;
	case TEST_FAIL:
		machine_end(1, "the guest has shut down with code %lu", data >> 16);
		break;
	case TEST_RESET:
		machine_end(MACHINE_RESTART, "the guest has asked for a restart");
		break;
	}
}

static const struct device test_device = {
	.base = TEST_BASE, .size = TEST_SIZE, .width = 4, .read = test_read, .write = test_write,
};

void arch_add_devices(const struct options *options)
{
	int error;

	plic.context_count = options->vcpus;
	plic_init(&plic);
	uart_init(&uart);
	console_attach(&uart);
	bus_add(BUS_MEMORY, &plic.device);
	bus_add(BUS_MEMORY, &uart.device);
	bus_add(BUS_MEMORY, &test_device);
	if (!options->disk)
		return;
	error = disk_open(&disk.disk, options->disk);
	if (error)
		die(options->disk, error);
	virtio_blk_init(&disk);
	bus_add(BUS_MEMORY, &disk.device);
}

/* ---- The first hart ------------------------------------------------------------------------------------ */

enum { REGISTER_A0 = 10, REGISTER_A1 = 11, MODE_SUPERVISOR = 1 };

/* The tree lies in the tail of RAM that image_load_initrd() leaves free. */
void arch_boot(const struct options *options, struct image *image)
{
	u64 tree = (ram[0].guest + ram[0].size - IMAGE_TAIL + 4095) & ~4095ul;
	struct vm_riscv_core core = { .size = sizeof(core), .mode = MODE_SUPERVISOR, .pc = image->entry };

	if (image->end > tree)
		die("no room for the device tree: give the guest more memory with -m", 0);
	write_device_tree(options, image, tree);
	core.x[REGISTER_A0] = 0;
	core.x[REGISTER_A1] = tree;
	vcpu_set_state(&machine.vcpu[0], VM_SET_RISCV_CORE, &core, sizeof(core));
}

/* ---- SBI calls that the kernel hands on ---------------------------------------------------------------- */

enum {
	SBI_SUCCESS = 0, SBI_NOT_SUPPORTED = -2, SBI_INVALID_PARAMETER = -3,
	EXTENSION_DEBUG_CONSOLE = 0x4442434e, CONSOLE_WRITE = 0, CONSOLE_READ = 1, CONSOLE_WRITE_BYTE = 2,
};

/* arg: a0 to a7.  Reading finds nothing: what is typed goes to the UART. */
static s64 debug_console(struct vm_run *run)
{
	u64 count = run->call.arg[0];
	u8 *bytes;

	run->call.result[1] = 0;
	switch (run->call.arg[6]) {
	case CONSOLE_WRITE:
	case CONSOLE_READ:
		bytes = run->call.arg[2] ? NULL : ram_at(run->call.arg[1], count);
		if (!bytes)
			return SBI_INVALID_PARAMETER;
		if (run->call.arg[6] == CONSOLE_READ)
			return SBI_SUCCESS;
		for (u64 i = 0; i < count && !machine.is_ending; i++)
			console_send(bytes[i]);
		run->call.result[1] = count;
		return SBI_SUCCESS;
	case CONSOLE_WRITE_BYTE:
		console_send(count);
		return SBI_SUCCESS;
	default:
		return SBI_NOT_SUPPORTED;
	}
}

void arch_call(struct vm_run *run)
{
	run->call.result[0] = run->call.arg[7] == EXTENSION_DEBUG_CONSOLE ? debug_console(run) : SBI_NOT_SUPPORTED;
	if ((s64)run->call.result[0] != SBI_SUCCESS)
		run->call.result[1] = 0;
}
