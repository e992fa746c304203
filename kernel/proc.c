/*
 * Processes: birth, death, and the tree.  The life cycle is drawn in proc.h.
 *
 * I1 A process is on the list of all from its creation until its parent (or nobody: kernel_proc) has freed it.
 * I2 live_count is the number of its threads that have not begun to end; the thread that makes it 0 cleans up.
 * I3 `dying` goes from false to true once; from then on no new thread appears and none returns to user mode.
 */
#include "proc.h"
#include "proc_life.h"
#include "syscall.h"
#include "trace.h"
#include "fs/fs.h"
#include "mm/aspace.h"
#include "mm/kmalloc.h"

struct spinlock proc_lock = SPINLOCK_INIT("proc", RANK_PROC);
struct proc kernel_proc;

struct list all_procs = LIST_INIT(all_procs);
struct proc *init_proc;
static u32 proc_count, thread_count; /* proc_lock */
static int next_id = 1;              /* pids and tids come from one counter; proc_lock */

void proc_init(void)
{
	struct proc *k = &kernel_proc;

	k->state = PROC_LIVE;
	string_copy(k->name, "kernel", sizeof(k->name));
	list_init(&k->children);
	list_init(&k->sibling);
	list_init(&k->threads);
	waitq_init(&k->child_waiters);
	list_push_back(&all_procs, &k->all_link);
}

struct proc *proc_find_locked(int pid)
{
	struct proc *p;

	ASSERT(spin_is_held(&proc_lock), "proc_find: %d without proc_lock", pid);
	list_for_each(p, &all_procs, all_link)
		if (p->pid == pid)
			return p;
	return NULL;
}

static bool id_is_taken_locked(int id)
{
	struct proc *p;
	struct thread *t;

	list_for_each(p, &all_procs, all_link) {
		if (p->pid == id)
			return true;
		list_for_each(t, &p->threads, proc_link)
			if (t->tid == id)
				return true;
	}
	return false;
}

static int take_id_locked(void)
{
	do
		next_id = next_id == 0x7fffffff ? 2 : next_id + 1;
	while (id_is_taken_locked(next_id));
	return next_id;
}

/* ---- Threads of a process ------------------------------------------------------------------------------ */

/* Give t its number and its place; -EAGAIN if there are too many threads, -EINTR if the process is dying. */
static int add_thread_locked(struct proc *p, struct thread *t)
{
	if (thread_count >= THREAD_MAX)
		return -EAGAIN;
	if (p->dying || p->survivor)
		return -EINTR;
	t->tid = p == init_proc && p->live_count == 0 ? 1 : take_id_locked();
	list_push_back(&p->threads, &t->proc_link);
	p->live_count++;
	thread_count++;
	return 0;
}

void proc_remove_thread_locked(struct thread *t)
{
	t->proc->cpu_ns += t->cpu_ns;
	list_remove(&t->proc_link);
	thread_count--;
}

struct thread *kthread_create(const char *name, void (*entry)(void *), void *arg)
{
	struct thread *t = thread_alloc(&kernel_proc);
	int error;

	if (!t)
		return NULL;
	t->name = name;
	t->entry = entry;
	t->arg = arg;
	spin_lock(&proc_lock);
	error = add_thread_locked(&kernel_proc, t);
	spin_unlock(&proc_lock);
	if (!error)
		return t;
	thread_free(t);
	return NULL;
}

void kthread_exit(s64 value)
{
	struct thread *me = current();

	spin_lock(&proc_lock);
	me->exit_value = value;
	me->ended = true;
	me->proc->live_count--;
	waitq_wake(&me->joiners, WAKE_ALL);
	thread_end_locked();
}

s64 kthread_join(struct thread *t)
{
	s64 value;

	spin_lock(&proc_lock);
	while (!t->ended)
		waitq_sleep(&t->joiners, &proc_lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	value = t->exit_value;
	proc_remove_thread_locked(t);
	spin_unlock(&proc_lock);
	thread_free(t);
	return value;
}

/* ---- Birth --------------------------------------------------------------------------------------------- */

/* A process with no thread and no address space yet; NULL if there are too many or no memory. */
static struct proc *proc_alloc(struct proc *parent)
{
	struct proc *p = kmalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->state = PROC_LIVE;
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->threads);
	waitq_init(&p->child_waiters);
	fdtable_init(&p->files);
	spin_lock(&proc_lock);
	if (proc_count >= PROC_MAX) {
		spin_unlock(&proc_lock);
		kfree(p);
		return NULL;
	}
	proc_count++;
	p->parent = parent;
	p->group = parent->group;
	string_copy(p->name, parent->name, sizeof(p->name));
	spin_unlock(&proc_lock);
	return p;
}

