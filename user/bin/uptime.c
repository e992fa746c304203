/*
 * uptime [-n]: how long the system runs, on what, how busy; -n: only that, in nanoseconds.
 */
#include "args.h"
#include "stdio.h"
#include "sys.h"

static void print_sentence(const struct sysinfo *i)
{
	u64 seconds = i->uptime_ns / SECOND;
	u64 capacity = i->uptime_ns * i->cpu_count;

	printf("up %lu:%02lu:%02lu, %s, %u CPUs %lu%% idle, %u processes\n", seconds / 3600, seconds / 60 % 60,
	       seconds % 60, i->arch, i->cpu_count, capacity ? i->idle_ns * 100 / capacity : 0, i->proc_count);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "n", "uptime [-n]");
	bool wants_number = false;
	struct sysinfo i;
	int error = sysinfo(&i);

	while (args_flag(&a))
		wants_number = true;
	if (error)
		die("system information", error);
	if (wants_number)
		printf("up %lu ns\n", i.uptime_ns);
	else
		print_sentence(&i);
	return 0;
}
