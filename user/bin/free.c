/*
 * free: memory, in KiB.
 */
#include "stdio.h"
#include "sys.h"

int main(void)
{
	struct sysinfo i;
	int error = sysinfo(&i);

	if (error)
		die("system information", error);
	printf("%12s %12s %12s %14s\n", "total", "used", "free", "largest block");
	printf("%12lu %12lu %12lu %14lu\n", i.page_total * 4, (i.page_total - i.page_free) * 4, i.page_free * 4,
	       i.largest_free / 1024);
	return 0;
}
