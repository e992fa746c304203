/*
 * The scheduler: one run queue, wait queues, deadlines, the idle loop.
 *
 * I1 A thread is RUNNABLE iff it is on the run queue, SLEEPING iff it is on a wait queue or waits for a deadline, and
 *    RUNNING on at most one CPU.  Idle threads are on no queue ever.
 * I2 sched_lock is held across arch_context_switch(): taken by the thread that leaves, released by the one that
 *    comes.  So nobody sees a RUNNABLE thread whose registers are not saved yet, and a thread whose state is EXITED
 *    has left its stack when sched_lock is free.
 * I3 irq_depth is 1 at the switch: sched_lock is the only spinning lock held.
 * I4 A CPU whose bit is set in idle_mask looks at the run queue before it halts, or gets an interrupt.
 */
#include "sched.h"
#include "proc.h"
#include "trace.h"
#include "mm/aspace.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "lib/bits.h"

#define STACK_CANARY 0x5afe57ac5afe57acull

static struct spinlock sched_lock = SPINLOCK_INIT("sched", RANK_SCHED);
static struct list run_queue = LIST_INIT(run_queue);
static struct list sleepers = LIST_INIT(sleepers); /* by deadline, earliest first */
static cpu_mask_t idle_mask;                       /* CPUs that run their idle thread; sched_lock */

static u64 *canary(struct thread *t)
{
	return t->kstack;
}

struct trapframe *thread_frame(struct thread *t)
{
	return (struct trapframe *)((char *)t->kstack + KSTACK_SIZE) - 1;
}

/* Found at the next switch or interrupt, not at the overrun itself: the stacks lie in the direct map, without gaps. */
void thread_check_stack(void)
{
	struct thread *t = this_cpu()->thread;

	if (t && *canary(t) != STACK_CANARY)
		panic("thread %d \"%s\" has overrun its kernel stack at %p", t->tid, t->proc->name, t->kstack);
}

/* ---- Deadlines ----------------------------------------------------------------------------------------- */

/* This CPU's next interrupt: the end of the slice, the earliest sleeper or what the thread's hook asks for. */
static void arm_timer_locked(void)
{
	const struct thread_hook *hook = this_cpu()->thread->hook;
	u64 deadline = this_cpu()->tick_deadline;

	if (!list_is_empty(&sleepers))
		deadline = MIN(deadline, list_first(&sleepers, struct thread, timer_link)->deadline);
	if (hook)
		deadline = MIN(deadline, hook->deadline);
	arch_timer_set(deadline);
}

void thread_hook_deadline(u64 deadline)
{
	spin_lock(&sched_lock);
	this_cpu()->thread->hook->deadline = deadline;
	arm_timer_locked();
	spin_unlock(&sched_lock);
}

static void add_sleeper_locked(struct thread *t)
{
	struct thread *later;

	list_for_each(later, &sleepers, timer_link)
		if (later->deadline > t->deadline)
			break;
	list_insert_before(&later->timer_link, &t->timer_link);
}

/* ---- Making threads run -------------------------------------------------------------------------------- */

/* Some CPU that idles shall look at the run queue. */
static void kick_idle_locked(void)
{
	u32 id;

	if (idle_mask == 0)
		return;
	id = bit_lowest(idle_mask);
	idle_mask &= ~(1u << id);
	if (id == this_cpu()->id)
		this_cpu()->resched = true;
	else
		smp_kick(&cpus[id]);
}

static void make_runnable_locked(struct thread *t, int reason)
{
	list_remove(&t->run_link);
	list_remove(&t->timer_link);
	t->waiting_on = NULL;
	t->wake_reason = reason;
	t->state = THREAD_RUNNABLE;
	list_push_back(&run_queue, &t->run_link);
	TRACE(wake, t->tid, reason, 0, 0);
	kick_idle_locked();
}

void thread_start(struct thread *t)
{
	spin_lock(&sched_lock);
	make_runnable_locked(t, 0);
	spin_unlock(&sched_lock);
}

/* ---- The switch ---------------------------------------------------------------------------------------- */

static struct thread *pick_next_locked(struct cpu *cpu)
{
	struct thread *t;

	if (!list_is_empty(&run_queue)) {
		t = list_first(&run_queue, struct thread, run_link);
		list_remove(&t->run_link);
		return t;
	}
	return cpu->thread->state == THREAD_RUNNING ? cpu->thread : cpu->idle;
}

static void account_switch(struct cpu *cpu, struct thread *prev, struct thread *next)
{
	u64 now = arch_clock();

	prev->cpu_ns += now - prev->switched_in_ns;
	if (prev == cpu->idle)
		cpu->idle_ns += now - prev->switched_in_ns;
	next->switched_in_ns = now;
	cpu->switch_count++;
	cpu->tick_deadline = next == cpu->idle ? NO_DEADLINE : now + SLICE_NS;
}

