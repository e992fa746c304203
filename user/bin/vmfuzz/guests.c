/*
 * Hostile guests, each in a `vm run` of its own that is killed when it has had its time: most hang sooner or later.
 */
#include "fuzz.h"
#include "guests.h"
#include "stdio.h"
#include "string.h"

#define TIME (400 * MS)

/* Without a terminal: what guests say is of no interest. */
static NORETURN void become(const char *const argv[])
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	exec(argv[0], argv);
	_exit(127);
}

static int start(const char *const argv[])
{
	int pid = fork();

	if (pid == 0)
		become(argv);
	return pid;
}

static bool has_ended_in_time(int pid, s64 time, int *status)
{
	for (s64 since = clock(); clock() - since < time; sleep(5 * MS))
		if (wait(pid, status, WAIT_NOHANG) == pid)
			return true;
	return false;
}

u64 guests_run(u64 seed, u64 count)
{
	u64 killed = 0;

	for (u64 i = 0; i < count; i++) {
		char word[24];
		const char *const argv[] = { "/bin/vm", "run", "-m", "16M", "-c", i % 2 ? "4" : "1", "-k", word,
					     "/guest/wild", NULL };
		int pid;

		snprintf(word, sizeof(word), "%lu", 1000000 + (seed * 10007 + i) % 9000000);
		pid = start(argv);
		if (pid > 0 && !has_ended_in_time(pid, TIME, NULL)) {
			kill(pid);
			wait(pid, NULL, 0);
			killed++;
		}
	}
	return killed;
}

bool guests_are_well(void)
{
	static const char *const argv[] = { "/bin/vm", "run", "/guest/hello", NULL };
	int status = -1, pid = start(argv);

	return pid > 0 && has_ended_in_time(pid, 30 * SECOND, &status) && status == 0;
}
