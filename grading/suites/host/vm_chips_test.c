/*
 * The monitor's serial line, its interrupt controller, its bus; facts at ports; sizes as arguments; ELF files.
 */
#include <stddef.h>
#include <string.h>
#include "check.h"
#include "user/bin/vm/bus.c"
#include "user/bin/vm/uart.c"
#include "user/bin/vm/number.c"
#include "user/bin/vm/elf.c"
#include "user/bin/vm/arch/riscv/plic.c"
#include "user/bin/vm/arch/x86/fw_cfg.c"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- UART ---------------------------------------------------------------------------------------------- */

static u32 line_level, room_count;
static char sent[100];

void line_set(u32 line, u32 level)
{
	line_level = level;
}

static void note_sent(u8 byte)
{
	size_t length = strlen(sent);

	sent[length] = byte;
}

static void note_room(void)
{
	room_count++;
}

static struct uart uart = { .device.base = 0x1000, .line = 10, .send = note_sent, .has_room = note_room };

static u8 get(u32 reg)
{
	return bus_read(BUS_MEMORY, 0x1000 + reg, 1);
}

static void set(u32 reg, u8 value)
{
	bus_write(BUS_MEMORY, 0x1000 + reg, 1, value);
}

static void test_uart(void)
{
	uart_init(&uart);
	bus_add(BUS_MEMORY, &uart.device);
	CHECK(get(REG_IDENT) == IDENT_NONE && get(REG_STATUS) == 0x60, "after reset");
	set(REG_DATA, 'a');
	CHECK(strcmp(sent, "a") == 0 && line_level == 0, "send without interrupts");
	set(REG_ENABLE, ENABLE_TRANSMIT);
	CHECK(line_level == 1 && get(REG_IDENT) == IDENT_TRANSMIT, "empty");
	CHECK(line_level == 0 && get(REG_IDENT) == IDENT_NONE, "reading the reason ends it");
	set(REG_DATA, 'b');
	CHECK(line_level == 1, "empty again");
	set(REG_ENABLE, 0);
	CHECK(line_level == 0, "disabled");
	CHECK(uart_receive(&uart, 'x') && uart_receive(&uart, 'y') && line_level == 0, "receive, disabled");
	set(REG_ENABLE, ENABLE_RECEIVE);
	CHECK(line_level == 1 && get(REG_IDENT) == IDENT_RECEIVE && (get(REG_STATUS) & 1), "received");
	set(REG_FIFO, 7);
	CHECK(get(REG_IDENT) == (IDENT_RECEIVE | IDENT_FIFO_ON), "FIFOs on");
	CHECK(get(REG_DATA) == 'x' && line_level == 1 && get(REG_DATA) == 'y' && line_level == 0, "in order");
	CHECK(room_count == 2 && get(REG_DATA) == 0, "nothing more");
	set(REG_FORMAT, 0x83);
	set(REG_DATA, 1);
	CHECK(get(REG_DATA) == 1 && strcmp(sent, "ab") == 0, "the divisor is not data");
	set(REG_FORMAT, 3);
	set(REG_MODEM, MODEM_LOOP);
	set(REG_DATA, 'z');
	CHECK(get(REG_DATA) == 'z' && strcmp(sent, "ab") == 0, "loop");
	set(REG_MODEM, 0);
	for (u32 i = 0; i < UART_QUEUE; i++)
		CHECK(uart_receive(&uart, i), "byte %u", i);
	CHECK(!uart_receive(&uart, 0), "a byte too many");
}

/* ---- Bus ----------------------------------------------------------------------------------------------- */

static void test_bus(void)
{
	set(REG_SCRATCH, 0xa5);
	CHECK(bus_read(BUS_MEMORY, 0x1004, 4) >> 24 == 0xa5, "a wide read of narrow registers");
	CHECK(bus_read(BUS_MEMORY, 0x1007, 4) == 0xffffffa5, "over the end");
	CHECK(bus_read(BUS_MEMORY, 0x2000, 8) == ~0ull, "where nothing is");
	CHECK(bus_read(BUS_PORTS, 0x1000, 2) == 0xffff, "ports are another space");
	bus_write(BUS_MEMORY, 0x1006, 2, 0x3c00);
	CHECK(get(REG_SCRATCH) == 0x3c, "a wide write");
	bus_write(BUS_MEMORY, ~0ull - 1, 8, 0);
	CHECK(bus_read(BUS_MEMORY, ~0ull, 8) == ~0ull, "round the end");
}

/* ---- PLIC ---------------------------------------------------------------------------------------------- */

static u32 output[VM_VCPU_MAX];