/* Undo proc_alloc() for a process that never became visible. */
static void proc_abandon(struct proc *p)
{
	spin_lock(&proc_lock);
	proc_count--;
	spin_unlock(&proc_lock);
	fdtable_clear(&p->files);
	if (p->aspace) {
		aspace_destroy(p->aspace);
		aspace_put(p->aspace);
	}
	kfree(p);
}

/* Make p and its first thread visible; the same errors as add_thread_locked(). */
static int proc_publish(struct proc *p, struct thread *t)
{
	int error;

	spin_lock(&proc_lock);
	error = p->parent->dying ? -EINTR : add_thread_locked(p, t);
	if (!error) {
		p->pid = t->tid;
		list_push_back(&all_procs, &p->all_link);
		list_push_back(&p->parent->children, &p->sibling);
	}
	spin_unlock(&proc_lock);
	return error;
}

static void enter_user(void *arg)
{
	struct trapframe *tf = arg;

	arch_irq_disable();
	trap_return_check(tf);
	arch_user_return(tf);
}

/* A thread of p that will start in user mode with the registers of *tf. */
static struct thread *user_thread_alloc(struct proc *p, const struct trapframe *tf)
{
	struct thread *t = thread_alloc(p);

	if (!t)
		return NULL;
	*thread_frame(t) = *tf;
	t->aspace = p->aspace;
	t->entry = enter_user;
	t->arg = thread_frame(t);
	return t;
}

/* The part of fork that can fail; the child is not visible yet. */
static struct thread *prepare_fork(struct proc *child, struct thread *me)
{
	struct thread *t;

	child->aspace = aspace_fork(me->proc->aspace);
	if (!child->aspace)
		return NULL;
	t = user_thread_alloc(child, thread_frame(me));
	if (!t)
		return NULL;
	irq_push();
	arch_fp_save_and_disable(&me->fp);
	irq_pop();
	t->fp = me->fp;
	tf_set_result(thread_frame(t), 0);
	fdtable_copy(&child->files, &me->proc->files);
	return t;
}

s64 sys_fork(const u64 arg[6])
{
	struct thread *me = current();
	struct proc *child = proc_alloc(me->proc);
	struct thread *t;
	int error = -ENOMEM, pid;

	if (!child)
		return -EAGAIN;
	t = prepare_fork(child, me);
	if (t)
		error = proc_publish(child, t);
	if (error) {
		if (t)
			thread_free(t);
		proc_abandon(child);
		return error;
	}
	pid = child->pid;
	TRACE(fork, pid, 0, 0, 0);
	thread_start(t);
	return pid;
}

/* The first process: fork without a parent, then exec, in a thread that is still the kernel's. */
static void run_init(void *arg)
{
	struct exec_args *args = arg;
	struct trapframe *tf = thread_frame(current());
	int error = exec_load(args->strings, args, tf);

	if (error)
		panic("init: cannot run %s: error %d", args->strings, error);
	kfree(args->strings);
	enter_user(tf);
}

void proc_start_init(const struct exec_args *args)
{
	static struct exec_args copy;
	struct proc *p = proc_alloc(&kernel_proc);
	struct thread *t = p ? thread_alloc(p) : NULL;

	if (!t)
		panic("init: no memory for the first process");
	copy = *args;
	fdtable_cwd_set(&p->files, fs_root());
	t->entry = run_init;
	t->arg = &copy;
	init_proc = p;
	if (proc_publish(p, t))
		panic("init: no thread for the first process");
	p->group = p->pid;
	thread_start(t);
}

