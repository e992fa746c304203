/*
 * Running one case: its thread, its budget, its clean-up, what it left behind.
 *
 * The thread that runs the plan starts the case's thread and sleeps until that is done or the budget is used up.  The
 * sleep ends by a timer interrupt and the scheduler's preemption, so a case that spins, or one in which everybody
 * waits for ever, is found out; what turns all interrupts off for ever is left to the host's clock.
 *
 * Nothing here allocates while a case runs, so that the count of what it left behind is the case's alone.
 */
#include "grading/ktest/run.h"
#include "grading/ktest/crew.h"
#include "mmu/pt/todo.h"
#include "cpu.h"
#include "hyp/hyp.h"
#include "lock.h"
#include "proc.h"
#include "sched.h"
#include "trace.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

#define ACTIONS_MAX       32
#define REAL_TIME_FACTOR  40 /* without instruction counting a budget is time, and the machine may be busy */
#define SETTLE_ROUNDS     200
#define SETTLE_NS         (500 * 1000ull)
#define TRACE_EVENTS_LAST 24

/* ---- Clean-up ------------------------------------------------------------------------------------------ */

static struct {
	void (*undo)(void *arg);
	void *arg;
} actions[ACTIONS_MAX];
static u32 action_count;

void ktest_defer(void (*undo)(void *arg), void *arg)
{
	if (action_count == ACTIONS_MAX)
		panic("ktest: %s has more than %u clean-up actions", ktest_state.instance->name, ACTIONS_MAX);
	actions[action_count].undo = undo;
	actions[action_count++].arg = arg;
}

/* An action may itself end in ktest_leave(), which comes here again for those that are left. */
static void run_actions(void)
{
	while (action_count > 0) {
		action_count--;
		actions[action_count].undo(actions[action_count].arg);
	}
}

/* ---- The case's thread --------------------------------------------------------------------------------- */

static struct {
	struct spinlock lock;
	struct waitq waiters;
	struct thread *thread;
	bool done; /* lock */
} running = { .lock = SPINLOCK_INIT("ktest", RANK_TEST_SPIN) };

static void finish(void) __attribute__((noreturn));
static void finish(void)
{
	run_actions();
	alloc_fail_nth(0, FAIL_ONCE);
	spin_lock(&running.lock);
	running.done = true;
	waitq_wake(&running.waiters, WAKE_ALL);
	spin_unlock(&running.lock);
	kthread_exit(0);
}

void ktest_leave(void)
{
	if (!arch_irq_enabled())
		panic("ktest: %s: left with interrupts off or a spinning lock held", ktest_state.instance->name);
	if (current() == running.thread)
		finish();
	kthread_exit(0);
}

static void case_main(void *unused)
{
	ktest_state.instance->test->run();
	if (ktest_state.instance->test->panics)
		ktest_check_failed(&(struct ktest_check){ .file = ktest_state.instance->suite->name, .left = "a panic",
							  .op = "", .right = "" }, " ");
	finish();
}

/* 0, or -ETIMEDOUT when it was not done before the deadline. */
static int wait_until_done(u64 deadline)
{
	int error = 0;

	spin_lock(&running.lock);
	while (!running.done && !error)
		error = waitq_sleep(&running.waiters, &running.lock, WAIT_UNINTERRUPTIBLE, deadline);
	if (running.done)
		error = 0;
	spin_unlock(&running.lock);
	return error;
}

/* ---- The budget ---------------------------------------------------------------------------------------- */

static u64 budget_of(const struct ktest_case *test)
{
	if (ktest_options.budget)
		return ktest_options.budget;
	return test->budget ? test->budget : KTEST_BUDGET;
}

/* Under -icount shift=0 an instruction takes a nanosecond of the guest's clock. */
static u64 budget_ns(const struct ktest_case *test)
{
	return ktest_options.real_time ? budget_of(test) * REAL_TIME_FACTOR : budget_of(test);
}

static void print_threads(void)
{
	static const char *const state[] = {
		[0] = "new", [THREAD_RUNNABLE] = "runnable", [THREAD_RUNNING] = "running",
		[THREAD_SLEEPING] = "sleeping", [THREAD_EXITED] = "exited",
	};
	struct cpu *cpu;
	struct thread *t;

	for_each_cpu(cpu)
		printk("# cpu %u runs thread %d\n", cpu->id, cpu->thread->tid);
	list_for_each(t, &kernel_proc.threads, proc_link)
		printk("# thread %d is %s%s\n", t->tid, state[t->state], t == running.thread ? ", the case's own" : "");
}

/* Who has called what nobody has written fails in any case: from then on, so much is enough. */
#define STUB_BUDGET (50 * MILLION)

/* Does the case exceed its budget? */
static bool is_endless(const struct ktest_case *test)
{
	u64 budget = budget_ns(test), deadline = arch_clock() + budget, slice = MIN(budget, STUB_BUDGET), next;
	bool stub_was_called;

	do {
		stub_was_called = READ_ONCE(lab_todo_first) != NULL;
		next = MIN(deadline, arch_clock() + slice);
		if (!wait_until_done(next))
			return false;
	} while (next < deadline && !stub_was_called);
	return true;
}

