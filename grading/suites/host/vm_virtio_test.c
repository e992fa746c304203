/*
 * The monitor's virtio disk, with a driver played here: an honest one, and then one full of malice.  Whatever stands in
 * a virtqueue, only RAM and the disk may be touched, which the sanitizers watch, and after a reset the device works.
 */
#include <stddef.h>
#include <string.h>
#include "check.h"
#include "user/bin/vm/bus.c"
#include "user/bin/vm/queue.c"
#include "user/bin/vm/virtio_blk.c"

/* ---- What the device needs ----------------------------------------------------------------------------- */

#define RAM_START 0x80000000ull
#define RAM_SIZE  0x10000ull
#define DISK_SIZE (64 * 512ull)
#define WINDOW    0x10001000ull

static u8 *memory, disk_bytes[DISK_SIZE];
static u32 line_level, flush_count;

void *ram_at(u64 guest, u64 size)
{
	if (guest < RAM_START || guest - RAM_START > RAM_SIZE || size > RAM_SIZE - (guest - RAM_START))
		return NULL;
	return memory + (guest - RAM_START);
}

void line_set(u32 line, u32 level)
{
	line_level = level;
}

int disk_read(struct disk *disk, u64 offset, void *to, u64 size)
{
	CHECK(offset <= DISK_SIZE && size <= DISK_SIZE - offset, "read of %lu at %lu", size, offset);
	memcpy(to, disk_bytes + offset, size);
	return 0;
}

int disk_write(struct disk *disk, u64 offset, const void *from, u64 size)
{
	CHECK(offset <= DISK_SIZE && size <= DISK_SIZE - offset, "write of %lu at %lu", size, offset);
	memcpy(disk_bytes + offset, from, size);
	return 0;
}

int disk_flush(struct disk *disk)
{
	flush_count++;
	return 0;
}

/* ---- The driver ---------------------------------------------------------------------------------------- */

#define SIZE      8 /* of the queue */
#define DESC      (RAM_START + RAM_SIZE - 16 * SIZE) /* an entry too many is noticed */
#define AVAILABLE (RAM_START + 0x400)
#define USED      (RAM_START + 0x800)
#define HEADER    (RAM_START + 0x1000)
#define DATA      (RAM_START + 0x2000)
#define ANSWER    (RAM_START + 0x3000)

static struct virtio_blk device = {
	.device.base = WINDOW, .line = 1, .disk = { .size = DISK_SIZE, .id = "a disk" },
};
static u16 available_index;

static u32 get(u32 reg)
{
	return bus_read(BUS_MEMORY, WINDOW + reg, 4);
}

static void set(u32 reg, u32 value)
{
	bus_write(BUS_MEMORY, WINDOW + reg, 4, value);
}

static void set_address(u32 reg, u64 address)
{
	set(reg, address);
	set(reg + 4, address >> 32);
}

static void start_driver(void)
{
	set(REG_STATUS, 0);
	set(REG_STATUS, 1);
	set(REG_STATUS, 3);
	set(REG_DRIVER_FEATURES_SEL, 1);
	set(REG_DRIVER_FEATURES, 1);
	set(REG_STATUS, 3 | STATUS_FEATURES_OK);
	memset(memory, 0, 0x1000);
	memset(ram_at(DESC, 16 * SIZE), 0, 16 * SIZE);
	available_index = 0;
	set(REG_QUEUE_SEL, 0);
	set(REG_QUEUE_NUM, SIZE);
	set_address(REG_QUEUE_DESC, DESC);
	set_address(REG_QUEUE_DRIVER, AVAILABLE);
	set_address(REG_QUEUE_DEVICE, USED);
	set(REG_QUEUE_READY, 1);
	set(REG_STATUS, 7 | STATUS_FEATURES_OK);
}

static void describe(u32 index, u64 address, u32 length, u32 flags)
{
	struct descriptor *d = (struct descriptor *)ram_at(DESC, 16 * SIZE) + index;

	*d = (struct descriptor){ address, length, flags, index + 1 };
}

static void write_request(u32 type, u64 sector)
{
	struct header header = { .type = type, .sector = sector };

	memcpy(ram_at(HEADER, sizeof(header)), &header, sizeof(header));
	*(u8 *)ram_at(ANSWER, 1) = 0xee;
}

static void ring(u16 head)
{
	struct available_ring *a = ram_at(AVAILABLE, 4);

	a->ring[available_index % SIZE] = head;
	a->index = ++available_index;
	set(REG_QUEUE_NOTIFY, 0);
}

/* A request in three descriptors. */
static void prepare(u32 type, u64 sector, u32 length)
{
	bool has_data = length != 0, is_in = type != REQUEST_OUT;

	write_request(type, sector);
	describe(0, HEADER, 16, DESC_NEXT);
	describe(has_data ? 1 : 2, DATA, length, DESC_NEXT | (is_in ? DESC_WRITE : 0));
	((struct descriptor *)ram_at(DESC, 16))->next = has_data ? 1 : 2;
	describe(2, ANSWER, 1, DESC_WRITE);
}

