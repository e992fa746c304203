/*
 * mmio: a device's registers, by every kind of access that the machine has; arch/<a>/access.c lists them.
 *
 * The eight registers of the serial line lie in memory in every machine of `vm run`.  Read one by one they say what a
 * wider read must give; the last of them, scratch, keeps what is written to it.  (QEMU's serial line takes no wide
 * accesses, and on x86 it is not in memory: this guest is for `vm run` alone.)
 */
#include "access.h"
#include "guest.h"

#define REGISTERS 8
#define PRESET    0xfedcba9876543210ul

static volatile u8 *uart;

static u64 by_bytes(u32 first, u32 bytes)
{
	u64 value = 0;

	for (u32 i = 0; i < bytes; i++)
		value |= (u64)uart[first + i] << 8 * i;
	return value;
}

static u64 extend(u64 value, u32 bytes, enum extension extension)
{
	u32 unused = 64 - 8 * bytes;
	u64 extended = (u64)((s64)(value << unused) >> unused);

	switch (extension) {
	case EXTEND_ZERO: return value;
	case EXTEND_SIGN: return extended;
	case EXTEND_SIGN_32: return extended & 0xffffffff;
	default: return bytes < 8 ? value | PRESET >> 8 * bytes << 8 * bytes : value;
	}
}

static void check_load(const struct load *load, u8 scratch)
{
	u32 first = REGISTERS - load->bytes;
	u64 expected, got;

	uart[REGISTERS - 1] = scratch;
	expected = extend(by_bytes(first, load->bytes), load->bytes, load->extension);
	got = load->run((u64)(uart + first), PRESET);
	CHECK(got == expected, "mmio: %s gives 0x%lx, not 0x%lx", load->name, got, expected);
}

/* What else is written is harmless: line format 8N1, no interrupts, and a carriage return that is sent. */
static void check_store(const struct store *store, u8 scratch)
{
	u32 first = REGISTERS - store->bytes;
	u64 value = ((u64)scratch << 56 | 0x000b0300000dul) >> 8 * first;

	uart[REGISTERS - 1] = ~scratch;
	store->run((u64)(uart + first), value);
	CHECK(uart[REGISTERS - 1] == scratch, "mmio: %s leaves 0x%x, not 0x%x", store->name, uart[REGISTERS - 1],
	      scratch);
}

void guest_main(void)
{
	static const u8 values[] = { 0x00, 0x5a, 0x7f, 0x80, 0xff };
	u32 count = 0;

	uart = (volatile u8 *)uart_address();
	for (u32 i = 0; i < sizeof(values); i++) {
		for (u32 k = 0; k < load_count; k++)
			check_load(&loads[k], values[i]);
		for (u32 k = 0; k < store_count; k++)
			check_store(&stores[k], values[i]);
		count += load_count + store_count;
	}
	CHECK(*(volatile u32 *)NO_DEVICE == ~0u, "mmio: where no device is there is 0x%x", *(volatile u32 *)NO_DEVICE);
	*(volatile u32 *)NO_DEVICE = 1;
	print("mmio: %u accesses\n", count);
}
