/*
 * A few facts about the machine at two ports: see fw_cfg.h.
 *
 * There are no files: the directory's count is 0, as is each byte of a key that is not here, or behind its last byte.
 */
#include "fw_cfg.h"

enum { KEY_SIGNATURE = 0, KEY_ID = 1, KEY_RAM_SIZE = 3, KEY_VCPUS = 5, KEY_VCPUS_MAX = 15 };
enum { SELECTOR = 0, DATA = 1, PORTS = 2 };
enum { ID_PORTS = 1 }; /* these ports, but no DMA */

#define SIGNATURE 0x554d4551 /* "QEMU" */

/* All are numbers, the lowest byte first. */
static u64 item(const struct fw_cfg *f)
{
	switch (f->key) {
	case KEY_SIGNATURE: return SIGNATURE;
	case KEY_ID: return ID_PORTS;
	case KEY_RAM_SIZE: return f->memory;
	case KEY_VCPUS:
	case KEY_VCPUS_MAX: return f->vcpus;
	default: return 0;
	}
}

static u64 read_port(void *state, u64 offset, u32 bytes)
{
	struct fw_cfg *f = state;
	u8 byte;

	if (offset != DATA || f->at >= sizeof(u64))
		return 0;
	byte = item(f) >> 8 * f->at;
	f->at++;
	return byte;
}

static void write_port(void *state, u64 offset, u32 bytes, u64 data)
{
	struct fw_cfg *f = state;

	if (offset != SELECTOR || bytes != 2)
		return;
	f->key = data;
	f->at = 0;
}

void fw_cfg_init(struct fw_cfg *f)
{
	f->device.size = PORTS;
	f->device.width = 2;
	f->device.state = f;
	f->device.read = read_port;
	f->device.write = write_port;
}
