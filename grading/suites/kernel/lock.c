/*
 * Spinning locks: plain, and reader-writer.  Sleeping ones are in mutex.c, mistakes in lock_order.c.
 */
#include "grading/ktest/crew.h"
#include "lock.h"

/* What a lock protects: nobody else is inside, and no turn is lost. */
struct guarded {
	u32 writers, readers; /* inside */
	u64 turns;
};

static void dawdle(void)
{
	for (int i = 0; i < 3; i++)
		spin_wait();
}

static void write_turn(struct guarded *g)
{
	u64 turns = g->turns;

	EXPECT_EQ(READ_ONCE(g->readers), 0u);
	EXPECT_EQ(g->writers, 0u);
	g->writers++;
	dawdle();
	g->writers--;
	g->turns = turns + 1;
}

static void read_turn(struct guarded *g)
{
	u64 turns = READ_ONCE(g->turns);

	__atomic_fetch_add(&g->readers, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(READ_ONCE(g->writers), 0u);
	dawdle();
	EXPECT_EQ(READ_ONCE(g->turns), turns);
	__atomic_fetch_sub(&g->readers, 1, __ATOMIC_RELAXED);
}

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

static void interrupts_stay_off_until_the_outermost_pop(void)
{
	EXPECT_TRUE(arch_irq_enabled());
	irq_push();
	EXPECT_FALSE(arch_irq_enabled());
	irq_push();
	irq_pop();
	EXPECT_FALSE(arch_irq_enabled());
	irq_pop();
	EXPECT_TRUE(arch_irq_enabled());
}

static void interrupts_that_were_off_stay_off(void)
{
	bool after;

	arch_irq_disable();
	irq_push();
	irq_pop();
	after = arch_irq_enabled();
	arch_irq_enable();
	EXPECT_FALSE(after);
}

static void locks_are_released_in_any_order(void)
{
	struct spinlock a, b;

	spin_init(&a, "a", RANK_FUTEX);
	spin_init(&b, "b", RANK_TEST_SPIN);
	spin_lock(&a);
	spin_lock(&b);
	spin_unlock(&a);
	EXPECT_FALSE(arch_irq_enabled());
	EXPECT_FALSE(spin_is_held(&a));
	EXPECT_TRUE(spin_is_held(&b));
	spin_unlock(&b);
	EXPECT_TRUE(arch_irq_enabled());
	EXPECT_EQ(this_cpu()->held.count, 0);
}

/* ---- Spin lock ----------------------------------------------------------------------------------------- */

#define ROUNDS 300

struct spin_shared {
	struct spinlock lock;
	struct guarded guarded;
	u64 tries_won;
};

static void spin_rounds(u32 member, void *arg)
{
	struct spin_shared *s = arg;

	for (u32 i = 0; i < ktest_rounds(ROUNDS); i++) {
		spin_lock(&s->lock);
		write_turn(&s->guarded);
		spin_unlock(&s->lock);
	}
}

static void spin_lock_excludes(void)
{
	struct spin_shared s = { .lock = SPINLOCK_INIT("test", RANK_TEST_SPIN) };

	crew_run(4, spin_rounds, &s);
	EXPECT_EQ(s.guarded.turns, 4 * ktest_rounds(ROUNDS));
}

/* Each tries until it has won so often, however long others hold the lock. */
static void try_rounds(u32 member, void *arg)
{
	struct spin_shared *s = arg;
	u32 won = 0;

	while (won < ktest_rounds(ROUNDS)) {
		if (!spin_try_lock(&s->lock)) {
			EXPECT_TRUE(arch_irq_enabled());
			spin_wait();
			continue;
		}
		write_turn(&s->guarded);
		s->tries_won++;
		won++;
		spin_unlock(&s->lock);
	}
}

static void try_lock_excludes(void)
{
	struct spin_shared s = { .lock = SPINLOCK_INIT("test", RANK_TEST_SPIN) };

	crew_run(4, try_rounds, &s);
	EXPECT_EQ(s.guarded.turns, s.tries_won);
	EXPECT_EQ(s.tries_won, 4 * ktest_rounds(ROUNDS));
}

static void look_at_held_lock(u32 member, void *arg)
{
	struct {
		struct spinlock lock;
		struct meeting meeting;
	} *s = arg;

	if (member == 0)
		spin_lock(&s->lock);
	crew_meet(&s->meeting, 2);
	EXPECT_EQ(spin_is_held(&s->lock), member == 0);
	if (member == 1)
		EXPECT_FALSE(spin_try_lock(&s->lock));
	crew_meet(&s->meeting, 2);
	if (member == 0)
		spin_unlock(&s->lock);
}

static void lock_is_held_by_its_cpu_alone(void)
{
	struct {
		struct spinlock lock;
		struct meeting meeting;
	} s = { .lock = SPINLOCK_INIT("test", RANK_TEST_SPIN) };

	crew_run(2, look_at_held_lock, &s);
	EXPECT_FALSE(spin_is_held(&s.lock));
	EXPECT_TRUE(spin_try_lock(&s.lock));
	EXPECT_TRUE(spin_is_held(&s.lock));
	spin_unlock(&s.lock);
}

/* ---- Reader-writer lock -------------------------------------------------------------------------------- */

struct rw_shared {
	struct rwlock lock;
	struct guarded guarded;
	struct meeting meeting;
	u32 order_count;
	char order[4];
};

static void meet_as_reader(u32 member, void *arg)
{
	struct rw_shared *s = arg;

	rw_lock_read(&s->lock);
	crew_meet(&s->meeting, 2);
	EXPECT_TRUE(rw_is_held_read(&s->lock));
	EXPECT_FALSE(rw_is_held_write(&s->lock));
	rw_unlock_read(&s->lock);
}

static void readers_are_inside_together(void)
{
	struct rw_shared s = { .order_count = 0 };

	rw_init(&s.lock, "test", RANK_TEST_SPIN);
	crew_run(2, meet_as_reader, &s);
	EXPECT_FALSE(rw_is_held_read(&s.lock));
}

static void read_and_write(u32 member, void *arg)
{
	struct rw_shared *s = arg;
	struct ktest_random r = ktest_random(member);

	for (u32 i = 0; i < ktest_rounds(ROUNDS); i++) {
		if (random_below(&r, 3)) {
			rw_lock_read(&s->lock);
			read_turn(&s->guarded);
			rw_unlock_read(&s->lock);
		} else {
			rw_lock_write(&s->lock);
			EXPECT_TRUE(rw_is_held_write(&s->lock));
			write_turn(&s->guarded);
			rw_unlock_write(&s->lock);
		}
	}
}

static void writer_is_inside_alone(void)
{
	struct rw_shared s = { .order_count = 0 };

	rw_init(&s.lock, "test", RANK_TEST_SPIN);
	crew_run(4, read_and_write, &s);
	EXPECT_GT(s.guarded.turns, 4 * ktest_rounds(ROUNDS) / 5);
	EXPECT_FALSE(rw_is_contended(&s.lock));
}

static void enter_as_writer(struct rw_shared *s)
{
	rw_lock_write(&s->lock);
	s->order[s->order_count++] = 'w';
	rw_unlock_write(&s->lock);
}

static void enter_as_second_reader(struct rw_shared *s)
{
	wait_for_word(&s->lock.writers_waiting, 1);
	rw_lock_read(&s->lock);
	s->order[s->order_count++] = 'r';
	rw_unlock_read(&s->lock);
}

/* The first reader lets the two others come, one after the other, and looks who got in. */
static void enter_as_first_reader(struct rw_shared *s)
{
	wait_for_word(&s->lock.readers_waiting, 1);
	EXPECT_EQ(s->lock.state, 1, "one reader is inside");
	EXPECT_TRUE(rw_is_contended(&s->lock));
	s->order[s->order_count++] = '1';
	rw_unlock_read(&s->lock);
}

static void enter_in_turn(u32 member, void *arg)
{
	struct rw_shared *s = arg;

	if (member == 0)
		rw_lock_read(&s->lock);
	crew_meet(&s->meeting, 3);
	if (member == 0)
		enter_as_first_reader(s);
	else if (member == 1)
		enter_as_writer(s);
	else
		enter_as_second_reader(s);
}

static void waiting_writer_goes_before_new_readers(void)
{
	struct rw_shared s = { .order_count = 0 };

	rw_init(&s.lock, "test", RANK_TEST_SPIN);
	crew_run(3, enter_in_turn, &s);
	EXPECT_STREQ(s.order, "1wr");
}

static const struct ktest_case cases[] = {
	CASE(interrupts_stay_off_until_the_outermost_pop),
	CASE(interrupts_that_were_off_stay_off),
	CASE(locks_are_released_in_any_order),
	CASE(spin_lock_excludes),
	CASE(try_lock_excludes),
	CASE(lock_is_held_by_its_cpu_alone, .cpus = 2),
	CASE(readers_are_inside_together, .cpus = 2),
	CASE(writer_is_inside_alone),
	CASE(waiting_writer_goes_before_new_readers, .cpus = 3),
};
KTEST_SUITE(lock, cases);
