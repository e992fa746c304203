/*
 * Threads of this process, and what they wait with: mutexes, condition variables, semaphores.
 *
 * All three are a few bytes that start as zero (a semaphore: as its count) and need no end.  The kernel is only asked
 * when somebody has to sleep.  They also work between processes in memory that is MAP_SHARED.
 */
#ifndef USER_THREAD_H
#define USER_THREAD_H

#include "sys.h"

#define THREAD_STACK_SIZE (64 * 1024) /* and a page below it that faults */

struct thread {
	int tid;
	void *stack;
	s64 (*run)(void *arg);
	void *arg;
};

/*
 * Start run(arg) as a thread.  *t must live until thread_join().  The thread ends when run returns, or with
 * thread_exit().  0, -ENOMEM, or what the kernel answers.
 */
int thread_create(struct thread *t, s64 (*run)(void *arg), void *arg);

/* Wait for the end of t and free its stack; *value (if not NULL) is what run returned.  0 or -E... */
int thread_join(struct thread *t, s64 *value);

struct mutex {
	u32 state; /* 0 free, 1 held, 2 held and perhaps waited for */
};

void mutex_lock(struct mutex *m);
bool mutex_try_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

struct cond {
	u32 sequence; /* counts wake-ups */
};

/* Release m, sleep until a wake-up, take m again.  May return for nothing: call it in a loop. */
void cond_wait(struct cond *c, struct mutex *m);
void cond_signal(struct cond *c);
void cond_broadcast(struct cond *c);

struct semaphore {
	u32 count;
};

void semaphore_down(struct semaphore *s);
void semaphore_up(struct semaphore *s);

#endif
