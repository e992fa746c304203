/*
 * smp: all CPUs count together with atomic additions, then pass a token round by interrupts.
 */
#include "guest.h"

#define ADDS   20000
#define ROUNDS 50

static u64 counter;
static u32 here;                 /* CPUs that have begun */
static u32 have_added;           /* ... that have counted to the end */
static volatile u32 passes;      /* how often the token was passed */
static u32 interrupts[CPUS_MAX]; /* that a CPU got */

static u32 cpus;
/* The token is at CPU passes % cpus, which passes it on in its interrupt. */
static void pass(void)
{
	u32 cpu = passes % cpus;

	interrupts[cpu]++;
	if (passes < ROUNDS * cpus) {
		u32 next = (passes + 1) % cpus;

		__atomic_store_n(&passes, passes + 1, __ATOMIC_SEQ_CST);
		ipi_send(next);
	}
}

static void count(u32 cpu)
{
	for (u32 i = 0; i < ADDS; i++)
		__atomic_fetch_add(&counter, 1 + cpu, __ATOMIC_RELAXED);
	__atomic_fetch_add(&have_added, 1, __ATOMIC_SEQ_CST);
}

static void other(u32 cpu)
{
	__atomic_fetch_add(&here, 1, __ATOMIC_SEQ_CST);
	count(cpu);
	for (;;)
		sleep_once();
}

static u64 expected_sum(void)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < cpus; cpu++)
		sum += (u64)ADDS * (1 + cpu);
	return sum;
}

void guest_main(void)
{
	cpus = cpu_count();
	on_ipi = pass;
	for (u32 cpu = 1; cpu < cpus; cpu++)
		cpu_start(cpu, other);
	count(0);
	while (__atomic_load_n(&have_added, __ATOMIC_SEQ_CST) < cpus)
		relax();
	CHECK(counter == expected_sum(), "smp: counted to %lu, not %lu", counter, expected_sum());
	CHECK(here == cpus - 1, "smp: %u CPUs have begun", here);
	ipi_send(0);
	while (passes < ROUNDS * cpus)
		sleep_once();
	for (u32 cpu = 0; cpu < cpus; cpu++)
		CHECK(interrupts[cpu] >= ROUNDS, "smp: CPU %u got %u interrupts", cpu, interrupts[cpu]);
	print("smp: %u CPUs counted to %lu, %u interrupts went round\n", cpus, counter, passes);
}
