/*
 * From addresses to devices: see bus.h.
 *
 * An access is cut where the device wants it narrower, and at the device's end.  So a device sees offsets below its
 * size and widths up to its own, whatever the guest does.
 */
#include "bus.h"

#define DEVICES_MAX 16

static const struct device *devices[BUS_COUNT][DEVICES_MAX];
static u32 device_count[BUS_COUNT];

void bus_add(enum bus bus, const struct device *device)
{
	devices[bus][device_count[bus]++] = device;
}

static const struct device *find(enum bus bus, u64 address)
{
	for (u32 i = 0; i < device_count[bus]; i++)
		if (address - devices[bus][i]->base < devices[bus][i]->size)
			return devices[bus][i];
	return NULL;
}

/* How much of an access goes to the device at once. */
static u32 piece(const struct device *d, u64 offset, u32 bytes)
{
	u64 left = d->size - offset;
	u32 limit = left < d->width ? left : d->width;

	return bytes < limit ? bytes : limit;
}

static u64 low_bytes(u64 value, u32 bytes)
{
	return bytes < 8 ? value & ((1ull << 8 * bytes) - 1) : value;
}

u64 bus_read(enum bus bus, u64 address, u32 bytes)
{
	u64 data = 0;

	for (u32 done = 0, size; done < bytes; done += size) {
		const struct device *d = find(bus, address + done);
		u64 part = 0xff;

		size = 1;
		if (d) {
			u64 offset = address + done - d->base;

			size = piece(d, offset, bytes - done);
			part = low_bytes(d->read(d->state, offset, size), size);
		}
		data |= part << 8 * done;
	}
	return data;
}

void bus_write(enum bus bus, u64 address, u32 bytes, u64 data)
{
	for (u32 done = 0, size; done < bytes; done += size) {
		const struct device *d = find(bus, address + done);

		size = 1;
		if (d) {
			u64 offset = address + done - d->base;

			size = piece(d, offset, bytes - done);
			d->write(d->state, offset, size, low_bytes(data >> 8 * done, size));
		}
	}
}
