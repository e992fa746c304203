/*
 * Processes: birth, death, and the tree.  The life cycle is drawn in proc.h.
 *
 * I1 A process is on the list of all from its creation until its parent (or nobody: kernel_proc) has freed it.
 * I2 live_count is the number of its threads that have not begun to end; the thread that makes it 0 cleans up.
 * I3 `dying` goes from false to true once; from then on no new thread appears and none returns to user mode.
 */
#include "proc.h"
#include "syscall.h"
#include "trace.h"
#include "fs/fs.h"
#include "mm/aspace.h"
#include "mm/kmalloc.h"

struct spinlock proc_lock = SPINLOCK_INIT("proc", RANK_PROC);
struct proc kernel_proc;

static struct list all_procs = LIST_INIT(all_procs);
static struct proc *init_proc;
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

static void remove_thread_locked(struct thread *t)
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
	remove_thread_locked(t);
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

/* ---- Death --------------------------------------------------------------------------------------------- */

bool proc_is_leaving(void)
{
	struct thread *me = current();
	struct thread *survivor = READ_ONCE(me->proc->survivor);

	return READ_ONCE(me->proc->dying) || (survivor && survivor != me);
}

static void interrupt_threads_locked(struct proc *p, const struct thread *except)
{
	struct thread *t;

	list_for_each(t, &p->threads, proc_link)
		if (t != except)
			thread_interrupt(t);
}

/* From here on every thread of p leaves.  The first reason counts. */
static void begin_death_locked(struct proc *p, int status)
{
	if (p->dying || p->state == PROC_ZOMBIE)
		return;
	p->status = status;
	WRITE_ONCE(p->dying, true);
	interrupt_threads_locked(p, NULL);
}

/* Orphans go to process 1, which may have to reap them at once. */
static void give_children_away_locked(struct proc *p)
{
	struct proc *child, *next;

	list_for_each_safe(child, next, &p->children, sibling) {
		list_remove(&child->sibling);
		child->parent = init_proc;
		list_push_back(&init_proc->children, &child->sibling);
	}
	waitq_wake(&init_proc->child_waiters, WAKE_ALL);
}

/* The calling thread touches user memory no more, and no CPU walks its tables on its behalf. */
static void leave_aspace(struct thread *me)
{
	irq_push();
	me->aspace = NULL;
	aspace_load(NULL);
	irq_pop();
}

/* The last thread: give everything back but the struct, which waits for the parent. */
static void clean_up(struct proc *p)
{
	struct aspace *as = p->aspace;

	fdtable_clear(&p->files);
	spin_lock(&proc_lock);
	p->aspace = NULL;
	spin_unlock(&proc_lock);
	if (as) {
		aspace_destroy(as);
		aspace_put(as);
	}
	TRACE(exit, p->pid, p->status, 0, 0);
	if (p != init_proc)
		return;
	printk("init: process 1 has ended with status 0x%x\n", p->status);
	fs_sync();
	arch_halt(p->status & 0xff);
}

void proc_thread_exit(s64 value)
{
	struct thread *me = current();
	struct proc *p = me->proc;
	bool last;

	leave_aspace(me);
	spin_lock(&proc_lock);
	last = --p->live_count == 0;
	if (last)
		WRITE_ONCE(p->dying, true);
	spin_unlock(&proc_lock);
	if (last)
		clean_up(p);
	spin_lock(&proc_lock);
	me->exit_value = value;
	me->ended = true;
	waitq_wake(&me->joiners, WAKE_ALL);
	waitq_wake(&p->child_waiters, WAKE_ALL);
	if (last) {
		p->state = PROC_ZOMBIE;
		give_children_away_locked(p);
		waitq_wake(&p->parent->child_waiters, WAKE_ALL);
	}
	thread_end_locked();
}

void proc_exit(int status)
{
	spin_lock(&proc_lock);
	begin_death_locked(current()->proc, status);
	spin_unlock(&proc_lock);
	proc_thread_exit(0);
}

/* Its parent has seen it: nothing is left to know about p. */
static void proc_free(struct proc *p)
{
	struct thread *t, *next;

	list_for_each_safe(t, next, &p->threads, proc_link) {
		spin_lock(&proc_lock);
		remove_thread_locked(t);
		spin_unlock(&proc_lock);
		thread_free(t);
	}
	spin_lock(&proc_lock);
	proc_count--;
	spin_unlock(&proc_lock);
	kfree(p);
}

