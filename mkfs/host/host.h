/*
 * What host programs need beside the kernel's headers: the file system's surroundings on the host.
 *
 * kernel/fs is compiled for the host as it is.  lock.c, memory.c and console.c implement the parts of lock.h, sched.h,
 * buddy.h, kmalloc.h and kernel.h that it calls; device.c makes block devices of memory and of files.  Sources that
 * include kernel headers cannot include <string.h>, <errno.h> or <sys/stat.h>, whose names the kernel has too: what
 * needs those is in os.c, behind os.h.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "kernel.h"
#include "dev/block.h"

/* ---- Console ------------------------------------------------------------------------------------------- */

/* Where printk() goes; quiet by default.  host_printed() tells how many lines were printed, shown or not. */
enum host_console { CONSOLE_QUIET, CONSOLE_STDERR };
void host_set_console(enum host_console console);
u64 host_printed(void);

/* End the program with a message and status 2. */
void host_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---- Memory -------------------------------------------------------------------------------------------- */

/* What buddy_stats() says; decides the sizes of the block cache and of transactions. */
void host_set_page_total(u64 pages);

/* Allocations that have not been freed. */
u64 host_allocation_count(void);

/* The n-th allocation from here on (1: the next) and, if FAIL_ALWAYS, all later ones fail; 0: none.  See mm/buddy.h. */

/* Never NULL: dies instead.  Not counted. */
void *host_alloc(size_t size);
void host_free(void *p);

/* ---- Locks --------------------------------------------------------------------------------------------- */

/* Let a thread yield at one in `one_in` locks that it takes, before or after; 0: never.  Brings races out. */
void host_shake_threads(u32 one_in);

/* How many locks the calling thread holds. */
u32 host_lock_count(void);

/* Verify that the calling thread holds no lock. */
void host_check_no_locks(void);

/*
 * Call `fn` whenever a thread has released a lock and holds none but perhaps one of rank RANK_RENAME; NULL: no more.
 * What it does to locks calls it again.
 */
void host_between_locks(void (*fn)(void));

/* ---- Devices ------------------------------------------------------------------------------------------- */

struct host_memory_device {
	struct block_device dev;
	u8 *data;
};

/* A device over `data`, which the caller owns, or, if it is NULL, over zeros that the device owns. */
void host_memory_open(struct host_memory_device *device, u8 *data, u64 block_count);
void host_memory_close(struct host_memory_device *device);

/* A device over a file, which must have that many blocks. */
struct host_file_device {
	struct block_device dev;
	int fd;
};

enum host_file_mode { FILE_READ_ONLY, FILE_READ_WRITE };

/* 0 or -EIO. */
int host_file_open(struct host_file_device *device, const char *path, enum host_file_mode mode);
void host_file_close(struct host_file_device *device);

#endif
