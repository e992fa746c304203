/*
 * How an x86 guest begins: 32-bit protected mode, flat segments, no paging, ebx = what the loader tells.
 * Hardware: [PVH] "x86/HVM direct boot ABI"; [APM2] "Segment Descriptors" for the attributes' bits.
 */
#include "layout.h"
#include "multiboot.h"
#include "pvh.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "../../image.h"
#include "../../ram.h"
#include "../../virtio_blk.h"

/* ---- What it finds ------------------------------------------------------------------------------------- */

void *firmware_take(u64 size, u64 *at)
{
	static u64 next = FIRMWARE;

	*at = next;
	next += (size + 15) & ~15ul;
	if (next > FIRMWARE_END)
		die("no room for the guest's tables", 0);
	return ram_at(*at, size);
}

static u32 add_piece(struct memory_piece *piece, u32 count, u64 start, u64 end)
{
	u32 type = start == RAM_LOW_END ? MEMORY_RESERVED : MEMORY_RAM;

	if (start < end)
		piece[count++] = (struct memory_piece){ start, end, type };
	return count;
}

u64 low_memory_end(void)
{
	return ram[0].size;
}

u32 list_memory(struct memory_piece piece[MEMORY_PIECES])
{
	u32 count = 0;

	count = add_piece(piece, count, 0, RAM_LOW_END);
	count = add_piece(piece, count, RAM_LOW_END, RAM_HIGH);
	count = add_piece(piece, count, RAM_HIGH, low_memory_end());
	for (u32 i = 1; i < ram_count; i++)
		count = add_piece(piece, count, ram[i].guest, ram[i].guest + ram[i].size);
	return count;
}

static void write_memory_map(struct pvh_start *start)
{
	struct memory_piece piece[MEMORY_PIECES];
	u32 count = list_memory(piece);
	struct pvh_memory *map = firmware_take(count * sizeof(*map), &start->memory_map);

	for (u32 i = 0; i < count; i++)
		map[i] = (struct pvh_memory){
			.start = piece[i].start,
			.size = piece[i].end - piece[i].start,
			.type = piece[i].type,
		};
	start->memory_count = count;
}

/* A window of virtio is where the command line says, and nowhere else. */
static void write_command_line(struct pvh_start *start, const struct options *o)
{
	char *to = firmware_take(COMMAND_LINE_MAX, &start->command_line);
	int length;

	if (o->disk)
		length = snprintf(to, COMMAND_LINE_MAX, "virtio_mmio.device=%u@%#lx:%u %s", VIRTIO_WINDOW, VIRTIO_BASE,
				  VIRTIO_LINE, o->command_line);
	else
		length = snprintf(to, COMMAND_LINE_MAX, "%s", o->command_line);
	if (length >= COMMAND_LINE_MAX)
		die("the command line is too long", 0);
}

static u64 write_start_info(const struct options *o, const struct image *image)
{
	u64 at;
	struct pvh_start *start = firmware_take(sizeof(*start), &at);

	start->magic = PVH_MAGIC;
	start->version = 1;
	write_command_line(start, o);
	write_memory_map(start);
	start->rsdp = write_acpi();
	if (image->initrd_size) {
		struct pvh_module *module = firmware_take(sizeof(*module), &start->modules);

		module->start = image->initrd;
		module->size = image->initrd_size;
		start->module_count = 1;
	}
	return at;
}

/* ---- Its registers ------------------------------------------------------------------------------------- */

enum {
	REGISTER_AX = 0, REGISTER_BX = 3, RFLAGS_FIXED = 2, CR0_START = 0x11, /* protected mode; ET is fixed */
	FLAT_CODE = 0xc9b, FLAT_DATA = 0xc93, TASK = 0x08b, NO_TABLE = 0x082,
	CODE_SELECTOR = 0x8, DATA_SELECTOR = 0x10, TASK_SELECTOR = 0x18,
	HYPERVISOR_FEATURES = 0x40000001,
};

static const struct vm_x86_segment flat_code = { .limit = ~0u, .selector = CODE_SELECTOR, .attributes = FLAT_CODE };
static const struct vm_x86_segment flat_data = { .limit = ~0u, .selector = DATA_SELECTOR, .attributes = FLAT_DATA };
static const struct vm_x86_segment task = { .limit = 0x67, .selector = TASK_SELECTOR, .attributes = TASK };
static const struct vm_x86_segment no_table = { .attributes = NO_TABLE };

/* A PVH guest is told more: one that has both entries begins there. */
static void write_information(struct vm_x86_core *core, const struct options *o, const struct image *image)
{
	if (!image->has_pvh_entry && multiboot_is_wanted(image->head, image->head_size)) {
		core->gpr[REGISTER_AX] = MULTIBOOT_EAX;
		core->gpr[REGISTER_BX] = multiboot_write_info(o, image);
	} else {
		core->gpr[REGISTER_BX] = write_start_info(o, image);
	}
}

/* All that the kernel tells of itself there is that the width is true. */
static void hide_width(void)
{
	struct vm_x86_cpuid cpuid = { .size = sizeof(cpuid), .count = 1, .entry[0].leaf = HYPERVISOR_FEATURES };

	for (u32 i = 0; i < machine.vcpu_count; i++)
		vcpu_set_state(&machine.vcpu[i], VM_SET_X86_CPUID, &cpuid, sizeof(cpuid));
}

void arch_boot(const struct options *options, struct image *image)
{
	struct vm_x86_core core = { .size = sizeof(core), .rip = image->entry, .rflags = RFLAGS_FIXED };
	struct vm_x86_system system = {
		.size = sizeof(system),
		.cs = flat_code,
		.ds = flat_data, .es = flat_data, .ss = flat_data, .fs = flat_data, .gs = flat_data,
		.tr = task,
		.ldtr = no_table,
		.cr0 = CR0_START,
	};

	if (options->hides_width)
		hide_width();
	write_information(&core, options, image);
	vcpu_set_state(&machine.vcpu[0], VM_SET_X86_SYSTEM, &system, sizeof(system));
	vcpu_set_state(&machine.vcpu[0], VM_SET_X86_CORE, &core, sizeof(core));
}