int proc_single_thread(void)
{
	struct thread *me = current();
	struct proc *p = me->proc;

	spin_lock(&proc_lock);
	if (p->dying || p->survivor) {
		spin_unlock(&proc_lock);
		return -EINTR;
	}
	WRITE_ONCE(p->survivor, me);
	interrupt_threads_locked(p, me);
	while (p->live_count > 1)
		waitq_sleep(&p->child_waiters, &proc_lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	WRITE_ONCE(p->survivor, NULL);
	spin_unlock(&proc_lock);
	return 0;
}

/* ---- System calls about ends --------------------------------------------------------------------------- */

s64 sys_exit(const u64 arg[6])
{
	proc_exit(arg[0] & 0xff);
}

s64 sys_thread_exit(const u64 arg[6])
{
	proc_thread_exit(arg[0]);
}

static struct thread *find_thread_locked(struct proc *p, int tid)
{
	struct thread *t;

	list_for_each(t, &p->threads, proc_link)
		if (t->tid == tid)
			return t;
	return NULL;
}

/* Each thread can be joined once, by one thread. */
s64 sys_thread_join(const u64 arg[6])
{
	struct thread *me = current(), *t;
	int error = 0;
	s64 value;

	spin_lock(&proc_lock);
	t = find_thread_locked(me->proc, arg[0]);
	if (!t || t->joining)
		error = -ESRCH;
	else if (t == me)
		error = -EDEADLK;
	if (error) {
		spin_unlock(&proc_lock);
		return error;
	}
	t->joining = true;
	while (!t->ended && !error)
		error = waitq_sleep(&t->joiners, &proc_lock, WAIT_INTERRUPTIBLE, NO_DEADLINE);
	if (!t->ended) {
		t->joining = false;
		spin_unlock(&proc_lock);
		return error;
	}
	value = t->exit_value;
	remove_thread_locked(t);
	spin_unlock(&proc_lock);
	thread_free(t);
	return arg[1] ? copy_out(hva(arg[1]), &value, sizeof(value)) : 0;
}

/* A child that has ended, out of the tree and the list of all; else NULL and -ECHILD if there is nobody to wait for. */
static struct proc *take_zombie_locked(struct proc *parent, int pid, int *error)
{
	struct proc *p;

	*error = -ECHILD;
	list_for_each(p, &parent->children, sibling) {
		if (pid != -1 && p->pid != pid)
			continue;
		*error = 0;
		if (p->state != PROC_ZOMBIE)
			continue;
		list_remove(&p->sibling);
		list_remove(&p->all_link);
		return p;
	}
	return NULL;
}

s64 sys_wait(const u64 arg[6])
{
	struct proc *me = current()->proc, *p;
	int error, pid, status;

	spin_lock(&proc_lock);
	while (!(p = take_zombie_locked(me, arg[0], &error)) && !error) {
		error = arg[2] & WAIT_NOHANG ? -EAGAIN : waitq_sleep(&me->child_waiters, &proc_lock, WAIT_INTERRUPTIBLE,
								      NO_DEADLINE);
		if (error)
			break;
	}
	spin_unlock(&proc_lock);
	if (!p)
		return error;
	pid = p->pid;
	status = p->status;
	proc_free(p);
	if (arg[1] && copy_out(hva(arg[1]), &status, sizeof(status)))
		return -EFAULT;
	return pid;
}

int proc_kill(int pid)
{
	struct proc *p;
	int error = 0;

	spin_lock(&proc_lock);
	p = proc_find_locked(pid);
	if (!p || pid == 0)
		error = -ESRCH;
	else if (p == init_proc)
		error = -EPERM;
	else
		begin_death_locked(p, STATUS_KILLED | STATUS_BY_KILL);
	spin_unlock(&proc_lock);
	return error;
}

int proc_kill_group(int group)
{
	struct proc *p;
	int error = -ESRCH;

	spin_lock(&proc_lock);
	list_for_each(p, &all_procs, all_link) {
		if (p->group != group || p == init_proc || p == &kernel_proc)
			continue;
		begin_death_locked(p, STATUS_KILLED | STATUS_BY_KILL);
		error = 0;
	}
	spin_unlock(&proc_lock);
	return error;
}

s64 sys_kill(const u64 arg[6])
{
	int pid = arg[0];

	if (pid == 0 || pid == -0x7fffffff - 1)
		return -EINVAL;
	return pid > 0 ? proc_kill(pid) : proc_kill_group(-pid);
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
		.page_count = p->aspace ? READ_ONCE(p->aspace->page_count) : 0,
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
