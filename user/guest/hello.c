/*
 * hello: a line, and the end.
 */
#include "guest.h"

void guest_main(void)
{
	print("hello from a guest on %s: %u CPUs, %lu MiB of memory\n", machine_name, cpu_count(), ram_size() >> 20);
}
