/*
 * Processes: an address space, open files, threads, a place in the tree.
 *
 *   fork -> LIVE (1..n threads) --exit, kill, last thread--> dying --last thread gone--> ZOMBIE --wait--> freed
 *
 * A dying process's threads leave at their next return to user mode or interruptible sleep; the last one
 * closes the files and destroys the address space.  Orphans become children of process 1, which reaps them.
 *
 * Locking: proc_lock (rank RANK_PROC) protects the tree, the list of all processes, every process's life cycle and
 * thread list.
 */
#ifndef KERNEL_PROC_H
#define KERNEL_PROC_H

#include "sched.h"
#include "fs/file.h"
#include "abi/syscall.h"

#define PROC_MAX   512
#define THREAD_MAX 1024 /* in all processes, kernel threads included */

struct aspace;

struct proc {
	/* constant after creation */
	int pid;

	/* proc_lock */
	struct list all_link;
	struct proc *parent;
	struct list children, sibling;
	struct list threads;
	u32 live_count;            /* threads that have not ended */
	enum proc_state state;
	bool dying;                /* no thread returns to user mode any more */
	struct thread *survivor;   /* the thread that exec keeps; NULL otherwise */
	int status;                /* for wait() */
	int group;
	struct waitq child_waiters; /* parents in wait(); exec waiting for its siblings */
	u64 cpu_ns;                /* of ended threads */
	char name[16];

	/* proc_lock to change; the process's own threads may read it without */
	struct aspace *aspace;

	struct fdtable files;      /* its own lock */
};

extern struct spinlock proc_lock;

/* The parent of all kernel threads: pid 0, no address space. */
extern struct proc kernel_proc;

void proc_init(void);

/* The process with this pid, or NULL.  proc_lock is held. */
struct proc *proc_find_locked(int pid);


/* Kill one process, or every process of a group.  0, -ESRCH, -EPERM (process 1). */
int proc_kill(int pid);
int proc_kill_group(int group);

/* End the calling process / thread.  status is exit()'s code, or STATUS_KILLED | why. */
void proc_exit(int status) __attribute__((noreturn));
void proc_thread_exit(s64 value) __attribute__((noreturn));

/* Is the calling thread to leave at once?  True in a dying process and for the victims of exec. */
bool proc_is_leaving(void);

/* For exec: end and free the other threads of the calling process.  0, or -EINTR if the caller has to leave itself. */
int proc_single_thread(void);

/* Arguments of a program: `count` strings, each with its zero, one behind the other. */
struct exec_args {
	u32 count;
	u32 size;         /* bytes of strings, zeros included */
	char *strings;    /* one behind the other */
};


/*
 * exec.c: make the current process run the program at path; *tf becomes its first registers.  0 or a negative errno,
 * with the process unchanged - but for its other threads, which may be gone.
 */
int exec_load(const char *path, const struct exec_args *args, struct trapframe *tf);

/* Start process 1 with the program args[0]. */
void proc_start_init(const struct exec_args *args);

/* All processes but the kernel's own, all threads. */
void proc_count_all(u32 *procs, u32 *threads);

#endif
