/*
 * Shared anonymous memory: an object of pages that several address spaces map, as an internal file.
 */
#ifndef KERNEL_MM_SHMEM_H
#define KERNEL_MM_SHMEM_H

#include "kernel.h"

struct file;

/* An object of `size` bytes (pages), all zero, with one reference; NULL without memory.  Pages come with their use. */
struct file *shmem_create(u64 size);

#endif
