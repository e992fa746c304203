/*
 * Threads: running, waiting, ending.
 *
 * One run queue, first come first served, one slice of 10 ms each; an idle CPU halts and is woken by an interrupt.
 * A thread belongs to a process (kernel threads: to the process `kernel_proc`).
 *
 *             thread_create            scheduler
 *   (new) ---------------> RUNNABLE <-----------> RUNNING ----> EXITED ----> (freed by join or the process's end)
 *                             ^                      |
 *                             +----- SLEEPING <------+
 *                         waitq_wake, deadline,   waitq_sleep
 *                         thread_interrupt
 *
 * Locking: sched_lock (rank RANK_SCHED) protects every thread's state and links, all wait queues and the list of
 * sleepers with deadlines.  It is held across the switch and released by the thread that continues.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "cpu.h"
#include "lock.h"
#include "arch/arch.h"
#include "mm/alloc_fail.h"

#define KSTACK_ORDER 2
#define KSTACK_SIZE  (PAGE_SIZE << KSTACK_ORDER)
#define SLICE_NS     (10 * 1000 * 1000ull)
#define NO_DEADLINE  (~0ull)

enum thread_state { THREAD_RUNNABLE = 1, THREAD_RUNNING, THREAD_SLEEPING, THREAD_EXITED };

/*
 * What a thread wants to be told of its switches: it keeps something in the hardware of the CPU that it runs on.
 *
 * Locking: both functions are called with interrupts off and sched_lock held, by the thread itself, on the CPU that it
 * leaves or has come to: they take no lock, wake nobody and do not sleep.
 */
struct thread_hook {
	void (*out)(struct thread_hook *hook); /* before the next thread runs here */
	void (*in)(struct thread_hook *hook);  /* before this thread goes on here */
	u64 deadline; /* interrupt the CPU that runs the thread at this time, once; or NO_DEADLINE */
};

struct thread {
	/* constant after creation */
	int tid;
	const char *name;       /* of a kernel thread */
	struct proc *proc;
	void *kstack;           /* lowest address; a canary stands there */
	void (*entry)(void *);
	void *arg;

	/* sched_lock */
	enum thread_state state;
	struct list run_link;   /* on the run queue or a wait queue */
	struct waitq *waiting_on;
	struct list timer_link; /* on the list of sleepers */
	u64 deadline;
	int wake_reason;        /* 0, -ETIMEDOUT or -EINTR: what waitq_sleep returns */
	bool interruptible;

	/* proc_lock */
	struct list proc_link;
	s64 exit_value;
	bool ended;
	bool joining;
	struct waitq joiners;

	/* the thread's own */
	struct arch_context context;
	struct arch_fp fp;
	struct aspace *aspace;  /* to load when it runs; NULL: the kernel only */
	struct held_locks held; /* sleeping locks */
	struct alloc_fail alloc_fail;
	struct thread_hook *hook; /* or NULL; changed with interrupts off */
	u64 cpu_ns, switched_in_ns;
};

/* The frame with the thread's user registers, at the top of its kernel stack. */
struct trapframe *thread_frame(struct thread *t);

/*
 * A new kernel thread that runs entry(arg) once thread_start() is called; NULL without memory.  It ends by
 * returning or with kthread_exit().  Kernel threads are never killed.
 */
struct thread *kthread_create(const char *name, void (*entry)(void *), void *arg);
void kthread_exit(s64 value) __attribute__((noreturn));

/* Wait for a kernel thread to end, and free it.  Returns its value. */
s64 kthread_join(struct thread *t);

void thread_start(struct thread *t);

/* Set the deadline of the hook that the caller has. */
void thread_hook_deadline(u64 deadline);

/* Let others run.  The caller stays runnable. */
void thread_yield(void);

/* Sleep until `deadline` (ns of arch_clock()).  0, or -EINTR when the process is being killed. */
int thread_sleep_until(u64 deadline);

void waitq_init(struct waitq *q);

enum wait_mode { WAIT_UNINTERRUPTIBLE, WAIT_INTERRUPTIBLE };

/*
 * Release `lock`, sleep on q, take `lock` again.  No wake-up between the release and the sleep is lost, if wakers
 * hold `lock` or change what the caller tests under it.  Wake-ups may be spurious: callers loop.
 * 0; -ETIMEDOUT after deadline (ns; NO_DEADLINE); -EINTR (interruptible only) when the process is being killed.
 */
int waitq_sleep(struct waitq *q, struct spinlock *lock, enum wait_mode mode, u64 deadline);

/* Wake up to `count` sleepers, oldest first; returns how many. */
u32 waitq_wake(struct waitq *q, u32 count);
#define WAKE_ALL (~0u)

/* Wake the thread if it sleeps interruptibly; its sleep returns -EINTR. */
void thread_interrupt(struct thread *t);

/* How long a CPU has idled, up to this moment. */
u64 sched_idle_ns(const struct cpu *cpu);

/* Panic if the running thread has overrun its kernel stack. */
void thread_check_stack(void);

/* For main.c and trap.c: end of a slice, sleepers whose time has come, the idle loop. */
void sched_tick(void);
void sched_init_cpu(struct cpu *cpu); /* on the CPU itself, before it counts */
void sched_idle(void) __attribute__((noreturn));

/* For proc.c: a thread of a user process, runnable after thread_start(); freeing it; ending the caller. */
struct thread *thread_alloc(struct proc *proc);
void thread_free(struct thread *t);
void thread_end_locked(void) __attribute__((noreturn)); /* proc_lock is held and will be released */

#endif