s64 sys_thread_create(const u64 arg[6])
{
	struct proc *p = current()->proc;
	struct trapframe frame;
	struct thread *t;
	int error, tid;

	if (arg[0] >= USER_END || arg[2] > USER_END)
		return -EFAULT;
	arch_user_frame(&frame, arg[0], ALIGN_DOWN(arg[2], (u64)STACK_ALIGN), arg[1]);
	t = user_thread_alloc(p, &frame);
	if (!t)
		return -ENOMEM;
	spin_lock(&proc_lock);
	error = add_thread_locked(p, t);
	tid = t->tid;
	spin_unlock(&proc_lock);
	if (error) {
		thread_free(t);
		return error;
	}
	thread_start(t);
	return tid;
}

void proc_free_threads(struct proc *p, const struct thread *except)
{
	struct thread *t, *next;

	list_for_each_safe(t, next, &p->threads, proc_link) {
		if (t == except)
			continue;
		spin_lock(&proc_lock);
		proc_remove_thread_locked(t);
		spin_unlock(&proc_lock);
		thread_free(t);
	}
}

void proc_free(struct proc *p)
{
	proc_free_threads(p, NULL);
	spin_lock(&proc_lock);
	proc_count--;
	spin_unlock(&proc_lock);
	kfree(p);
}

/* ---- Who is who ---------------------------------------------------------------------------------------- */

s64 sys_getpid(const u64 arg[6])
{
	return current()->proc->pid;
}

s64 sys_gettid(const u64 arg[6])
{
	return current()->tid;
}

s64 sys_getppid(const u64 arg[6])
{
	int pid;

	spin_lock(&proc_lock);
	pid = current()->proc->parent->pid;
	spin_unlock(&proc_lock);
	return pid;
}

/* One's own group, or that of a child. */
s64 sys_setgroup(const u64 arg[6])
{
	struct proc *me = current()->proc, *p;
	int pid = arg[0] ? (int)arg[0] : me->pid;
	int group = arg[1] ? (int)arg[1] : pid;
	int error = 0;

	if (group < 0)
		return -EINVAL;
	spin_lock(&proc_lock);
	p = proc_find_locked(pid);
	if (!p || (p != me && p->parent != me))
		error = -ESRCH;
	else
		p->group = group;
	spin_unlock(&proc_lock);
	return error;
}

s64 sys_yield(const u64 arg[6])
{
	thread_yield();
	return 0;
}

s64 sys_sleep(const u64 arg[6])
{
	u64 now = arch_clock();

	return thread_sleep_until(arg[0] > NO_DEADLINE - 1 - now ? NO_DEADLINE - 1 : now + arg[0]);
}

void proc_count_all(u32 *procs, u32 *threads)
{
	spin_lock(&proc_lock);
	*procs = proc_count;
	*threads = thread_count;
	spin_unlock(&proc_lock);
}

static void describe_locked(const struct proc *p, struct procinfo *info)
{
	struct thread *t;

	*info = (struct procinfo){
		.pid = p->pid,
		.ppid = p->parent ? p->parent->pid : 0,
		.group = p->group,
		.state = p->state,
		.thread_count = p->live_count,
		.page_count = p->aspace ? READ_ONCE(p->aspace->page_count) + READ_ONCE(p->aspace->charge_count) : 0,
		.cpu_ns = p->cpu_ns,
	};
	string_copy(info->name, p->name, sizeof(info->name));
	list_for_each(t, &p->threads, proc_link) {
		info->cpu_ns += t->cpu_ns;
		info->running_count += READ_ONCE(t->state) == THREAD_RUNNING || READ_ONCE(t->state) == THREAD_RUNNABLE;
	}
}

s64 sys_procinfo(const u64 arg[6])
{
	u64 max = MIN(arg[1], PROC_MAX + 1ull), count = 0;
	struct procinfo *info = kmalloc(MAX(max, 1ull) * sizeof(*info));
	struct proc *p;
	int error;

	if (!info)
		return -ENOMEM;
	spin_lock(&proc_lock);
	list_for_each(p, &all_procs, all_link)
		if (count < max)
			describe_locked(p, &info[count++]);
	spin_unlock(&proc_lock);
	error = copy_out(hva(arg[0]), info, count * sizeof(*info));
	kfree(info);
	return error ? error : (s64)count;
}
