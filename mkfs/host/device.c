/*
 * Block devices of the host: memory, and files.  See host.h.
 */
#include "host.h"
#include "os.h"

static bool is_inside(const struct block_device *dev, u64 first, u32 count)
{
	return first < dev->block_count && count <= dev->block_count - first;
}

/* ---- Memory -------------------------------------------------------------------------------------------- */

static struct host_memory_device *memory_of(struct block_device *dev)
{
	return container_of(dev, struct host_memory_device, dev);
}

static int memory_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	if (!is_inside(dev, first, count))
		return -EIO;
	memcpy(buf, memory_of(dev)->data + first * BLOCK_SIZE, (size_t)count * BLOCK_SIZE);
	return 0;
}

static int memory_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	if (!is_inside(dev, first, count))
		return -EIO;
	memcpy(memory_of(dev)->data + first * BLOCK_SIZE, buf, (size_t)count * BLOCK_SIZE);
	return 0;
}

static int no_flush(struct block_device *dev)
{
	return 0;
}

void host_memory_open(struct host_memory_device *device, u8 *data, u64 block_count)
{
	*device = (struct host_memory_device){
		.dev = { .name = "memory", .block_count = block_count, .read = memory_read,
			 .write = memory_write, .flush = no_flush },
		.data = data,
	};
	if (!data) {
		device->data = os_alloc_zeroed(block_count * BLOCK_SIZE);
		if (!device->data)
			host_die("no memory for an image of %lu blocks", (unsigned long)block_count);
		device->dev.private = device->data;
	}
}

void host_memory_close(struct host_memory_device *device)
{
	host_free(device->dev.private);
	device->dev.private = NULL;
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static int fd_of(struct block_device *dev)
{
	return container_of(dev, struct host_file_device, dev)->fd;
}

static int file_read(struct block_device *dev, u64 first, u32 count, void *buf)
{
	if (!is_inside(dev, first, count))
		return -EIO;
	return os_read_at(fd_of(dev), first * BLOCK_SIZE, buf, (size_t)count * BLOCK_SIZE) ? 0 : -EIO;
}

static int file_write(struct block_device *dev, u64 first, u32 count, const void *buf)
{
	if (!is_inside(dev, first, count))
		return -EIO;
	return os_write_at(fd_of(dev), first * BLOCK_SIZE, buf, (size_t)count * BLOCK_SIZE) ? 0 : -EIO;
}

int host_file_open(struct host_file_device *device, const char *path, enum host_file_mode mode)
{
	s64 size;
	int fd = os_open(path, mode == FILE_READ_ONLY ? OS_READ : OS_UPDATE);

	if (fd < 0)
		return -EIO;
	size = os_size(fd);
	if (size < 0) {
		os_close(fd);
		return -EIO;
	}
	*device = (struct host_file_device){
		.dev = { .name = path, .block_count = (u64)size / BLOCK_SIZE, .read = file_read,
			 .write = file_write, .flush = no_flush },
		.fd = fd,
	};
	return 0;
}

void host_file_close(struct host_file_device *device)
{
	os_close(device->fd);
}
