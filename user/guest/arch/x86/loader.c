/*
 * What the loader hands over: the PVH start info, and ACPI's list of CPUs.
 * Hardware: [PVH] "x86/HVM direct boot ABI"; [ACPI] "Multiple APIC Description Table".
 */
#include "machine.h"
#include "../../guest.h"

struct start {
	u32 magic, version, flags, module_count;
	u64 modules, command_line, rsdp, memory_map;
	u32 memory_count, reserved;
};

struct memory {
	u64 start, size;
	u32 type, reserved;
};

extern char image_end[];

static const struct start *start(void)
{
	return (const struct start *)start_info;
}

u64 loader_ram_end(void)
{
	const struct memory *m = (const struct memory *)start()->memory_map;

	for (u32 i = 0; i < start()->memory_count; i++)
		if (m[i].type == 1 && m[i].start <= (u64)image_end && m[i].start + m[i].size > (u64)image_end)
			return m[i].start + m[i].size;
	fail("the loader's map does not have the image's memory");
}

/* Loaders put the RAM disk above the image. */
u64 loader_free_end(void)
{
	return start()->module_count ? *(const u64 *)start()->modules : loader_ram_end();
}

static u64 bytes_at(u64 address, u32 count)
{
	u64 value = 0;

	for (u32 i = 0; i < count; i++)
		value |= (u64)((const u8 *)address)[i] << 8 * i;
	return value;
}

enum { TABLE_LENGTH = 4, TABLE_HEADER = 36, SIGNATURE_MADT = 0x43495041, MADT_ENTRIES = 44, MADT_CPU = 0 };

static u32 count_cpus(u64 madt)
{
	u32 count = 0;

	for (u64 at = madt + MADT_ENTRIES; at < madt + bytes_at(madt + TABLE_LENGTH, 4); at += bytes_at(at + 1, 1))
		count += bytes_at(at, 1) == MADT_CPU && (bytes_at(at + 4, 4) & 1);
	return count;
}

/* The RSDP has the RSDT's address at 16, and from revision 2 on the XSDT's at 24. */
u32 loader_cpu_count(void)
{
	u64 rsdp = start()->rsdp;
	u32 width = bytes_at(rsdp + 15, 1) >= 2 && bytes_at(rsdp + 24, 8) ? 8 : 4;
	u64 root = width == 8 ? bytes_at(rsdp + 24, 8) : bytes_at(rsdp + 16, 4);
	u64 end = root + bytes_at(root + TABLE_LENGTH, 4);

	for (u64 at = root + TABLE_HEADER; at < end; at += width)
		if (bytes_at(bytes_at(at, width), 4) == SIGNATURE_MADT)
			return count_cpus(bytes_at(at, width));
	return 1;
}

u64 loader_command_word(void)
{
	const u8 *line = (const u8 *)start()->command_line;
	u64 word = 0;

	for (u32 i = 0; line && i < 7 && line[i]; i++)
		word = word << 8 | line[i];
	return word;
}