/*
 * Leave the current thread, whose state the caller has set, for the next one; returns when it runs again.
 * irq_was_on belongs to the thread, not to the CPU: it travels on the stack.
 * A hook goes first: floating point that it has put into the registers is not the thread's.
 */
static void switch_locked(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *prev = cpu->thread;
	struct thread *next = pick_next_locked(cpu);
	bool irq_was_on = cpu->irq_was_on;

	ASSERT(cpu->irq_depth == 1, "switch: thread %d leaves with irq depth %u", prev->tid, cpu->irq_depth);
	thread_check_stack();
	cpu->resched = false;
	next->state = THREAD_RUNNING;
	if (next == prev) {
		cpu->tick_deadline = arch_clock() + SLICE_NS;
		arm_timer_locked();
		return;
	}
	if (next == cpu->idle)
		idle_mask |= 1u << cpu->id;
	else
		idle_mask &= ~(1u << cpu->id);
	TRACE(switch, prev->tid, next->tid, 0, 0);
	account_switch(cpu, prev, next);
	cpu->thread = next;
	arm_timer_locked();
	if (prev->hook)
		prev->hook->out(prev->hook);
	arch_fp_save_and_disable(&prev->fp);
	aspace_load(next->aspace);
	arch_set_kernel_stack((char *)next->kstack + KSTACK_SIZE);
	arch_context_switch(&prev->context, &next->context);
	this_cpu()->irq_was_on = irq_was_on;
	if (prev->hook)
		prev->hook->in(prev->hook);
}

/* The first code of every thread: the other half of the switch that came here. */
static void thread_main(void *arg)
{
	struct thread *t = arg;

	this_cpu()->irq_was_on = true;
	spin_unlock(&sched_lock);
	t->entry(t->arg);
	kthread_exit(0);
}

void thread_yield(void)
{
	struct thread *me;

	spin_lock(&sched_lock);
	me = this_cpu()->thread;
	if (me != this_cpu()->idle) {
		me->state = THREAD_RUNNABLE;
		list_push_back(&run_queue, &me->run_link);
	}
	switch_locked();
	spin_unlock(&sched_lock);
}

/* ---- Waiting ------------------------------------------------------------------------------------------- */

void waitq_init(struct waitq *q)
{
	list_init(&q->threads);
}

/* Sleep with sched_lock held, which is held again afterwards; returns the reason of the wake-up. */
static int sleep_locked(struct waitq *q, enum wait_mode mode, u64 deadline)
{
	struct thread *me = this_cpu()->thread;

	ASSERT(me != this_cpu()->idle, "sleep: the idle thread of cpu %u", this_cpu()->id);
	if (mode == WAIT_INTERRUPTIBLE && proc_is_leaving())
		return -EINTR;
	me->state = THREAD_SLEEPING;
	me->interruptible = mode == WAIT_INTERRUPTIBLE;
	me->waiting_on = q;
	me->deadline = deadline;
	if (q)
		list_push_back(&q->threads, &me->run_link);
	if (deadline != NO_DEADLINE)
		add_sleeper_locked(me);
	switch_locked();
	return me->wake_reason;
}

int waitq_sleep(struct waitq *q, struct spinlock *lock, enum wait_mode mode, u64 deadline)
{
	int reason;

	ASSERT(spin_is_held(lock), "waitq_sleep: \"%s\" is not held", lock->name);
	spin_lock(&sched_lock);
	spin_unlock(lock);
	reason = sleep_locked(q, mode, deadline);
	spin_unlock(&sched_lock);
	spin_lock(lock);
	return reason;
}

int thread_sleep_until(u64 deadline)
{
	int reason;

	spin_lock(&sched_lock);
	reason = sleep_locked(NULL, WAIT_INTERRUPTIBLE, deadline);
	spin_unlock(&sched_lock);
	return reason == -ETIMEDOUT ? 0 : reason;
}

u32 waitq_wake(struct waitq *q, u32 count)
{
	u32 woken = 0;

	spin_lock(&sched_lock);
	while (woken < count && !list_is_empty(&q->threads)) {
		make_runnable_locked(list_first(&q->threads, struct thread, run_link), 0);
		woken++;
	}
	spin_unlock(&sched_lock);
	return woken;
}

