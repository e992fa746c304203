/*
 * Processes, groups and the console.
 *
 * An interactive shell puts each job into a group of its own and tells the console which one is in the foreground:
 * that is the one that ^C kills.  A shell that runs a script leaves its children in the group it is in itself, so that
 * ^C kills the script as a whole.
 */
#include "sh.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

#define PRIVATE_MAX 16

bool interactive, interrupted;

static int private_fd[PRIVATE_MAX], private_count;

void private_fd_add(int fd)
{
	if (private_count < PRIVATE_MAX)
		private_fd[private_count++] = fd;
}

void private_fd_remove(int fd)
{
	for (int i = 0; i < private_count; i++)
		if (private_fd[i] == fd)
			private_fd[i] = private_fd[--private_count];
}

/* Both parent and child say where the child belongs: whoever comes first. */
static void join_group(struct job *job, int pid, enum job_place place)
{
	if (!job->group)
		job->group = pid;
	setgroup(pid, job->group);
	if (place == FOREGROUND)
		ioctl(0, TTY_SETFG, job->group);
}

/* A background job must not take what is typed: its input is a pipe that nobody writes to. */
static void close_input(void)
{
	int fd[2];

	if (pipe(fd))
		return;
	dup2(fd[0], 0);
	close(fd[0]);
	close(fd[1]);
}

static void become_child(struct job *job, enum job_place place)
{
	if (interactive) {
		join_group(job, getpid(), place);
		if (place == BACKGROUND)
			close_input();
	}
	interactive = false;
}

int job_fork(struct job *job, enum job_place place)
{
	flush();
	int pid = job->count < (int)(sizeof(job->pid) / sizeof(job->pid[0])) ? fork() : -E2BIG;

	if (pid == 0) {
		become_child(job, place);
		return 0;
	}
	if (pid < 0) {
		warn("fork", pid);
		return pid;
	}
	if (interactive)
		join_group(job, pid, place);
	job->pid[job->count++] = pid;
	return pid;
}

static const char *why_killed(int status)
{
	switch (status & 0xff) {
	case STATUS_BY_FAULT: return "memory fault";
	case STATUS_BY_ILLEGAL: return "illegal instruction";
	default: return "by kill or ^C";
	}
}

int job_status(int pid, int status)
{
	if (!(status & STATUS_KILLED))
		return status;
	dprintf(2, "sh: process %d killed: %s\n", pid, why_killed(status));
	if (interactive && (status & 0xff) == STATUS_BY_KILL)
		interrupted = true;
	return 128 + (status & 0xff);
}

int job_wait(struct job *job)
{
	int result = job->count ? 0 : 1;

	for (int i = 0; i < job->count; i++) {
		int status = 0;

		if (wait(job->pid[i], &status, 0) < 0)
			status = 127;
		result = job_status(job->pid[i], status);
	}
	if (interactive)
		ioctl(0, TTY_SETFG, 0);
	return result;
}

void job_reap(void)
{
	int status, pid;

	while ((pid = wait(-1, &status, WAIT_NOHANG)) > 0)
		if (!(status & STATUS_KILLED))
			dprintf(2, "sh: process %d done\n", pid);
		else
			dprintf(2, "sh: process %d killed: %s\n", pid, why_killed(status));
}

/* Does the file look like a script?  No program, and no zero byte in its beginning. */
static bool is_script(const char *path)
{
	char start[64];
	int fd = open(path, O_RDONLY);
	s64 size = fd < 0 ? fd : read(fd, start, sizeof(start));

	if (fd >= 0)
		close(fd);
	return size >= 0 && !memchr(start, 0, size) && !(size && start[0] == 0x7f);
}

static int exec_script(const char *path, char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	const char **with_shell = arena_alloc((count + 2) * sizeof(char *));

	with_shell[0] = "sh";
	with_shell[1] = path;
	for (int i = 1; i < count; i++)
		with_shell[i + 1] = argv[i];
	return exec("/bin/sh", with_shell);
}

void exec_program(char **argv)
{
	static char path[PATH_MAX];
	const char *name = strcmp(argv[0], "[") == 0 ? "test" : argv[0];
	bool has_slash = strchr(name, '/');
	int length = snprintf(path, sizeof(path), "%s%s", has_slash ? "" : "/bin/", name);
	int error = !*name ? -ENOENT : length >= PATH_MAX ? -ENAMETOOLONG : 0;

	while (private_count)
		close(private_fd[--private_count]);
	if (!error)
		error = exec(path, (const char *const *)argv);
	if (error == -ENOEXEC && is_script(path))
		error = exec_script(path, argv);
	dprintf(2, "sh: %s: %s\n", argv[0], error == -ENOENT ? "not found" : strerror(error));
	_exit(error == -ENOENT ? 127 : 126);
}
