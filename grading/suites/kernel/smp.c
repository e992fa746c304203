/*
 * What CPUs ask of each other, and what it costs to wait for one another.
 */
#include "grading/ktest/crew.h"
#include "lock.h"
#include "lib/bits.h"

static cpu_mask_t all_cpus(void)
{
	return (1u << cpu_count) - 1;
}

/* ---- Calls --------------------------------------------------------------------------------------------- */

static u32 calls[MAX_CPUS];
static u32 calls_with_interrupts;

static void count_call(void *arg)
{
	__atomic_fetch_add(&calls[this_cpu()->id], 1, __ATOMIC_RELAXED);
	if (arch_irq_enabled())
		__atomic_fetch_add(&calls_with_interrupts, 1, __ATOMIC_RELAXED);
}

static void call_runs_once_on_each_cpu_of_the_mask(void)
{
	calls_with_interrupts = 0;
	for (cpu_mask_t mask = 0; mask <= all_cpus(); mask++) {
		memset(calls, 0, sizeof(calls));
		smp_call(mask, count_call, NULL);
		for (u32 id = 0; id < cpu_count; id++)
			EXPECT_EQ(calls[id], mask >> id & 1, "mask 0x%x, cpu %u", mask, id);
	}
	EXPECT_EQ(calls_with_interrupts, 0);
	EXPECT_TRUE(arch_irq_enabled());
}

static void call_leaves_out_cpus_that_do_not_run(void)
{
	memset(calls, 0, sizeof(calls));
	smp_call(~0u, count_call, NULL);
	for (u32 id = 0; id < MAX_CPUS; id++)
		EXPECT_EQ(calls[id], id < cpu_count, "cpu %u", id);
}

static void call_slowly(void *done)
{
	for (int i = 0; i < 20; i++)
		cpu_relax();
	__atomic_fetch_add((u32 *)done, 1, __ATOMIC_RELAXED);
}

static void call_returns_when_all_have_returned(void)
{
	u32 done = 0;

	smp_call(all_cpus(), call_slowly, &done);
	EXPECT_EQ(done, cpu_count);
}

static void call_everybody(u32 member, void *unused)
{
	for (u32 i = 0; i < ktest_rounds(200); i++)
		smp_call(all_cpus(), count_call, NULL);
}

static void all_cpus_call_at_once(void)
{
	memset(calls, 0, sizeof(calls));
	crew_run(cpu_count, call_everybody, NULL);
	for (u32 id = 0; id < cpu_count; id++)
		EXPECT_EQ(calls[id], ktest_rounds(200) * cpu_count, "cpu %u", id);
}

/* ---- Waiting and serving ------------------------------------------------------------------------------- */

/* A pair of CPUs, their interrupts off. */
struct pair {
	struct meeting meeting;
	struct spinlock lock[2];
	struct rwlock rwlock;
	u32 cpu[2], waiting;
};

static void pair_init(struct pair *p)
{
	*p = (struct pair){ .waiting = 0 };
	spin_init(&p->lock[0], "first", RANK_TEST_SPIN);
	spin_init(&p->lock[1], "second", RANK_TEST_SPIN);
	rw_init(&p->rwlock, "pair", RANK_TEST_SPIN);
}

static void shoot_with_lock(u32 member, void *arg)
{
	struct pair *p = arg;

	crew_meet(&p->meeting, 2);
	spin_lock(&p->lock[member]);
	p->cpu[member] = this_cpu()->id;
	crew_meet(&p->meeting, 2);
	for (u64 i = 0; i < ktest_rounds(500); i++)
		smp_flush(1u << p->cpu[!member], hva(i * PAGE_SIZE), hva((i + 1) * PAGE_SIZE));
	crew_meet(&p->meeting, 2);
	spin_unlock(&p->lock[member]);
}

static void cpus_shoot_at_each_other_with_locks_held(void)
{
	struct pair p;

	pair_init(&p);
	crew_run(2, shoot_with_lock, &p);
}

static void hold_and_call(struct pair *p)
{
	while (__atomic_load_n(&p->waiting, __ATOMIC_ACQUIRE) == 0)
		spin_wait();
	for (int i = 0; i < 10; i++)
		smp_call(all_cpus(), count_call, NULL);
}

static void wait_for_spin_lock(u32 member, void *arg)
{
	struct pair *p = arg;

	if (member == 0)
		spin_lock(&p->lock[0]);
	crew_meet(&p->meeting, 2);
	if (member == 0) {
		hold_and_call(p);
	} else {
		irq_push();
		__atomic_store_n(&p->waiting, 1, __ATOMIC_RELEASE);
		spin_lock(&p->lock[0]);
		irq_pop();
	}
	spin_unlock(&p->lock[0]);
}

static void cpu_that_waits_for_a_lock_serves(void)
{
	struct pair p;

	pair_init(&p);
	crew_run(2, wait_for_spin_lock, &p);
}

static void wait_for_write_lock(u32 member, void *arg)
{
	struct pair *p = arg;

	if (member == 0)
		rw_lock_read(&p->rwlock);
	crew_meet(&p->meeting, 2);
	if (member == 0) {
		hold_and_call(p);
		rw_unlock_read(&p->rwlock);
	} else {
		irq_push();
		__atomic_store_n(&p->waiting, 1, __ATOMIC_RELEASE);
		rw_lock_write(&p->rwlock);
		rw_unlock_write(&p->rwlock);
		irq_pop();
	}
}

