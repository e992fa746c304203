/*
 * Helper threads of a case.
 *
 * An ASSERT that fails in a helper ends the helper; those that wait for it at a meeting leave too.  The case must not
 * return while helpers run: crew_run() waits for all of them, and helper_start() names a clean-up action that does.
 */
#ifndef KTEST_CREW_H
#define KTEST_CREW_H

#include "grading/ktest/ktest.h"
#include "cpu.h"

#define CREW_MAX 16

/* Call work(0, arg) ... work(count - 1, arg), each in a thread of its own, and wait until all have returned. */
void crew_run(u32 count, void (*work)(u32 member, void *arg), void *arg);

/* How many threads can run at the same time: the number of CPUs. */
u32 crew_size(void);

/* A place where `count` threads meet: who comes first spins.  Zero is the state before the first meeting. */
struct meeting {
	u32 arrived; /* atomic; counts on */
};

/*
 * Wait until `count` threads have come, once more each.  With count at most the number of CPUs and nobody else running,
 * all of them run, each on its CPU, when it returns.  Interrupts may be off.
 */
void crew_meet(struct meeting *meeting, u32 count);

/* One helper, beside the case. */
struct helper {
	void (*work)(void *arg);
	void *arg;
	struct thread *thread;
	bool joined;
};

/* Start work(arg).  The struct must live until the case ends, so it is static or the case's own local variable. */
void helper_start(struct helper *h, void (*work)(void *arg), void *arg);

/* Wait for it.  More than once is no harm. */
void helper_join(struct helper *h);

/* Wait until `word` is `value`, letting other threads run; leave when another thread's ASSERT has failed. */
void wait_for_word(const u32 *word, u32 value);

/* Sleep for ns nanoseconds of the guest's clock. */
void sleep_ns(u64 ns);

#endif
