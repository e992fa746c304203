/*
 * What test programs for hypervisors expect of a machine: see testdev.h.
 */
#include "testdev.h"
#include "../../bus.h"
#include "string.h"

enum { LATCH_SIZE = 4, LINE_COUNT = 16, MEMORY_SIZE = 64 << 10 };

static u8 latch[LATCH_SIZE], memory[MEMORY_SIZE];

static u64 read_bytes(void *state, u64 offset, u32 bytes)
{
	u64 data = 0;

	memcpy(&data, (u8 *)state + offset, bytes);
	return data;
}

static void write_bytes(void *state, u64 offset, u32 bytes, u64 data)
{
	memcpy((u8 *)state + offset, &data, bytes);
}

static u64 read_no_line(void *state, u64 offset, u32 bytes)
{
	return ~0ull;
}

/* Of a wide access the first port counts. */
static void write_line(void *state, u64 offset, u32 bytes, u64 data)
{
	line_set(offset, data != 0);
}

static const struct device latch_device = {
	.base = TESTDEV_LATCH, .size = LATCH_SIZE, .width = 4, .state = latch, .read = read_bytes, .write = write_bytes,
}, line_device = {
	.base = TESTDEV_LINES, .size = LINE_COUNT, .width = 4, .read = read_no_line, .write = write_line,
}, memory_device = {
	.base = TESTDEV_MEMORY, .size = MEMORY_SIZE, .width = 8, .state = memory, .read = read_bytes,
	.write = write_bytes,
};

void testdev_init(void)
{
	bus_add(BUS_PORTS, &latch_device);
	bus_add(BUS_PORTS, &line_device);
	bus_add(BUS_MEMORY, &memory_device);
}
