/*
 * The end of threads and processes: exit, kill, wait, join.  The life cycle is drawn in proc.h, the invariants are in
 * proc.c.
 *
 * A thread ends at a place where it holds nothing: on its way to user mode, or in exit.  Whoever wants it to end sets
 * `dying` (or `survivor`) and then interrupts it: if it sleeps interruptibly it wakes, if it runs it is interrupted,
 * and if it is about to sleep it sees the flag, because it looks while it holds the scheduler's lock, which the
 * interrupter takes.
 */
#include "proc.h"
#include "proc_life.h"
#include "syscall.h"
#include "trace.h"
#include "fs/fs.h"
#include "mm/aspace.h"
#include "mm/kmalloc.h"

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

static bool others_have_ended_locked(struct proc *p, const struct thread *me)
{
	struct thread *t;

	list_for_each(t, &p->threads, proc_link)
		if (t != me && !t->ended)
			return false;
	return true;
}

/* A zombie may be freed at any moment, so its last thread lets the others get to their ends first. */
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
	while (last && !others_have_ended_locked(p, me))
		waitq_sleep(&p->child_waiters, &proc_lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
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

/* The ended threads go too: their numbers are unknown to the new program.  While there is a survivor, none comes. */
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
	while (!others_have_ended_locked(p, me))
		waitq_sleep(&p->child_waiters, &proc_lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	spin_unlock(&proc_lock);
	proc_free_threads(p, me);
	spin_lock(&proc_lock);
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

static struct thread *find_thread_locked(struct proc *p, s64 tid)
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
	proc_remove_thread_locked(t);
	spin_unlock(&proc_lock);
	thread_free(t);
	return arg[1] ? copy_out(hva(arg[1]), &value, sizeof(value)) : 0;
}

/* A child that has ended, out of the tree and the list of all; else NULL and -ECHILD if there is nobody to wait for. */
static struct proc *take_zombie_locked(struct proc *parent, s64 pid, int *error)
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

	if ((s64)arg[0] != pid)
		return -ESRCH;
	if (pid == 0 || pid == -0x7fffffff - 1)
		return -EINVAL;
	return pid > 0 ? proc_kill(pid) : proc_kill_group(-pid);
}