static void cpu_that_waits_to_write_serves(void)
{
	struct pair p;

	pair_init(&p);
	crew_run(2, wait_for_write_lock, &p);
}

static void wait_for_read_lock(u32 member, void *arg)
{
	struct pair *p = arg;

	if (member == 0)
		rw_lock_write(&p->rwlock);
	crew_meet(&p->meeting, 2);
	if (member == 0) {
		hold_and_call(p);
		rw_unlock_write(&p->rwlock);
	} else {
		irq_push();
		__atomic_store_n(&p->waiting, 1, __ATOMIC_RELEASE);
		rw_lock_read(&p->rwlock);
		rw_unlock_read(&p->rwlock);
		irq_pop();
	}
}

static void cpu_that_waits_to_read_serves(void)
{
	struct pair p;

	pair_init(&p);
	crew_run(2, wait_for_read_lock, &p);
}

/* ---- What it costs ------------------------------------------------------------------------------------- */

#define ROUNDS 1000

/*
 * Under -icount the CPUs share one thread of QEMU's, and who waits without giving its slice up holds it for millions of
 * instructions.  A round that gives it up takes one or two hundred on two CPUs (a turn of spin_wait() on each), a call
 * one or two thousand for each CPU that it goes to (the interrupt's way through firmware or interrupt controller, and
 * through the idle loop).  The bounds are five times that: far from what they are to catch, and no nuisance.
 */
#define PING_PONG_MAX (1000 * ROUNDS)
#define SHOOTDOWN_MAX (8000 * ROUNDS)

static void expect_cost(const char *what, u64 start, u64 most)
{
	u64 cost = arch_instruction_count() - start;

	if (!ktest_is_exact())
		return;
	ktest_note("%s: %lu instructions a round", what, cost / ROUNDS);
	EXPECT_LE(cost, most);
}

struct ping_pong {
	struct meeting meeting;
	u32 turn;
};

static void ping_pong(u32 member, void *arg)
{
	struct ping_pong *p = arg;
	u64 start;

	crew_meet(&p->meeting, 2);
	start = arch_instruction_count();
	for (u32 i = 0; i < ktest_rounds(ROUNDS); i++) {
		while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) != member)
			spin_wait();
		__atomic_store_n(&p->turn, !member, __ATOMIC_RELEASE);
	}
	if (member == 0)
		expect_cost("ping-pong", start, PING_PONG_MAX);
}

static void ping_pong_gives_the_slice_up(void)
{
	struct ping_pong p = { .turn = 0 };

	crew_run(2, ping_pong, &p);
}

static void ping_pong_without_interrupts(u32 member, void *arg)
{
	irq_push();
	ping_pong(member, arg);
	irq_pop();
}

static void ping_pong_with_interrupts_off_gives_the_slice_up(void)
{
	struct ping_pong p = { .turn = 0 };

	crew_run(2, ping_pong_without_interrupts, &p);
}

static void shoot(void)
{
	u64 start = arch_instruction_count();

	for (u64 i = 0; i < ktest_rounds(ROUNDS); i++)
		smp_flush(all_cpus(), hva(i * PAGE_SIZE), hva((i + 1) * PAGE_SIZE));
	expect_cost("shootdown", start, SHOOTDOWN_MAX * (cpu_count - 1));
}

static void shootdown_of_idle_cpus_is_bounded(void)
{
	shoot();
}

static void shoot_or_spin(u32 member, void *arg)
{
	struct ping_pong *p = arg;

	crew_meet(&p->meeting, cpu_count);
	if (member == 0) {
		shoot();
		__atomic_store_n(&p->turn, 1, __ATOMIC_RELEASE);
	}
	irq_push();
	while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) == 0)
		spin_wait();
	irq_pop();
}

static void shootdown_of_spinning_cpus_is_bounded(void)
{
	struct ping_pong p = { .turn = 0 };

	crew_run(cpu_count, shoot_or_spin, &p);
}

static const struct ktest_case cases[] = {
	CASE(call_runs_once_on_each_cpu_of_the_mask),
	CASE(call_leaves_out_cpus_that_do_not_run),
	CASE(call_returns_when_all_have_returned),
	CASE(all_cpus_call_at_once),
	CASE(cpus_shoot_at_each_other_with_locks_held, .cpus = 2),
	CASE(cpu_that_waits_for_a_lock_serves, .cpus = 2, .budget = 100 * MILLION),
	CASE(cpu_that_waits_to_write_serves, .cpus = 2, .budget = 100 * MILLION),
	CASE(cpu_that_waits_to_read_serves, .cpus = 2, .budget = 100 * MILLION),
	CASE(ping_pong_gives_the_slice_up, .cpus = 2),
	CASE(ping_pong_with_interrupts_off_gives_the_slice_up, .cpus = 2),
	CASE(shootdown_of_idle_cpus_is_bounded, .cpus = 2),
	CASE(shootdown_of_spinning_cpus_is_bounded, .cpus = 2),
};
KTEST_SUITE(smp, cases);
