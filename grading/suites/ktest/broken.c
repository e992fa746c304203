/*
 * Cases that fail on purpose, each in its own way, and what a good case may do: for the tests of ktest itself
 * (grading/run/ktest_selftest.sh), which know what each of them has to print.
 */
#include "grading/ktest/crew.h"
#include "hyp/hyp.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mmu/pt/todo.h"
#include "sched.h"

static void passes(void)
{
	EXPECT_EQ(1 + 1, 2);
	ktest_note("a note");
}

static void passes_on_many_cpus(void)
{
}

static const struct ktest_param numbers[] = { { "one", 1 }, { "two", 2 } };

static void fails_for_two(void)
{
	EXPECT_NE(ktest_param(), 2, "number %d", 7);
}

static void expects_wrongly(void)
{
	const char *text = "abc";

	EXPECT_EQ(1 + 1, 3);
	EXPECT_LT(-5, -6);
	EXPECT_STREQ(text, "abd");
	EXPECT_TRUE(text == NULL, "%0330d.", 0);
	ktest_note("went on");
}

static void fails_often(void)
{
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(i, 1000);
}

static void note_clean_up(void *text)
{
	ktest_note("clean-up %s", (const char *)text);
}

static void assert_in_clean_up(void *unused)
{
	ASSERT_EQ(1, 2, "in a clean-up action");
}

static void asserts_wrongly(void)
{
	ktest_defer(note_clean_up, (void *)"last");
	ktest_defer(assert_in_clean_up, NULL);
	ktest_defer(note_clean_up, (void *)"first");
	ASSERT_EQ(1 + 1, 3);
	ktest_note("went on");
}

static void skips(void)
{
	ktest_defer(note_clean_up, (void *)"of the skipped");
	SKIP("it is %s", "Friday");
}

static void fail_in_one_thread(u32 member, void *arg)
{
	struct meeting *meeting = arg;

	if (member == 1)
		ASSERT_EQ(member, 0u, "in a helper");
	crew_meet(meeting, 3);
	ktest_note("went on");
}

/* The others wait for the one that has left; they leave too, and so does the case. */
static void asserts_wrongly_in_a_helper(void)
{
	struct meeting meeting = { 0 };

	crew_run(3, fail_in_one_thread, &meeting);
	ktest_note("went on");
}

static void keeps_a_block(void)
{
	page_alloc_block(2);
}

static void keeps_an_object(void)
{
	kmalloc(4000);
}

static void return_at_once(void *unused)
{
}

static void keeps_a_thread(void)
{
	thread_start(kthread_create("test", return_at_once, NULL));
}

static void spins_for_ever(void)
{
	for (;;)
		cpu_relax();
}

static void spins_in_a_stub(void)
{
	lab_todo("a_function");
	spins_for_ever();
}

static void sleeps_for_ever(void)
{
	struct spinlock lock = SPINLOCK_INIT("test", RANK_TEST_SPIN);
	struct waitq queue;

	waitq_init(&queue);
	spin_lock(&lock);
	waitq_sleep(&queue, &lock, WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
}

/* As a machine does when QEMU has lost a guest of it. */
static void loses_a_guest(void)
{
	hyp_guests_lost++;
	EXPECT_EQ(1 + 1, 3);
}

static void panics(void)
{
	panic("test of a panic with value %d", 42);
}

static void dies_as_it_said(void)
{
	panic("test of an announced panic, value %d", 42);
}

static void dies_of_something_else(void)
{
	panic("test of a surprising panic");
}

static void lives_on(void)
{
}

static void prints_random_numbers(void)
{
	struct ktest_random r = ktest_random(0), s = ktest_random(1);
	u64 first = random_next(&r), second = random_next(&s);

	ktest_note("random %lx %lx", first, second);
}

static const struct ktest_case cases[] = {
	CASE(passes),
	CASE(fails_for_two, KTEST_PARAMS(numbers)),
	CASE(expects_wrongly),
	CASE(fails_often),
	CASE(asserts_wrongly),
	CASE(skips),
	CASE(passes_on_many_cpus, .cpus = 99),
	CASE(asserts_wrongly_in_a_helper),
	CASE(keeps_a_block),
	CASE(keeps_an_object),
	CASE(keeps_a_thread),
	CASE(spins_for_ever, .budget = 30 * MILLION),
	CASE(spins_in_a_stub),
	CASE(sleeps_for_ever, .budget = 30 * MILLION),
	CASE(loses_a_guest),
	CASE(panics),
	DEATH(dies_as_it_said, "announced panic, value 42"),
	DEATH(dies_of_something_else, "a panic of another kind"),
	DEATH(lives_on, "a panic"),
	CASE(prints_random_numbers),
};
KTEST_SUITE(broken, cases, .hidden = true);
