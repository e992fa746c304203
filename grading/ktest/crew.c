/*
 * Helper threads: see crew.h.
 */
#include "grading/ktest/crew.h"
#include "grading/ktest/run.h"
#include "cpu.h"
#include "sched.h"

struct member {
	u32 number;
	void (*work)(u32 member, void *arg);
	void *arg;
	struct thread *thread;
};

static void member_main(void *arg)
{
	struct member *m = arg;

	m->work(m->number, m->arg);
}

void crew_run(u32 count, void (*work)(u32 member, void *arg), void *arg)
{
	struct member members[CREW_MAX];

	ASSERT_LE(count, CREW_MAX);
	for (u32 i = 0; i < count; i++) {
		members[i] = (struct member){ .number = i, .work = work, .arg = arg };
		members[i].thread = kthread_create("ktest crew", member_main, &members[i]);
		if (!members[i].thread)
			panic("ktest: no memory for crew member %u", i);
	}
	for (u32 i = 0; i < count; i++)
		thread_start(members[i].thread);
	for (u32 i = 0; i < count; i++)
		kthread_join(members[i].thread);
	if (READ_ONCE(ktest_state.leaving))
		ktest_leave();
}

u32 crew_size(void)
{
	return cpu_count;
}

/* Somebody's ASSERT has failed: nobody should wait for him. */
static void leave_with_others(void)
{
	if (READ_ONCE(ktest_state.leaving) && arch_irq_enabled())
		ktest_leave();
}

void crew_meet(struct meeting *meeting, u32 count)
{
	u32 mine = __atomic_fetch_add(&meeting->arrived, 1, __ATOMIC_ACQ_REL);
	u32 enough = (mine / count + 1) * count;

	while (__atomic_load_n(&meeting->arrived, __ATOMIC_ACQUIRE) < enough) {
		leave_with_others();
		spin_wait();
	}
}

static void helper_main(void *arg)
{
	struct helper *h = arg;

	h->work(h->arg);
}

static void join_at_end(void *arg)
{
	helper_join(arg);
}

void helper_start(struct helper *h, void (*work)(void *arg), void *arg)
{
	*h = (struct helper){ .work = work, .arg = arg };
	h->thread = kthread_create("ktest helper", helper_main, h);
	if (!h->thread)
		panic("ktest: no memory for a helper");
	ktest_defer(join_at_end, h);
	thread_start(h->thread);
}

void helper_join(struct helper *h)
{
	if (h->joined)
		return;
	kthread_join(h->thread);
	h->joined = true;
}

void wait_for_word(const u32 *word, u32 value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
		leave_with_others();
		if (arch_irq_enabled())
			thread_yield();
		spin_wait();
	}
}

void sleep_ns(u64 ns)
{
	thread_sleep_until(arch_clock() + ns);
}
