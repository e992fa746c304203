/*
 * User memory of the current process: see uaccess.h.
 */
#include "mm/uaccess.h"
#include "mm/aspace.h"
#include "proc.h"

int copy_in(void *to, hva_t from, size_t size)
{
	return aspace_read(current()->proc->aspace, to, from, size);
}

int copy_out(hva_t to, const void *from, size_t size)
{
	return aspace_write(current()->proc->aspace, to, from, size);
}

/* Page by page, because the string may end right before memory that does not exist. */
s64 copy_in_string(char *to, hva_t from, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t part = MIN(size - done, PAGE_SIZE - (from.raw + done) % PAGE_SIZE);
		size_t length;
		int error = copy_in(to + done, hva_add(from, done), part);

		if (error)
			return error;
		length = strnlen(to + done, part);
		if (length < part)
			return done + length;
		done += part;
	}
	return -ENAMETOOLONG;
}