static void note_output(u32 context, u32 level)
{
	CHECK(output[context] != level, "context %u is told what it knows", context);
	output[context] = level;
}

static struct plic plic = { .device.base = 0xc000000, .context_count = 2, .output = note_output };

static u32 plic_get(u64 offset)
{
	return bus_read(BUS_MEMORY, 0xc000000 + offset, 4);
}

static void plic_set(u64 offset, u32 value)
{
	bus_write(BUS_MEMORY, 0xc000000 + offset, 4, value);
}

#define CLAIM(context) (0x200004 + 0x1000 * (context))

static void test_plic(void)
{
	plic_init(&plic);
	bus_add(BUS_MEMORY, &plic.device);
	plic_set_level(&plic, 10, 1);
	CHECK(!output[0] && plic_get(0x1000) == 1 << 10, "pending, but enabled nowhere");
	plic_set(4 * 10, 1);
	plic_set(0x2000, 1 << 10 | 1 << 1);
	CHECK(output[0] && !output[1], "to context 0");
	plic_set(0x200000, 1);
	CHECK(!output[0], "below the threshold");
	plic_set(0x200000, 0);
	plic_set_level(&plic, 1, 1);
	plic_set(4 * 1, 2);
	CHECK(plic_get(CLAIM(0)) == 1 && output[0], "the higher priority first");
	CHECK(plic_get(CLAIM(0)) == 10 && !output[0] && plic_get(CLAIM(0)) == 0, "then the other, then none");
	plic_set(CLAIM(1), 10);
	CHECK(!output[0], "completed where it is not enabled");
	plic_set(CLAIM(0), 10);
	CHECK(output[0] && plic_get(CLAIM(0)) == 10, "still up: again");
	plic_set_level(&plic, 10, 0);
	plic_set(CLAIM(0), 10);
	CHECK(!output[0] && plic_get(0x1000) == 0, "down: no more");
	plic_set(0x2000, 0);
	plic_set(0x2080 + 4, 1 << 8);
	plic_set(4 * 40, 7);
	plic_set_level(&plic, 40, 1);
	CHECK(output[1] && plic_get(0x1004) == 1 << 8 && plic_get(CLAIM(1)) == 40, "above 31");
}

static void test_plic_random(void)
{
	for (u32 i = 0; i < 100000; i++) {
		u64 offset = random_below(3) ? random_below(PLIC_SIZE) : random_below(8) * 0x1000 + random_below(64);

		if (random_below(2))
			bus_write(BUS_MEMORY, 0xc000000 + offset, 1 + random_below(8), random_below(~0ull));
		else
			bus_read(BUS_MEMORY, 0xc000000 + offset, 1 + random_below(8));
		plic_set_level(&plic, 1 + random_below(63), random_below(2));
		CHECK(!(plic.pending & 1) && !(plic.served & 1), "source 0");
	}
}

/* ---- Facts about the machine -------------------------------------------------------------------------------- */

static struct fw_cfg fw_cfg = { .memory = 0x123456789a, .vcpus = 3, .device.base = FW_CFG_PORT };

static u64 fw_cfg_item(u16 key, u32 bytes)
{
	u64 value = 0;

	bus_write(BUS_PORTS, FW_CFG_PORT, 2, key);
	for (u32 i = 0; i < bytes; i++)
		value |= bus_read(BUS_PORTS, FW_CFG_PORT + 1, 1) << 8 * i;
	return value;
}

static void test_fw_cfg(void)
{
	fw_cfg_init(&fw_cfg);
	bus_add(BUS_PORTS, &fw_cfg.device);
	CHECK(fw_cfg_item(0, 4) == 0x554d4551, "signature");
	CHECK(fw_cfg_item(1, 4) == 1, "no DMA");
	CHECK(fw_cfg_item(3, 8) == 0x123456789a, "memory");
	CHECK(fw_cfg_item(5, 2) == 3 && fw_cfg_item(15, 2) == 3, "vCPUs");
	CHECK(fw_cfg_item(0x19, 4) == 0 && fw_cfg_item(0xffff, 8) == 0, "what is not here");
	fw_cfg_item(3, 8);
	CHECK(bus_read(BUS_PORTS, FW_CFG_PORT + 1, 1) == 0, "behind the end");
	bus_write(BUS_PORTS, FW_CFG_PORT + 1, 1, 5);
	bus_write(BUS_PORTS, FW_CFG_PORT, 1, 5);
	CHECK(fw_cfg.key == 3, "only a selector of two bytes selects");
	for (u32 i = 0; i < 10000; i++) {
		bus_write(BUS_PORTS, FW_CFG_PORT + random_below(2), 1 + random_below(4), random_below(~0ull));
		bus_read(BUS_PORTS, FW_CFG_PORT + random_below(2), 1 + random_below(4));
	}
}

