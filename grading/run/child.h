/*
 * A child process, usually QEMU, whose console we read and write, and which never outlives us.
 *
 * The child leads a session of its own; beside it runs a guard, a small process that does nothing but wait for us to
 * end.  If we end without having called child_stop(), by a signal or a crash, the guard kills the child's process
 * group.  Works on every POSIX system.
 */
#ifndef GRADING_RUN_CHILD_H
#define GRADING_RUN_CHILD_H

#include <stddef.h>
#include <sys/types.h>

enum child_io {
	CHILD_PIPES,    /* stdin and stdout are pipes; stderr joins stdout */
	CHILD_TERMINAL, /* all three are a pseudo-terminal in raw mode, of 24 lines and 80 columns */
};

struct child {
	pid_t pid;
	pid_t guard;
	int guard_pipe; /* its closing tells the guard that we ended */
	int in, out;    /* our ends; the same descriptor for a terminal */
	int status;     /* as waitpid() gave it; valid when reaped */
	int reaped;
};

/* Start argv[0], found in PATH.  0, or -1 with errno set.  A program that cannot be run ends with status 127. */
int child_start(struct child *c, char *const argv[], enum child_io io);

/*
 * Wait until the child says something, and read it.  Bytes read; 0 when it has ended and all was read; -1 when
 * `deadline` (of now_ms()) passed first.
 */
ssize_t child_read(struct child *c, char *buf, size_t size, long deadline);

/* Write all; -1 when the child does not take it. */
int child_write(struct child *c, const char *buf, size_t size);

/* Kill it, without waiting for its end. */
void child_kill(struct child *c);

/* Let go of the child: kill it where it still runs, and reap it.  Its status as the shell shows it: 128 + signal. */
int child_stop(struct child *c);

/* Milliseconds since some moment in the past; never goes back. */
long now_ms(void);

#endif
