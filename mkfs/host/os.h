/*
 * What host programs ask of the host's operating system, in neutral types: sources with the kernel's headers cannot
 * include the host's.
 */
#ifndef HOST_OS_H
#define HOST_OS_H

#include "abi/types.h"

void *os_alloc_page_aligned(size_t size); /* NULL without memory */
void *os_alloc_zeroed(size_t size);       /* for large things: untouched pages cost nothing */
void os_free(void *p);
bool os_is_zero(const void *data, size_t size);

u64 os_milliseconds(void);
void os_yield(void);

/* ---- Files --------------------------------------------------------------------------------------------- */

/* A descriptor, or -1. */
enum os_open { OS_READ, OS_UPDATE, OS_CREATE };
int os_open(const char *path, enum os_open how);
void os_close(int fd);

/* True if all of it was transferred. */
bool os_read_at(int fd, u64 offset, void *buf, size_t size);
bool os_write_at(int fd, u64 offset, const void *buf, size_t size);
bool os_set_size(int fd, u64 size);

/* Bytes, or -1. */
s64 os_size(int fd);

/* Why the last of these calls failed. */
const char *os_error(void);

/* ---- Directories --------------------------------------------------------------------------------------- */

enum os_type { OS_FILE, OS_DIRECTORY, OS_OTHER };

struct os_entry {
	char *name;
	enum os_type type;
};

/* The entries but "." and "..", sorted by byte values, and how many; -1 if it cannot be read. */
s64 os_list(const char *path, struct os_entry **entries);
void os_free_list(struct os_entry *entries, s64 count);

/* ---- Processes ----------------------------------------------------------------------------------------- */

/* Run fn(arg) in a process of its own, for at most `seconds`: its exit status; 128 + n if signal n ended it. */
int os_run(int (*fn)(void *arg), void *arg, u32 seconds);

#endif