/* ---- Numbers, notes ------------------------------------------------------------------------------------ */

static void test_numbers(void)
{
	static const struct {
		const char *text;
		u64 unit, value;
	} good[] = {
		{ "0", 1, 0 }, { "64", 1 << 20, 64 << 20 }, { "64M", 1, 64 << 20 }, { "0x10k", 5, 1 << 14 },
		{ "2G", 1 << 20, 2ull << 30 }, { "0xffffffffffffffff", 1, ~0ull }, { "0xAb", 1, 0xab },
	};
	static const char *const bad[] = { "", " 1", "x", "0x", "-1", "1x", "1MM", "18446744073709551616" };
	u64 value;

	for (u32 i = 0; i < COUNT(good); i++)
		CHECK(parse_size(good[i].text, good[i].unit, &value) && value == good[i].value, "%s", good[i].text);
	for (u32 i = 0; i < COUNT(bad); i++)
		CHECK(!parse_size(bad[i], 1, &value), "%s", bad[i]);
}

/* A file of the class 32, and the same of 64. */
static void test_elf(void)
{
	static const struct elf_header_32 narrow = {
		.ident = { 0x7f, 0x45, 0x4c, 0x46, ELF_CLASS_32, 1, 1 },
		.type = 2,
		.machine = ELF_MACHINE_386,
		.version = 1,
		.entry = 0x400010,
		.program_headers = 52,
		.section_headers = 99,
		.flags = 7,
		.counts = { 52, 32, 2, 40, 3, 1 },
	};
	static const struct elf_segment_32 segment = { 1, 0x1000, 0x400000, 0x500000, 0x20, 0x30, 5, 4096 };
	struct elf_header h, again;
	struct elf_segment s;

	CHECK(elf_read_header(&h, (const u8 *)&narrow, sizeof(narrow)), "32 bits");
	CHECK(h.entry == 0x400010 && h.program_headers == 52 && h.program_header_count == 2 && h.section_names == 1,
	      "fields");
	CHECK(elf_is_program(&h, ELF_MACHINE_386) && !elf_is_program(&h, ELF_MACHINE_X86), "machine");
	elf_read_segment(&s, &h, (const u8 *)&segment);
	CHECK(s.type == 1 && s.offset == 0x1000 && s.virtual_address == 0x400000 && s.physical_address == 0x500000 &&
	      s.file_size == 0x20 && s.memory_size == 0x30 && s.flags == 5 && s.alignment == 4096, "segment");
	h.program_header_size = 56;
	CHECK(!elf_is_program(&h, ELF_MACHINE_386), "segments of the other class");
	h.class = ELF_CLASS_64;
	CHECK(elf_read_header(&again, (const u8 *)&h, sizeof(h)) && memcmp(&again, &h, sizeof(h)) == 0, "64 bits");
	CHECK(!elf_read_header(&again, (const u8 *)&h, sizeof(h) - 1), "cut off");
	CHECK(!elf_read_header(&again, (const u8 *)&narrow, sizeof(narrow) - 1), "cut off");
	h.data = 2;
	CHECK(!elf_read_header(&again, (const u8 *)&h, sizeof(h)), "big-endian");
}

static void test_notes(void)
{
	static const u32 notes[] = { 3, 1, 7, 0x006261, 1, 4, 8, 18, 0x006e6558, 0x123456, 0 };
	u64 entry = 0;

	CHECK(elf_find_pvh_entry((const u8 *)notes, sizeof(notes), &entry) && entry == 0x123456, "entry 0x%lx", entry);
	for (u32 size = 0; size < sizeof(notes); size++) {
		u8 *copy = malloc(size);

		memcpy(copy, notes, size);
		CHECK(!elf_find_pvh_entry(copy, size, &entry), "in %u bytes", size);
		free(copy);
	}
	for (u32 i = 0; i < 100000; i++) {
		u32 size = random_below(64);
		u8 *bytes = malloc(size);

		for (u32 k = 0; k < size; k++)
			bytes[k] = random_below(4) ? 0 : random_below(256);
		elf_find_pvh_entry(bytes, size, &entry);
		free(bytes);
	}
}

int main(void)
{
	test_uart();
	test_bus();
	test_plic();
	test_plic_random();
	test_numbers();
	test_fw_cfg();
	test_elf();
	test_notes();
	return check_done("vm_chips_test");
}
