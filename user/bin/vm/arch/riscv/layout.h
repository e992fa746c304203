/*
 * Where things are for the guest: as on QEMU's "virt", so that its kernels run here.
 */
#ifndef VM_LAYOUT_H
#define VM_LAYOUT_H

#include "../../machine.h"

#define TEST_BASE     0x100000ul
#define TEST_SIZE     0x1000ul
#define PLIC_BASE     0xc000000ul
#define UART_BASE     0x10000000ul
#define UART_SOURCE   10
#define VIRTIO_BASE   0x10001000ul
#define VIRTIO_STRIDE 0x1000ul
#define VIRTIO_SOURCE 1
#define RAM_BASE      0x80000000ul

/* Ticks of the time CSR in a second: the host's, which is "virt" too. */
#define TIME_HZ 10000000

/* Write the tree that describes the machine into the guest's memory at `at`; ends the program if it does not fit. */
void write_device_tree(const struct options *options, const struct image *image, u64 at);

#endif
