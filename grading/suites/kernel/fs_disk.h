/*
 * A disk for tests: the RAM disk's image, with all changes kept aside, so that every case begins with the same
 * image.  It remembers what was asked of it, and fails or freezes at will.
 */
#ifndef SUITES_FS_DISK_H
#define SUITES_FS_DISK_H

#include "grading/ktest/ktest.h"
#include "dev/block.h"
#include "fs/format.h"

enum disk_failure { DISK_READS = 1, DISK_WRITES = 2, DISK_FLUSHES = 4 };

/*
 * The disk, until the case ends.  Skips the case if there is no RAM disk.  There is one at a time.
 */
struct block_device *disk_open(void);

/* The same, mounted; unmounted when the case ends, if it is then mounted. */
void disk_mount(void);

/* Unmount and mount again. */
void disk_remount(void);

/* Let the n-th request of these kinds (1: the next) fail, once.  0: none. */
void disk_fail(u32 kinds, u32 n);

/* After `writes` more writes all later ones, and flushes, are lost although they seem to succeed.  ~0: none. */
void disk_freeze_after(u32 writes);

/* How many requests there were. */
u32 disk_read_count(void);

/*
 * What was written since the last call, a letter each, but equal letters in a row only once: L a block of the log, R a
 * record, H any other block, F a flush.
 */
const char *disk_history(void);

#endif
