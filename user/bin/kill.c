/*
 * kill [-9] pid...: end processes; with a minus before the number (after the first, or after --) a whole group.
 */
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

static bool is_ignored(const char *arg)
{
	return strcmp(arg, "-9") == 0 || strcmp(arg, "-KILL") == 0 || strcmp(arg, "--") == 0;
}

static int kill_one(const char *arg)
{
	s64 pid;
	int error = parse_number(arg, &pid) && pid ? kill(pid) : -EINVAL;

	if (error)
		warn(arg, error);
	return error;
}

int main(int argc, char **argv)
{
	int first = argc > 1 && is_ignored(argv[1]) ? 2 : 1;
	int status = 0;

	if (first >= argc) {
		dprintf(2, "usage: kill [-9] pid...\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		if (kill_one(argv[i]))
			status = 1;
	return status;
}