/* A thread that runs in user mode on another CPU gets an interrupt, so that it looks at once. */
void thread_interrupt(struct thread *t)
{
	struct cpu *cpu;

	spin_lock(&sched_lock);
	if (t->state == THREAD_SLEEPING && t->interruptible)
		make_runnable_locked(t, -EINTR);
	for_each_cpu(cpu)
		if (cpu->thread == t && cpu != this_cpu())
			smp_kick(cpu);
	spin_unlock(&sched_lock);
}

/* ---- Ticks --------------------------------------------------------------------------------------------- */

void sched_tick(void)
{
	struct thread_hook *hook = this_cpu()->thread->hook;
	u64 now = arch_clock();

	spin_lock(&sched_lock);
	if (hook && now >= hook->deadline)
		hook->deadline = NO_DEADLINE;
	while (!list_is_empty(&sleepers)) {
		struct thread *t = list_first(&sleepers, struct thread, timer_link);

		if (t->deadline > now)
			break;
		make_runnable_locked(t, -ETIMEDOUT);
	}
	if (now >= this_cpu()->tick_deadline) {
		this_cpu()->resched = true;
		this_cpu()->tick_deadline = now + SLICE_NS;
	}
	arm_timer_locked();
	spin_unlock(&sched_lock);
}

/* ---- Idling -------------------------------------------------------------------------------------------- */

static bool have_work(void)
{
	bool work;

	spin_lock(&sched_lock);
	work = !list_is_empty(&run_queue);
	if (!work)
		idle_mask |= 1u << this_cpu()->id;
	spin_unlock(&sched_lock);
	return work;
}

/* Interrupts are off between the look at the queue and the halt, which a pending interrupt ends at once (I4). */
void sched_idle(void)
{
	for (;;) {
		arch_irq_disable();
		if (have_work())
			thread_yield();
		else
			arch_wait();
		arch_irq_enable();
	}
}

/* The time since the last switch is not in idle_ns yet.  Read without a lock: a moment off at worst. */
u64 sched_idle_ns(const struct cpu *cpu)
{
	const struct thread *idle = cpu->idle;
	u64 now = arch_clock();

	if (!idle || READ_ONCE(cpu->thread) != idle)
		return READ_ONCE(cpu->idle_ns);
	return READ_ONCE(cpu->idle_ns) + now - MIN(now, READ_ONCE(idle->switched_in_ns));
}

/* The code that runs on the boot stack becomes this CPU's idle thread. */
void sched_init_cpu(struct cpu *cpu)
{
	struct thread *idle = kmalloc(sizeof(*idle));

	if (!idle)
		panic("sched: no memory for the idle thread of cpu %u", cpu->id);
	idle->proc = &kernel_proc;
	idle->kstack = (char *)cpu->boot_stack - KSTACK_SIZE;
	idle->state = THREAD_RUNNING;
	*canary(idle) = STACK_CANARY;
	list_init(&idle->run_link);
	list_init(&idle->timer_link);
	cpu->idle = idle;
	cpu->thread = idle;
	cpu->tick_deadline = NO_DEADLINE;
	idle->switched_in_ns = arch_clock();
}

/* ---- Life and death ------------------------------------------------------------------------------------ */

struct thread *thread_alloc(struct proc *proc)
{
	struct thread *t = kmalloc(sizeof(*t));
	hpa_t stack = buddy_alloc(KSTACK_ORDER);

	if (!t || !stack.raw) {
		kfree(t);
		if (stack.raw)
			buddy_free(stack, KSTACK_ORDER);
		return NULL;
	}
	t->proc = proc;
	t->kstack = hpa_to_ptr(stack);
	*canary(t) = STACK_CANARY;
	list_init(&t->run_link);
	list_init(&t->timer_link);
	list_init(&t->proc_link);
	waitq_init(&t->joiners);
	arch_fp_init(&t->fp);
	arch_context_init(&t->context, thread_frame(t), thread_main, t);
	return t;
}

/* Until its switch is over, an exited thread holds sched_lock (I2). */
void thread_free(struct thread *t)
{
	spin_lock(&sched_lock);
	ASSERT(t->state == THREAD_EXITED || t->state == 0, "thread_free: thread %d is in state %d", t->tid, t->state);
	spin_unlock(&sched_lock);
	buddy_free(ptr_to_hpa(t->kstack), KSTACK_ORDER);
	kfree(t);
}

void thread_end_locked(void)
{
	struct thread *me = current();

	ASSERT(!me->hook, "thread %d ends with a hook", me->tid);
	ASSERT(me->held.count == 0, "thread %d ends with %u sleeping locks, newest rank %u", me->tid, me->held.count,
	       me->held.rank[me->held.count - 1]);
	spin_lock(&sched_lock);
	me->state = THREAD_EXITED;
	spin_unlock(&proc_lock);
	switch_locked();
	panic("sched: thread %d runs after its end", me->tid);
}
