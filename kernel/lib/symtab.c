/*
 * The names of the kernel's functions: see symtab.h.
 */
#include "lib/symtab.h"

/* Written by symtab.awk; ksym_offset[] rises. */
extern const u32 ksym_count;
extern const u32 ksym_offset[]; /* from kernel_start */
extern const u32 ksym_name[];   /* in ksym_names */
extern const char ksym_names[];

/* Written by the linker script. */
extern const char kernel_start[], kernel_text_end[];

/* How many functions start at or below the distance. */
static u32 count_up_to(u64 distance)
{
	u32 low = 0, high = ksym_count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (ksym_offset[middle] <= distance)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *symbol_name(u64 address, u64 *offset)
{
	u64 distance = address - (u64)kernel_start;
	u32 count;

	if (address < (u64)kernel_start || address >= (u64)kernel_text_end)
		return NULL;
	count = count_up_to(distance);
	if (count == 0)
		return NULL;
	*offset = distance - ksym_offset[count - 1];
	return ksym_names + ksym_name[count - 1];
}
