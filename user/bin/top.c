/*
 * top [-n times] [-d seconds]: the system and its busiest processes, again and again; `q` ends it.
 */
#include "args.h"
#include "io.h"
#include "proclist.h"
#include "stdio.h"
#include "stdlib.h"

#define ROWS 18 /* processes shown */

static bool console; /* keys come from it and the picture goes to it; else only the text is written */

struct sample {
	struct sysinfo info;
	struct procinfo *list;
	s64 count;
};

static void take(struct sample *s)
{
	int error = sysinfo(&s->info);

	s->count = proclist_get(&s->list);
	if (error || s->count < 0)
		die("system information", error ? error : s->count);
}

/* CPU time of p since the sample, in ns. */
static u64 used_since(const struct sample *before, const struct procinfo *p)
{
	for (s64 i = 0; i < before->count; i++)
		if (before->list[i].pid == p->pid && before->list[i].cpu_ns <= p->cpu_ns)
			return p->cpu_ns - before->list[i].cpu_ns;
	return p->cpu_ns;
}

static int compare_use(const void *a, const void *b)
{
	u64 x = ((const struct procinfo *)a)->cpu_ns, y = ((const struct procinfo *)b)->cpu_ns;

	return x < y ? 1 : x > y ? -1 : 0;
}

static u64 percent(u64 part, u64 whole)
{
	return whole ? part * 100 / whole : 0;
}

static void print_system(const struct sample *before, const struct sample *now)
{
	const struct sysinfo *a = &before->info, *b = &now->info;
	u64 elapsed = b->uptime_ns - a->uptime_ns;

	printf("up %lu s, %u CPUs %lu%% idle, %u processes, %u threads\n", b->uptime_ns / SECOND, b->cpu_count,
	       percent(b->idle_ns - a->idle_ns, elapsed * b->cpu_count), b->proc_count, b->thread_count);
	printf("memory: %lu KiB, %lu free; per second: %lu switches, %lu faults, %lu calls\n\n", b->page_total * 4,
	       b->page_free * 4, (b->switch_count - a->switch_count) * SECOND / elapsed,
	       (b->fault_count - a->fault_count) * SECOND / elapsed,
	       (b->syscall_count - a->syscall_count) * SECOND / elapsed);
}

/* The processes of `now`, busiest first; their cpu_ns becomes what they used since `before`. */
static void print_processes(const struct sample *before, struct sample *now)
{
	u64 elapsed = now->info.uptime_ns - before->info.uptime_ns;

	for (s64 i = 0; i < now->count; i++)
		now->list[i].cpu_ns = used_since(before, &now->list[i]);
	qsort(now->list, now->count, sizeof(now->list[0]), compare_use);
	printf("  PID  PPID STATE   THR      MEM  CPU%% NAME\n");
	for (s64 i = 0; i < now->count && i < ROWS; i++) {
		struct procinfo *p = &now->list[i];

		printf("%5d %5d %-6s %4u %8lu  %4lu %s\n", p->pid, p->ppid, proclist_state(p), p->thread_count,
		       p->page_count * 4, percent(p->cpu_ns, elapsed), p->name);
	}
}

/* Sleep; true if the user wants to stop.  In raw mode keys arrive at once and ^C is a key like others. */
static bool wait_for_key(u64 ns)
{
	u64 end = clock() + ns;

	while ((u64)clock() < end) {
		u64 left = end - clock();
		u32 count = 0;
		char key = 0;

		sleep(left < 50 * MS ? left : 50 * MS);
		if (console && ioctl(0, TTY_INPUT_COUNT, (u64)&count) == 0 && count && read(0, &key, 1) == 1)
			if (key == 'q' || key == 3)
				return true;
	}
	return false;
}

static void show(s64 times, u64 interval)
{
	struct sample before = { 0 }, now;

	for (s64 i = 0; times == 0 || i < times; i++) {
		if (i > 0 && wait_for_key(interval))
			break;
		take(&now);
		struct sample reference = now; /* what `before` is compared with has its own cpu_ns */

		reference.list = must_malloc((now.count + 1) * sizeof(now.list[0]));
		for (s64 k = 0; k < now.count; k++)
			reference.list[k] = now.list[k];
		if (console)
			printf("\033[H\033[J"); /* to the top left corner, clear to the end */
		print_system(&before, &now);
		print_processes(&before, &now);
		flush();
		free(before.list);
		free(now.list);
		before = reference;
	}
	free(before.list);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "n:d:", "top [-n times] [-d seconds]");
	s64 times = 0, seconds = 2;

	console = is_console(0) && is_console(1);
	for (int flag; (flag = args_flag(&a));)
		*(flag == 'n' ? &times : &seconds) = args_number(&a);
	if (args_left(&a) || times < 0 || seconds < 0)
		args_usage(&a);
	if (console)
		ioctl(0, TTY_SETMODE, TTY_RAW);
	show(times, seconds * SECOND);
	if (console)
		ioctl(0, TTY_SETMODE, TTY_COOKED);
	return 0;
}
