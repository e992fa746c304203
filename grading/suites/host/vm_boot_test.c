/*
 * What the monitor tells guests of Multiboot, read back as the specification lays it out; headers of flat kernels;
 * ports that end the machine; the test device.
 */
#include <stddef.h>
#include <string.h>
#include "check.h"
/* ---- The other files' part ----------------------------------------------------------------------------- */

/* Of user/bin/vm/machine.h, which wants the library of user programs. */
#define VM_MACHINE_H
#include "abi/types.h"

struct options {
	const char *command_line, *initrd, *file;
};

struct image {
	u64 initrd, initrd_size;
};

#define MACHINE_RESTART (-1)
void machine_end(int status, const char *format, ...);
bool arch_is_flat(const u8 *bytes, u64 bytes_size, u64 *at, u64 *size);
void die(const char *what, s64 error);

#include "user/bin/vm/arch/x86/multiboot.c"
#include "user/bin/vm/bus.c"
#define memory testdev_memory
#include "user/bin/vm/arch/x86/testdev.c"
#undef memory
#define devices power_devices
#include "user/bin/vm/arch/x86/power.c"

static u8 memory[FIRMWARE_END - FIRMWARE];
static u64 taken;

void *firmware_take(u64 size, u64 *at)
{
	void *place = memory + taken;

	*at = FIRMWARE + taken;
	taken += (size + 15) & ~15ul;
	return place;
}

static u32 acpi_count;

u64 write_acpi(void)
{
	acpi_count++;
	return 0;
}

u64 low_memory_end(void)
{
	return 64ul << 20;
}

u32 list_memory(struct memory_piece piece[MEMORY_PIECES])
{
	piece[0] = (struct memory_piece){ 0, RAM_LOW_END, MEMORY_RAM };
	piece[1] = (struct memory_piece){ RAM_ABOVE, RAM_ABOVE + 0x5000, MEMORY_RESERVED };
	return 2;
}

void die(const char *what, s64 error)
{
	CHECK_DIE("%s: %ld", what, (long)error);
}

static int ended; /* status + 100 */

void machine_end(int status, const char *format, ...)
{
	ended = status + 100;
}

/* ---- Headers ------------------------------------------------------------------------------------------- */

static u8 file[9000];

static bool is_wanted(u32 at, u32 magic, u32 flags, u32 sum)
{
	u32 word[3] = { magic, flags, sum };

	memset(file, 0, sizeof(file));
	memcpy(file + at, word, sizeof(word));
	return multiboot_is_wanted(file, sizeof(file));
}

static void test_headers(void)
{
	CHECK(is_wanted(0, 0x1badb002, 0, -0x1badb002u), "at once");
	CHECK(is_wanted(8180, 0x1badb002, 3, -0x1badb005u), "just within");
	CHECK(!is_wanted(8184, 0x1badb002, 3, -0x1badb005u), "too far");
	CHECK(!is_wanted(2, 0x1badb002, 0, -0x1badb002u), "not aligned");
	CHECK(!is_wanted(4, 0x1badb002, 0, -0x1badb001u), "the sum");
	CHECK(!is_wanted(4, 0x1badb002, 4, -0x1badb006u), "video is not here");
	CHECK(!is_wanted(4, 0x1badb003, 0, -0x1badb003u), "the magic");
	CHECK(is_wanted(4, 0x1badb002, 0, -0x1badb002u) && !multiboot_is_wanted(file, 15) &&
	      multiboot_is_wanted(file, 16) && !multiboot_is_wanted(file, 0), "a short file");
}

/* ---- What the loader tells ----------------------------------------------------------------------------- */

static const void *seen(u32 at)
{
	CHECK(at >= FIRMWARE && at < FIRMWARE + taken, "address 0x%x", at);
	return memory + (at - FIRMWARE);
}

static u32 word_at(u32 at)
{
	u32 word;

	memcpy(&word, seen(at), sizeof(word));
	return word;
}

static u64 long_at(u32 at)
{
	return word_at(at) | (u64)word_at(at + 4) << 32;
}

static void check_map(u32 at, u32 length)
{
	CHECK(length == 48, "two entries");
	CHECK(word_at(at) == 20 && long_at(at + 4) == 0 && long_at(at + 12) == 0xa0000 && word_at(at + 20) == 1, "low");
	CHECK(word_at(at + 24) == 20 && long_at(at + 28) == 0x100000000 && long_at(at + 36) == 0x5000 &&
	      word_at(at + 44) == 2, "high");
}

