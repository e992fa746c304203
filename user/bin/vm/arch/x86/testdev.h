/*
 * What test programs for hypervisors expect of a machine, as QEMU's pc-testdev has it:
 *
 *   ports 0xe0-0xe3     read what was written there last
 *   ports 0x2000-0x200f write the level of the PICs' line of that number
 *   0xff000000          64 KiB that hold what is written, but as a device: each access leaves the guest
 */
#ifndef VM_TESTDEV_H
#define VM_TESTDEV_H

#define TESTDEV_LATCH  0xe0
#define TESTDEV_LINES  0x2000
#define TESTDEV_MEMORY 0xff000000ul

/* Add it to the bus. */
void testdev_init(void);

#endif
