/*
 * init: the first process.
 *
 *	init                        run /etc/rc, then a shell, and a shell again whenever that one ends
 *	init command [argument...]  run /etc/rc, then the command through the shell, print its exit status, and halt
 *
 * The arguments are what stands behind `--` on the kernel's command line.  Processes whose parents ended become
 * children of init, which waits for all.
 */
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

/* Descriptors 0, 1 and 2.  Without a console nobody would read a message: a bad exit status is all there is. */
static void open_console(void)
{
	if (open("/dev/console", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
		_exit(1);
}

/* Start a program; its pid. */
static int start(const char *const argv[])
{
	int pid = fork();

	if (pid < 0)
		warn("fork", pid);
	if (pid != 0)
		return pid;
	int error = exec(argv[0], argv);

	warn(argv[0], error);
	_exit(127);
}

/* Reap whatever ends until pid does: its exit status. */
static int wait_for(int pid)
{
	int status = 0, ended;

	do {
		ended = wait(-1, &status, 0);
	} while (ended != pid && ended >= 0);
	return status & STATUS_KILLED ? 128 + (status & 0xff) : status;
}

static int run(const char *const argv[])
{
	int pid = start(argv);

	return pid < 0 ? 126 : wait_for(pid);
}

static void run_rc(void)
{
	int fd = open("/etc/rc", O_RDONLY);

	if (fd < 0)
		return;
	close(fd);
	run((const char *[]){ "/bin/sh", "/etc/rc", NULL });
}

static NORETURN void run_command(int argc, char **argv)
{
	static char command[4096];

	for (int i = 1; i < argc; i++) {
		strlcat(command, argv[i], sizeof(command));
		strlcat(command, " ", sizeof(command));
	}
	printf("init: exit status %d\n", run((const char *[]){ "/bin/sh", "-c", command, NULL }));
	flush();
	sync();
	die("cannot halt", reboot(REBOOT_HALT));
}

/* A shell that cannot even start is tried again once a second, not as fast as the machine can. */
static NORETURN void run_shells(void)
{
	for (;;) {
		s64 started = clock();

		run((const char *[]){ "/bin/sh", NULL });
		if (clock() - started < (s64)SECOND)
			sleep(SECOND);
	}
}

int main(int argc, char **argv)
{
	if (getpid() != 1)
		die("not the first process", -EPERM);
	open_console();
	run_rc();
	if (argc > 1)
		run_command(argc, argv);
	run_shells();
}
