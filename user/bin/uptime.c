/*
 * uptime: how long the system runs, on what, how busy.
 */
#include "stdio.h"
#include "sys.h"

int main(void)
{
	struct sysinfo i;
	int error = sysinfo(&i);

	if (error)
		die("system information", error);
	u64 seconds = i.uptime_ns / SECOND;
	u64 capacity = i.uptime_ns * i.cpu_count;

	printf("up %lu:%02lu:%02lu, %s, %u CPUs %lu%% idle, %u processes\n", seconds / 3600, seconds / 60 % 60,
	       seconds % 60, i.arch, i.cpu_count, capacity ? i.idle_ns * 100 / capacity : 0, i.proc_count);
	return 0;
}