static void test_info(void)
{
	struct options o = { .file = "/a/kernel", .command_line = "one two", .initrd = "/a/disk" };
	struct image image = { 0 };
	u32 at = multiboot_write_info(&o, &image);

	CHECK(word_at(at) == 0x245, "flags");
	CHECK(acpi_count == 1, "ACPI's tables");
	CHECK(word_at(at + 4) == 640 && word_at(at + 8) == 63 << 10, "KiB");
	CHECK(strcmp(seen(word_at(at + 16)), "/a/kernel one two") == 0, "command line");
	CHECK(word_at(at + 20) == 0, "no modules");
	check_map(word_at(at + 48), word_at(at + 44));
	CHECK(strcmp(seen(word_at(at + 64)), "flatland vm") == 0, "loader");
	image.initrd = 0x3000000;
	image.initrd_size = 0x1001;
	at = multiboot_write_info(&o, &image);
	CHECK(word_at(at) == 0x24d && word_at(at + 20) == 1, "a module");
	at = word_at(at + 24);
	CHECK(word_at(at) == 0x3000000 && word_at(at + 4) == 0x3001001, "where it is");
	CHECK(strcmp(seen(word_at(at + 8)), "/a/disk") == 0, "its name");
}

/* ---- Flat kernels -------------------------------------------------------------------------------------- */

#undef VM_LAYOUT_H
#undef VIRTIO_BASE
#include "user/bin/vm/arch/riscv/flat.c"

static void test_flat(void)
{
	static const u32 header[16] = { [2] = 0x200000, [4] = 0x54321, [14] = 0x05435352 };
	u32 copy[16];
	u64 at = 0, size = 0;

	CHECK(arch_is_flat((const u8 *)header, 64, &at, &size) && at == 0x80200000 && size == 0x54321, "good");
	CHECK(!arch_is_flat((const u8 *)header, 63, &at, &size), "short");
	memcpy(copy, header, sizeof(copy));
	copy[6] = 1;
	CHECK(!arch_is_flat((const u8 *)copy, 64, &at, &size), "big-endian");
	copy[6] = 0;
	copy[14]++;
	CHECK(!arch_is_flat((const u8 *)copy, 64, &at, &size), "the magic");
}

/* ---- Ends ---------------------------------------------------------------------------------------------- */

static int end_after(u16 port, u32 bytes, u32 data)
{
	ended = 0;
	bus_write(BUS_PORTS, port, bytes, data);
	return ended - 100;
}

static void test_power(void)
{
	power_init();
	CHECK(end_after(0xcf9, 1, 6) == MACHINE_RESTART && end_after(0xcf9, 1, 2) == -100, "reset register");
	CHECK(end_after(0xcf8, 4, 0x80000400) == -100 && end_after(0xcf8, 2, 0x400) == -100, "PCI's address");
	CHECK(bus_read(BUS_PORTS, 0xcf8, 4) == 0xffffffff && bus_read(BUS_PORTS, 0xcfc, 4) == 0xffffffff, "no PCI");
	CHECK(end_after(0x64, 1, 0xfe) == MACHINE_RESTART && end_after(0x64, 1, 0xff) == -100, "keyboard");
	CHECK(end_after(0x604, 1, 0x34) == 0 && end_after(0x604, 1, 0x14) == -100, "sleep");
	CHECK(end_after(0xf4, 4, 0) == 1 && end_after(0xf4, 4, 3) == 7 && end_after(0xf4, 1, 0x81) == 3, "debug port");
}

static u32 lines;

void line_set(u32 line, u32 level)
{
	lines = (lines & ~(1u << line)) | level << line;
}

static void test_testdev(void)
{
	testdev_init();
	bus_write(BUS_PORTS, 0xe0, 4, 0x12345678);
	CHECK(bus_read(BUS_PORTS, 0xe0, 4) == 0x12345678 && bus_read(BUS_PORTS, 0xe1, 2) == 0x3456, "latch");
	bus_write(BUS_PORTS, 0x200b, 4, 1);
	bus_write(BUS_PORTS, 0x2000, 1, 1);
	CHECK(lines == 0x801, "lines up");
	bus_write(BUS_PORTS, 0x200b, 4, 0);
	CHECK(lines == 1, "a line down");
	bus_write(BUS_MEMORY, 0xff00fff8, 8, 0x123456789abcdef0);
	CHECK(bus_read(BUS_MEMORY, 0xff00fff8, 8) == 0x123456789abcdef0, "memory");
	CHECK(bus_read(BUS_MEMORY, 0xff00fffc, 8) == 0xffffffff12345678, "its end");
	for (u32 i = 0; i < 10000; i++) {
		bus_write(BUS_PORTS, 0xdc + random_below(12), 1 + random_below(4), random_below(~0ull));
		bus_write(BUS_PORTS, 0x1ffc + random_below(24), 1 + random_below(4), random_below(2));
		bus_write(BUS_MEMORY, 0xff00fff0 + random_below(24), 1 + random_below(8), random_below(~0ull));
	}
}

int main(void)
{
	test_testdev();
	test_power();
	test_headers();
	test_info();
	test_flat();
	return check_done("vm_boot_test");
}