static void print_unwritten(void)
{
	if (lab_todo_first)
		printk("# not written yet: %s()\n", lab_todo_first);
}

/* Its threads cannot be stopped, so the machine is. */
static void give_up(const struct ktest_instance *i) __attribute__((noreturn));
static void give_up(const struct ktest_instance *i)
{
	if (lab_todo_first)
		printk("# it does not end\n");
	else
		printk("# it exceeds its budget of %lu instructions\n", budget_of(i->test));
	print_unwritten();
	print_threads();
	trace_print(TRACE_EVENTS_LAST);
	hyp_explain_guests("# ");
	printk("not ok %u %s # TIMEOUT\n", i->number, i->name);
	arch_halt(1);
}

/* ---- What it left behind ------------------------------------------------------------------------------- */

struct footprint {
	u64 pages, objects;
	u32 procs, threads;
};

static struct footprint footprint_now(void)
{
	struct footprint f;
	struct buddy_stats memory;

	buddy_stats(&memory);
	f.pages = memory.page_total - memory.page_free;
	f.objects = kmalloc_count();
	proc_count_all(&f.procs, &f.threads);
	return f;
}

static bool footprint_equals(const struct footprint *a, const struct footprint *b)
{
	return a->pages == b->pages && a->objects == b->objects && a->procs == b->procs && a->threads == b->threads;
}

static void report_left_behind(const struct footprint *before, const struct footprint *now)
{
	ktest_state.failure_count++;
	printk("# it leaves behind %ld pages, %ld objects, %d processes, %d threads\n",
	       (s64)(now->pages - before->pages), (s64)(now->objects - before->objects), now->procs - before->procs,
	       now->threads - before->threads);
}

/* What ends on its own, a flusher's buffers say, gets time to. */
static void check_footprint(const struct footprint *before)
{
	struct footprint now = footprint_now();

	for (int i = 0; i < SETTLE_ROUNDS && !footprint_equals(&now, before); i++) {
		thread_sleep_until(arch_clock() + SETTLE_NS);
		now = footprint_now();
	}
	if (!footprint_equals(&now, before))
		report_left_behind(before, &now);
}

/* ---- One case ------------------------------------------------------------------------------------------ */

/* Why this machine cannot run it; NULL if it can. */
static const char *missing(const struct ktest_case *test)
{
	static char text[32];

	if (test->debug && !DEBUG)
		return "needs assertions";
	if (test->cpus <= cpu_count)
		return NULL;
	snprintf(text, sizeof(text), "needs %u CPUs", test->cpus);
	return text;
}

static void run_thread(const struct ktest_instance *i)
{
	struct thread *t = kthread_create("ktest case", case_main, NULL);

	if (!t)
		panic("ktest: no memory for the thread of %s", i->name);
	running.done = false;
	running.thread = t;
	waitq_init(&running.waiters);
	action_count = 0;
	thread_start(t);
	if (is_endless(i->test))
		give_up(i);
	kthread_join(t);
}

/*
 * Where CPUs run in threads, QEMU now and then loses a guest: what failed in the same case says nothing of the
 * hypervisor.  With counted instructions it does not happen, and is a failure like any other.
 */
static void forgive_emulator(u32 lost_before)
{
	if (!ktest_options.real_time || !ktest_state.failure_count || hyp_guests_lost == lost_before)
		return;
	ktest_state.failure_count = 0;
	ktest_state.skipped = true;
	string_copy(ktest_state.skip_reason, "QEMU has lost a guest (docs/platform.md)",
		    sizeof(ktest_state.skip_reason));
}

/* A case that called what nobody has written has not passed, though nothing may have failed: it is not earned. */
static enum ktest_verdict print_result(const struct ktest_instance *i, const char *skip_reason)
{
	bool failed = ktest_state.failure_count != 0 || (lab_todo_first && !skip_reason);

	if (failed)
		print_unwritten();
	printk("%s %u %s%s%s\n", failed ? "not ok" : "ok", i->number, i->name, skip_reason ? " # SKIP " : "",
	       skip_reason ? skip_reason : "");
	return failed ? KTEST_FAILED : skip_reason ? KTEST_SKIPPED : KTEST_PASSED;
}

enum ktest_verdict ktest_run(const struct ktest_instance *i)
{
	const char *why_not = missing(i->test);
	struct footprint before;
	u32 lost = hyp_guests_lost;
	u64 start;

	ktest_state_reset(i);
	lab_todo_first = NULL;
	printk("# start %u %s\n", i->number, i->name);
	if (why_not)
		return print_result(i, why_not);
	if (i->test->panics)
		printk("# panics %s\n", i->test->panics);
	before = footprint_now();
	start = arch_instruction_count();
	run_thread(i);
	if (!ktest_options.real_time)
		printk("# used %lu instructions\n", arch_instruction_count() - start);
	forgive_emulator(lost);
	check_footprint(&before);
	return print_result(i, ktest_state.skipped ? ktest_state.skip_reason : NULL);
}