/* What the device answers. */
static u8 ask(u32 type, u64 sector, u32 length)
{
	prepare(type, sector, length);
	ring(0);
	return *(u8 *)ram_at(ANSWER, 1);
}

static u16 used_index(void)
{
	return ((struct used_ring *)ram_at(USED, 4))->index;
}

/* ---- Honest -------------------------------------------------------------------------------------------- */

static void test_set_up(void)
{
	CHECK(get(REG_MAGIC) == 0x74726976 && get(REG_VERSION) == 2 && get(REG_DEVICE_ID) == 2, "identity");
	CHECK(get(REG_CONFIG) == DISK_SIZE / 512 && get(REG_CONFIG + 4) == 0, "capacity");
	set(REG_STATUS, 3 | STATUS_FEATURES_OK);
	CHECK(!(get(REG_STATUS) & STATUS_FEATURES_OK), "accepts a driver of the old kind");
	start_driver();
	CHECK(get(REG_STATUS) == 15, "status %x", get(REG_STATUS));
	CHECK(get(REG_QUEUE_READY) == 1, "the queue is ready");
}

static void test_requests(void)
{
	start_driver();
	memset(ram_at(DATA, 1024), 0x5a, 1024);
	CHECK(ask(REQUEST_OUT, 3, 1024) == ANSWER_OK, "write");
	CHECK(disk_bytes[3 * 512 - 1] == 0 && disk_bytes[3 * 512] == 0x5a && disk_bytes[5 * 512 - 1] == 0x5a &&
	      disk_bytes[5 * 512] == 0, "what was written");
	CHECK(line_level == 1 && get(REG_INTERRUPT_STATUS) == INTERRUPT_USED && used_index() == 1, "interrupt");
	set(REG_INTERRUPT_ACK, INTERRUPT_USED);
	CHECK(line_level == 0, "the line goes down");
	memset(ram_at(DATA, 1024), 0, 1024);
	CHECK(ask(REQUEST_IN, 4, 512) == ANSWER_OK && *(u8 *)ram_at(DATA + 511, 1) == 0x5a, "read");
	CHECK(*(u8 *)ram_at(DATA + 512, 1) == 0, "read too much");
	CHECK(((struct used_ring *)ram_at(USED, 32))->ring[1].length == 513, "length");
	CHECK(ask(REQUEST_FLUSH, 0, 0) == ANSWER_OK && flush_count == 1, "flush");
	CHECK(ask(REQUEST_GET_ID, 0, 20) == ANSWER_OK && strcmp(ram_at(DATA, 20), "a disk") == 0, "id");
	CHECK(ask(99, 0, 512) == ANSWER_UNSUPPORTED, "a request that does not exist");
	CHECK(ask(REQUEST_IN, DISK_SIZE / 512 - 1, 512) == ANSWER_OK, "the last sector");
	CHECK(ask(REQUEST_IN, DISK_SIZE / 512 - 1, 1024) == ANSWER_ERROR, "beyond the end");
	CHECK(ask(REQUEST_OUT, DISK_SIZE / 512, 512) == ANSWER_ERROR, "at the end");
	CHECK(ask(REQUEST_IN, ~0ull / 512 + 1, 512) == ANSWER_ERROR, "far beyond the end");
	CHECK(ask(REQUEST_IN, 0, 100) == ANSWER_ERROR, "part of a sector");
}

/* The header and the data in pieces of odd sizes. */
static void test_pieces(void)
{
	start_driver();
	write_request(REQUEST_OUT, 7);
	for (u32 i = 0; i < 512; i++)
		((u8 *)ram_at(DATA, 512))[i] = i;
	describe(0, HEADER, 5, DESC_NEXT);
	describe(1, HEADER + 5, 11, DESC_NEXT);
	describe(2, DATA, 3, DESC_NEXT);
	describe(3, DATA + 3, 509, DESC_NEXT);
	describe(4, ANSWER, 1, DESC_WRITE);
	ring(0);
	CHECK(*(u8 *)ram_at(ANSWER, 1) == ANSWER_OK, "answer");
	for (u32 i = 0; i < 512; i++)
		CHECK(disk_bytes[7 * 512 + i] == (u8)i, "byte %u is %u", i, disk_bytes[7 * 512 + i]);
}

static void test_read_only(void)
{
	device.disk.is_read_only = true;
	start_driver();
	disk_bytes[0] = 1;
	CHECK(ask(REQUEST_OUT, 0, 512) == ANSWER_ERROR && disk_bytes[0] == 1, "writes to what is read-only");
	set(REG_DEVICE_FEATURES_SEL, 0);
	CHECK(get(REG_DEVICE_FEATURES) & FEATURE_READ_ONLY, "does not say so");
	device.disk.is_read_only = false;
}

