/*
 * The list of processes.
 */
#include "proclist.h"
#include "stdlib.h"

static int compare_pids(const void *a, const void *b)
{
	return ((const struct procinfo *)a)->pid - ((const struct procinfo *)b)->pid;
}

/* The kernel fills as many entries as there is room for: room for more than it fills means that it gave all. */
s64 proclist_get(struct procinfo **list)
{
	for (size_t room = 64;; room *= 2) {
		struct procinfo *p = malloc(room * sizeof(*p));

		if (!p)
			return -ENOMEM;
		s64 count = procinfo(p, room);

		if (count >= 0 && count < (s64)room) {
			qsort(p, count, sizeof(*p), compare_pids);
			*list = p;
			return count;
		}
		free(p);
		if (count < 0)
			return count;
	}
}

const char *proclist_state(const struct procinfo *p)
{
	return p->state == PROC_ZOMBIE ? "zombie" : p->running_count ? "run" : "wait";
}
