/*
 * A file as a disk: its size does not change, and is a number of whole sectors.
 */
#ifndef VM_DISK_H
#define VM_DISK_H

#include "abi/types.h"

#define SECTOR 512u

struct disk {
	s64 fd;
	u64 size;          /* bytes */
	bool is_read_only; /* the file may only be read */
	char id[20];       /* what the guest is told; zeros behind it */
};

/* 0 or -E... */
int disk_open(struct disk *disk, const char *path);

/* `size` bytes at an offset, which the caller has checked: 0 or -E... */
int disk_read(struct disk *disk, u64 offset, void *to, u64 size);
int disk_write(struct disk *disk, u64 offset, const void *from, u64 size);
int disk_flush(struct disk *disk);

#endif
