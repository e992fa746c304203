/*
 * ps: the processes.
 *
 *	STATE  run: on a CPU; wait: none of its threads is; zombie: ended, its parent has not waited
 *	MEM    memory that it really has, in KiB
 *	TIME   that it spent on CPUs, in seconds
 */
#include "stdio.h"
#include "stdlib.h"
#include "proclist.h"

int main(void)
{
	struct procinfo *list;
	s64 count = proclist_get(&list);

	if (count < 0)
		die("process list", count);
	printf("  PID  PPID GROUP STATE   THR      MEM     TIME NAME\n");
	for (s64 i = 0; i < count; i++)
		printf("%5d %5d %5d %-6s %4u %8lu %5lu.%02lu %s\n", list[i].pid, list[i].ppid, list[i].group,
		       proclist_state(&list[i]), list[i].thread_count, list[i].page_count * 4, list[i].cpu_ns / SECOND,
		       list[i].cpu_ns / (10 * MS) % 100, list[i].name);
	return 0;
}
