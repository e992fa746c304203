/*
 * Children with a guard: see child.h.
 */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "grading/run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* The child's ends of its console: [0] is its input, [1] its output. */
struct ends {
	int ours[2], theirs[2];
};

long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

static void set_close_on_exec(int fd)
{
	fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) | FD_CLOEXEC);
}

static int open_pipes(struct ends *e)
{
	int in[2], out[2];

	if (pipe(in))
		return -1;
	if (pipe(out)) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	*e = (struct ends){ .ours = { in[1], out[0] }, .theirs = { in[0], out[1] } };
	return 0;
}

static void make_raw(int fd)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios t;

	if (tcgetattr(fd, &t) == 0) {
		t.c_iflag = 0;
		t.c_oflag = 0;
		t.c_lflag = 0;
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 0;
		tcsetattr(fd, TCSANOW, &t);
	}
	ioctl(fd, TIOCSWINSZ, &size);
}

static int open_terminal(struct ends *e)
{
	int us = posix_openpt(O_RDWR | O_NOCTTY), them = -1;

	if (us < 0)
		return -1;
	if (grantpt(us) == 0 && unlockpt(us) == 0)
		them = open(ptsname(us), O_RDWR | O_NOCTTY);
	if (them < 0) {
		close(us);
		return -1;
	}
	make_raw(them);
	*e = (struct ends){ .ours = { us, us }, .theirs = { them, them } };
	return 0;
}

/* The guard's life: learn whom to kill, then wait for the word, or for the end of him who could give it. */
static void guard_main(int from_parent)
{
	pid_t child;
	char word;

	setsid();
	if (read(from_parent, &child, sizeof(child)) != sizeof(child))
		_exit(1);
	if (read(from_parent, &word, 1) <= 0)
		kill(-child, SIGKILL);
	_exit(0);
}

static int start_guard(struct child *c)
{
	int fd[2];

	if (pipe(fd))
		return -1;
	c->guard = fork();
	if (c->guard == 0) {
		close(fd[1]);
		guard_main(fd[0]);
	}
	close(fd[0]);
	c->guard_pipe = fd[1];
	set_close_on_exec(fd[1]);
	return c->guard < 0 ? -1 : 0;
}

static void child_main(const struct ends *e, char *const argv[], enum child_io io)
{
	setsid();
	if (io == CHILD_TERMINAL)
		ioctl(e->theirs[0], TIOCSCTTY, 0);
	dup2(e->theirs[0], 0);
	dup2(e->theirs[1], 1);
	dup2(e->theirs[1], 2);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int child_start(struct child *c, char *const argv[], enum child_io io)
{
	struct ends e;

	signal(SIGPIPE, SIG_IGN);
	*c = (struct child){ 0 };
	if (start_guard(c))
		return -1;
	if (io == CHILD_TERMINAL ? open_terminal(&e) : open_pipes(&e))
		return -1;
	c->in = e.ours[0];
	c->out = e.ours[1];
	c->pid = fork();
	if (c->pid == 0)
		child_main(&e, argv, io);
	if (c->pid < 0 || write(c->guard_pipe, &c->pid, sizeof(c->pid)) != sizeof(c->pid))
		return -1;
	close(e.theirs[0]);
	if (e.theirs[1] != e.theirs[0])
		close(e.theirs[1]);
	return 0;
}

static void reap_if_ended(struct child *c)
{
	if (!c->reaped && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->reaped = 1;
}

/* A grandchild may hold the output open: what counts is that the child has ended and nothing is left to read. */
ssize_t child_read(struct child *c, char *buf, size_t size, long deadline)
{
	struct pollfd p = { .fd = c->out, .events = POLLIN };

	for (;;) {
		long left = deadline - now_ms();
		int was_reaped = c->reaped;

		if (poll(&p, 1, left < 0 ? 0 : left < 50 ? left : 50) > 0) {
			ssize_t n = read(c->out, buf, size);

			if (n > 0)
				return n;
			if (n == 0 || errno != EINTR)
				return 0;
		}
		if (was_reaped)
			return 0;
		reap_if_ended(c);
		if (!c->reaped && now_ms() >= deadline)
			return -1;
	}
}

int child_write(struct child *c, const char *buf, size_t size)
{
	while (size) {
		ssize_t n = write(c->in, buf, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buf += n;
		size -= n;
	}
	return 0;
}

void child_kill(struct child *c)
{
	if (!c->reaped)
		kill(-c->pid, SIGKILL);
}

/* A child that closed its output is about to end: give it a moment to do so with its own status. */
static void wait_a_moment(struct child *c)
{
	for (int i = 0; i < 100 && !c->reaped; i++) {
		reap_if_ended(c);
		if (!c->reaped)
			poll(NULL, 0, 5);
	}
}

int child_stop(struct child *c)
{
	wait_a_moment(c);
	kill(-c->pid, SIGKILL);
	if (!c->reaped)
		waitpid(c->pid, &c->status, 0);
	c->reaped = 1;
	if (write(c->guard_pipe, "q", 1) == 1)
		waitpid(c->guard, NULL, 0);
	close(c->guard_pipe);
	close(c->in);
	if (c->out != c->in)
		close(c->out);
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}
