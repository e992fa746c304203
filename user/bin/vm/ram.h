/*
 * The guest's memory, as this program sees it.
 *
 * The guest changes it at any moment: whoever reads it reads each word once, and believes nothing.
 */
#ifndef VM_RAM_H
#define VM_RAM_H

#include "abi/types.h"

struct ram {
	u64 guest, size; /* bytes, multiples of a page */
	u8 *memory;
};

#define RAM_MAX 3
extern struct ram ram[RAM_MAX];
extern u32 ram_count;

/* Memory for the guest at `guest`: 0 or -E...  Large pages if it is a multiple of them. */
int ram_add(u64 guest, u64 size);

/* Where guest-physical [guest, guest + size) is; NULL if it does not lie in one piece of RAM. */
void *ram_at(u64 guest, u64 size);

#endif
