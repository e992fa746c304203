/*
 * time command [argument...]: run the command and say on descriptor 2 how long it took.
 */
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

static NORETURN void run(char **argv)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", strchr(argv[0], '/') ? "" : "/bin/", argv[0]);
	int error = exec(path, (const char *const *)argv);

	warn(argv[0], error);
	exit(error == -ENOENT ? 127 : 126);
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2) {
		dprintf(2, "usage: time command [argument...]\n");
		return 2;
	}
	u64 start = clock();
	int pid = fork();

	if (pid < 0)
		die("fork", pid);
	if (pid == 0)
		run(argv + 1);
	int error = wait(pid, &status, 0);

	if (error < 0)
		die("wait", error);
	u64 ms = (clock() - start) / MS;

	dprintf(2, "%lu.%03lu s\n", ms / 1000, ms % 1000);
	return status & STATUS_KILLED ? 128 + (status & 0xff) : status;
}
