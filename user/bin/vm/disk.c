/*
 * A file as a disk: see disk.h.
 */
#include "disk.h"
#include "io.h"
#include "string.h"

int disk_open(struct disk *disk, const char *path)
{
	struct stat stat;
	int error;

	*disk = (struct disk){ .fd = open(path, O_RDWR) };
	if (disk->fd < 0) {
		disk->fd = open(path, O_RDONLY);
		disk->is_read_only = true;
	}
	if (disk->fd < 0)
		return disk->fd;
	error = fstat(disk->fd, &stat);
	if (error || stat.type != T_FILE)
		return error ? error : -EINVAL;
	disk->size = stat.size / SECTOR * SECTOR;
	strlcpy(disk->id, path, sizeof(disk->id));
	return 0;
}

int disk_read(struct disk *disk, u64 offset, void *to, u64 size)
{
	s64 n = lseek(disk->fd, offset, SEEK_SET);

	if (n >= 0)
		n = read_all(disk->fd, to, size);
	if (n < 0)
		return n;
	return n == size ? 0 : -EIO;
}

int disk_write(struct disk *disk, u64 offset, const void *from, u64 size)
{
	s64 n = lseek(disk->fd, offset, SEEK_SET);

	return n < 0 ? n : write_all(disk->fd, from, size);
}

int disk_flush(struct disk *disk)
{
	return fsync(disk->fd);
}