/* ---- Malice -------------------------------------------------------------------------------------------- */

static void expect_broken(const char *what)
{
	u16 used = used_index();

	ring(0);
	CHECK(get(REG_STATUS) & STATUS_NEEDS_RESET, "%s: goes on", what);
	CHECK(line_level == 1 && used_index() == used, "%s: not reported", what);
	start_driver();
	CHECK(ask(REQUEST_IN, 0, 512) == ANSWER_OK, "%s: no life after the reset", what);
	start_driver();
}

static void test_bad_chains(void)
{
	start_driver();
	describe(0, HEADER, 16, DESC_NEXT);
	((struct descriptor *)ram_at(DESC, 16))->next = 0;
	expect_broken("a circle");
	describe(0, HEADER, 16, DESC_NEXT);
	((struct descriptor *)ram_at(DESC, 16))->next = SIZE;
	expect_broken("a descriptor that is not there");
	describe(0, RAM_START + RAM_SIZE - 8, 16, 0);
	expect_broken("beyond RAM");
	describe(0, ~0ull - 7, 16, 0);
	expect_broken("round the end of addresses");
	describe(0, 0, 16, 0);
	expect_broken("no RAM");
	describe(0, HEADER, 0, 0);
	expect_broken("nothing");
	describe(0, ANSWER, 1, DESC_WRITE | DESC_NEXT);
	describe(1, HEADER, 16, 0);
	expect_broken("writable before readable");
	describe(0, HEADER, 16, DESC_INDIRECT);
	expect_broken("indirect");
	describe(0, HEADER, 15, DESC_NEXT);
	describe(1, ANSWER, 1, DESC_WRITE);
	expect_broken("half a header");
	describe(0, HEADER, 16, 0);
	expect_broken("no room for the answer");
	prepare(REQUEST_IN, 0, 512);
	available_index += SIZE;
	expect_broken("more chains than there are");
}

static void test_bad_queues(void)
{
	static const u64 bad[] = { 0, RAM_START + RAM_SIZE - 4, RAM_START + 1, ~0ull - 15, ~0ull };

	for (u32 reg = REG_QUEUE_DESC; reg <= REG_QUEUE_DEVICE; reg += 0x10)
		for (u32 i = 0; i < 5; i++) {
			start_driver();
			set(REG_QUEUE_READY, 0);
			set_address(reg, bad[i]);
			set(REG_QUEUE_READY, 1);
			CHECK(get(REG_QUEUE_READY) == 0, "a queue at 0x%lx", bad[i]);
			set(REG_QUEUE_NOTIFY, 0);
		}
	for (u32 size = 0; size < 1000; size++) {
		start_driver();
		set(REG_QUEUE_READY, 0);
		set_address(REG_QUEUE_DESC, RAM_START + 0x4000);
		set(REG_QUEUE_NUM, size);
		set(REG_QUEUE_READY, 1);
		CHECK(get(REG_QUEUE_READY) == (size && size <= QUEUE_SIZE && !(size & (size - 1))), "size %u", size);
	}
	start_driver();
	set_address(REG_QUEUE_DESC, 0);
	CHECK(ask(REQUEST_IN, 0, 512) == ANSWER_OK, "a queue that is ready was changed");
}

/* Anything anywhere: registers of all widths, and random words in the queue. */
static void test_random(void)
{
	u16 *words = ram_at(DESC, 16 * SIZE);

	for (u32 round = 0; round < 20000; round++) {
		if (random_below(50) == 0)
			start_driver();
		for (u32 i = 0; i < 8; i++)
			words[random_below(8 * SIZE)] = random_below(random_below(4) ? SIZE : 65536);
		describe(random_below(SIZE), RAM_START + random_below(RAM_SIZE + 0x1000), random_below(3000),
			 random_below(4));
		if (random_below(2))
			ring(random_below(SIZE + 1));
		else
			bus_write(BUS_MEMORY, WINDOW + random_below(VIRTIO_WINDOW), 1 << random_below(4),
				  random_below(~0ull));
		bus_read(BUS_MEMORY, WINDOW + random_below(VIRTIO_WINDOW), 1 + random_below(8));
	}
	start_driver();
	CHECK(ask(REQUEST_IN, 0, 512) == ANSWER_OK, "no life after a storm");
}

int main(void)
{
	memory = malloc(RAM_SIZE); /* so that a byte too many is noticed */
	memset(memory, 0, RAM_SIZE);
	virtio_blk_init(&device);
	bus_add(BUS_MEMORY, &device.device);
	test_set_up();
	test_requests();
	test_pieces();
	test_read_only();
	test_bad_chains();
	test_bad_queues();
	test_random();
	free(memory);
	return check_done("vm_virtio_test");
}
