/*
 * The world switch: into a guest and out, what survives it, what ends it, and what the exit says.
 */
#include "grading/suites/hyp/guest.h"
#include "grading/ktest/crew.h"
#include "sched.h"
#include "mm/buddy.h"

#define NS_BETWEEN_LOOKS (2 * MILLION)

/* ---- Calls and registers ------------------------------------------------------------------------------- */

static void a_guest_calls(void)
{
	struct guest *g = guest_create();

	guest_start(g, guest_calls);
	for (u64 i = 0; i < 100; i++) {
		*guest_arg(g) = i * i;
		ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
		EXPECT_EQ(*guest_result(g), i * i + 1);
	}
	EXPECT_EQ(*guest_register(g, guest_register_count - 1), 0u);
}

static void registers_survive(void)
{
	struct guest *g = guest_create();
	struct ktest_random random = ktest_random(0), again = random;

	guest_start(g, guest_changes_registers);
	for (u32 i = 0; i < guest_register_count; i++)
		*guest_register(g, i) = random_next(&random);
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
	for (u32 i = 0; i < guest_register_count; i++)
		EXPECT_EQ(*guest_register(g, i), ~random_next(&again), "register %u", i);
}

static void a_guest_halts(void)
{
	struct guest *g = guest_create();

	guest_start(g, guest_halts);
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_HALT);
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
}

/* ---- The kernel's state -------------------------------------------------------------------------------- */

struct host_snapshot {
	u32 cpu;
	u64 value[HOST_STATE_COUNT];
};

static void take_snapshot(struct host_snapshot *s)
{
	irq_push();
	s->cpu = this_cpu()->id;
	host_state(s->value);
	irq_pop();
}

/* Until the thread was on the same CPU before and after: many values are the CPU's own. */
static void run_and_compare(struct guest *g, const char *piece, enum vcpu_exit expected)
{
	struct host_snapshot before, after;

	do {
		guest_start(g, piece);
		*guest_arg(g) = GUEST_HOLE;
		*guest_result(g) = 1;
		take_snapshot(&before);
		EXPECT_EQ(vcpu_run(g->vcpu), expected);
		EXPECT_TRUE(arch_irq_enabled());
		take_snapshot(&after);
	} while (after.cpu != before.cpu);
	for (u32 i = 0; i < HOST_STATE_COUNT; i++)
		EXPECT_EQ(after.value[i], before.value[i], "value %u of host_state()", i);
}

static void host_state_survives(void)
{
	struct guest *g = guest_create();

	run_and_compare(g, guest_calls, VCPU_EXIT_CALL);
	run_and_compare(g, guest_halts, VCPU_EXIT_HALT);
	run_and_compare(g, guest_reads, VCPU_EXIT_FAULT);
	run_and_compare(g, guest_keeps_fp, VCPU_EXIT_CALL);
}

/* Interrupts come after a guest as before: a sleep needs one. */
static void interrupts_arrive_after_a_guest(void)
{
	struct guest *g = guest_create();
	u64 start;

	guest_start(g, guest_calls);
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
	EXPECT_TRUE(arch_irq_enabled());
	start = arch_clock();
	sleep_ns(3 * MILLION);
	EXPECT_GE(arch_clock(), start + 3 * MILLION);
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

struct fault_case {
	const char *name, *piece;
	u64 at, gpa;
	enum tdp_access access;
	bool on_walk;
};

static const struct fault_case fault_cases[] = {
	{ "read", guest_reads, GUEST_HOLE + 8, GUEST_HOLE + 8, TDP_ACCESS_READ, false },
	{ "write", guest_writes, GUEST_HOLE + 0x123458, GUEST_HOLE + 0x123458, TDP_ACCESS_WRITE, false },
	{ "execute", guest_jumps, GUEST_HOLE + 16, GUEST_HOLE + 16, TDP_ACCESS_EXEC, false },
	{ "write_read_only", guest_writes, GUEST_READ_ONLY + 32, GUEST_READ_ONLY + 32, TDP_ACCESS_WRITE, false },
	{ "execute_no_exec", guest_jumps, GUEST_NO_EXEC, GUEST_NO_EXEC, TDP_ACCESS_EXEC, false },
	{ "read_walk", guest_reads, GUEST_BAD_WALK + 0x200008, GUEST_HOLE_TABLE + 8, TDP_ACCESS_READ, true },
	{ "write_walk", guest_writes, GUEST_BAD_WALK, GUEST_HOLE_TABLE, TDP_ACCESS_WRITE, true },
	{ "execute_walk", guest_jumps, GUEST_BAD_WALK + 0x400000, GUEST_HOLE_TABLE + 16, TDP_ACCESS_EXEC, true },
};

static bool each_fault(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(fault_cases))
		return false;
	string_copy(param->name, fault_cases[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

/* What the walk wanted is the machine's to say: one machine calls each walk a write. */
static void a_fault_is_decoded(void)
{
	const struct fault_case *f = &fault_cases[ktest_param()];
	struct guest *g = guest_create();
	const struct tdp_fault *fault = &g->vcpu->fault;
	u64 jump = f->piece == guest_jumps ? f->at : GUEST_RAM + (f->piece - guest_code);

	guest_start(g, f->piece);
	*guest_arg(g) = f->at;
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_FAULT);
		EXPECT_EQ(fault->gpa.raw, f->gpa);
		EXPECT_EQ(!!(fault->flags & TDP_FAULT_ON_WALK), f->on_walk);
		if (!f->on_walk)
			EXPECT_EQ(fault->access, f->access);
		EXPECT_FALSE(fault->flags & TDP_FAULT_RESERVED);
		if (fault->flags & TDP_FAULT_HAS_GVA)
			EXPECT_EQ(fault->gva.raw, f->at);
		EXPECT_EQ(guest_pc(g), jump, "it stands at the instruction");
	}
}

/* The access that faulted is repeated, and finds the page. */
static void a_fault_can_be_fixed(void)
{
	struct guest *g = guest_create();

	guest_start(g, guest_reads);
	*guest_arg(g) = GUEST_HOLE + 8;
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_FAULT);
	*(u64 *)guest_memory(g, GUEST_DATA + 8) = 0x1234;
	ASSERT_EQ(stage2_map(g->stage2, gpa(GUEST_HOLE), hpa_add(g->ram, GUEST_DATA - GUEST_RAM), PAGE_SIZE,
			     STAGE2_READ), 0);
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
	EXPECT_EQ(*guest_result(g), 0x1234u);
}

/* ---- Time and CPUs ------------------------------------------------------------------------------------- */

struct spinner {
	struct guest *guest;
	struct helper helper;
	enum vcpu_exit exit;
};

static void run_spinner(void *arg)
{
	struct spinner *s = arg;

	s->exit = vcpu_run(s->guest->vcpu);
}

static void start_guest(struct spinner *s, const char *piece, u64 arg)
{
	s->guest = guest_create();
	guest_start(s->guest, piece);
	*guest_arg(s->guest) = arg;
}

/* One guest more than CPUs, and none ever leaves by itself: each runs, each is preempted, and this thread runs too. */
static void timer_ends_guest(void)
{
	static struct spinner spinner[MAX_CPUS + 1];

	for (u32 i = 0; i <= cpu_count; i++)
		start_guest(&spinner[i], guest_spins, 0);
	for (u32 i = 0; i <= cpu_count; i++)
		helper_start(&spinner[i].helper, run_spinner, &spinner[i]);
	for (u32 i = 0; i <= cpu_count; i++)
		while (READ_ONCE(spinner[i].guest->vcpu->load_count) < 2)
			sleep_ns(NS_BETWEEN_LOOKS);
	for (u32 i = 0; i <= cpu_count; i++) {
		vcpu_kick(spinner[i].guest->vcpu, VCPU_REQUEST_KICK);
		helper_join(&spinner[i].helper);
		EXPECT_EQ(spinner[i].exit, VCPU_EXIT_KICKED);
		EXPECT_GT(*guest_result(spinner[i].guest), 1000u, "guest %u counts", i);
	}
}

static void a_kick_before_the_entry_is_seen(void)
{
	struct guest *g = guest_create();

	guest_start(g, guest_calls);
	vcpu_kick(g->vcpu, VCPU_REQUEST_KICK);
	vcpu_kick(g->vcpu, VCPU_REQUEST_KICK);
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_KICKED);
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
}

/* However many ask, a guest that runs is interrupted once, and that is counted. */
static void a_guest_is_interrupted_once(void)
{
	struct vcpu *vcpu = guest_create()->vcpu;

	vcpu_kick(vcpu, VCPU_REQUEST_KICK);
	EXPECT_EQ(vcpu->count.kick_ipis, 0u, "it does not run");
	vcpu->cpu = 0;
	vcpu->mode = VCPU_IN;
	vcpu_kick(vcpu, VCPU_REQUEST_KICK);
	vcpu_kick(vcpu, VCPU_REQUEST_LOOK);
	EXPECT_EQ(vcpu->mode, VCPU_EXITING);
	vcpu->mode = VCPU_OUT;
	EXPECT_EQ(vcpu->count.kick_ipis, 1u);
	EXPECT_EQ(vcpu_requests(vcpu), VCPU_REQUEST_KICK | VCPU_REQUEST_LOOK);
}

/* Kicks that come at any moment of the loop: as many exits as kicks, none is lost. */
static void no_kick_is_lost(void)
{
	static struct spinner s;
	u32 rounds = ktest_rounds(40);

	start_guest(&s, guest_spins, 0);
	for (u32 i = 0; i < rounds; i++) {
		struct thread *t = kthread_create("test", run_spinner, &s);

		ASSERT_NE(t, NULL);
		thread_start(t);
		for (u32 turn = 0; turn < i % 4; turn++)
			thread_yield();
		vcpu_kick(s.guest->vcpu, VCPU_REQUEST_KICK);
		kthread_join(t);
		ASSERT_EQ(s.exit, VCPU_EXIT_KICKED);
	}
}

struct journey {
	struct guest *guest;
	struct meeting meeting;
	cpu_mask_t seen;
};

/* All CPUs run a member, and stay with it: nobody else wants to run. */
static void run_in_turn(u32 member, void *arg)
{
	struct journey *j = arg;

	for (u32 turn = 0; turn < 3 * cpu_count; turn++) {
		crew_meet(&j->meeting, cpu_count);
		if (turn % cpu_count != member)
			continue;
		ASSERT_EQ(vcpu_run(j->guest->vcpu), VCPU_EXIT_CALL);
		EXPECT_EQ(*(u64 *)guest_memory(j->guest, GUEST_DATA), turn + 1);
		j->seen |= 1u << j->guest->vcpu->last_cpu;
	}
	crew_meet(&j->meeting, cpu_count);
}

static void guest_migrates(void)
{
	struct journey j = { .guest = guest_create() };

	guest_start(j.guest, guest_counts);
	*guest_arg(j.guest) = GUEST_DATA;
	crew_run(cpu_count, run_in_turn, &j);
	EXPECT_EQ(j.seen, (1u << cpu_count) - 1);
}

/* ---- Floating point ------------------------------------------------------------------------------------ */

#define FP_TURNS     (12 * MILLION) /* of two instructions: more than two slices */
#define FP_GUESTS    (cpu_count + 1)
#define FP_HOST_NS   (4 * MILLION)
#define FP_HOST_USES 5

/* Like a program: its registers are in the CPU, and what memory says of them is out of date. */
static void fp_begin(u64 seed)
{
	struct arch_fp *fp;

	irq_push();
	fp = &this_cpu()->thread->fp;
	fp_fill(fp, seed);
	arch_fp_restore(fp);
	fp_fill(fp, ~seed);
	irq_pop();
}

static void fp_expect(u64 seed)
{
	struct arch_fp *fp;

	irq_push();
	fp = &this_cpu()->thread->fp;
	arch_fp_save_and_disable(fp);
	irq_pop();
	EXPECT_TRUE(fp_matches(fp, seed), "the thread's registers, seed %lu", seed);
}

static void use_fp_in_the_host(u64 seed)
{
	for (u32 i = 0; i < FP_HOST_USES; i++) {
		u64 end = arch_clock() + FP_HOST_NS;

		fp_begin(seed + i);
		while (arch_clock() < end)
			;
		fp_expect(seed + i);
	}
}

static void use_fp_in_a_guest(struct guest *g, u64 seed)
{
	guest_start(g, guest_keeps_fp);
	*guest_arg(g) = seed;
	*guest_result(g) = FP_TURNS;
	fp_begin(seed + 1000);
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
	fp_expect(seed + 1000);
	EXPECT_EQ(*guest_result(g), 0u, "bits that differ");
}

static void use_fp(u32 member, void *arg)
{
	struct guest **guest = arg;

	if (member < FP_GUESTS)
		use_fp_in_a_guest(guest[member], 0x10000 * (member + 1));
	else
		use_fp_in_the_host(0x10000 * (member + 1));
}

/* More users than CPUs, each longer than a slice: guests, the threads that run them, and others. */
static void fp_survives_switches(void)
{
	static struct guest *guest[MAX_CPUS + 1];
	u64 load_count = 0;

	for (u32 i = 0; i < FP_GUESTS; i++)
		guest[i] = guest_create();
	crew_run(FP_GUESTS + 2, use_fp, guest);
	for (u32 i = 0; i < FP_GUESTS; i++)
		load_count += guest[i]->vcpu->load_count;
	EXPECT_GT(load_count, FP_GUESTS, "somebody was preempted");
}

/* ---- IDs and flushes ----------------------------------------------------------------------------------- */

#define NEIGHBOURS 4

static void all_ids(void *unused)
{
	arch_hwid_limit(~0u);
}

static void read_in_turns(struct guest **guest, u32 turns)
{
	for (u32 i = 0; i < turns; i++) {
		struct guest *g = guest[i % NEIGHBOURS];

		guest_start(g, guest_reads);
		*guest_arg(g) = GUEST_DATA;
		ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
		EXPECT_EQ(*guest_result(g), i % NEIGHBOURS + 1);
	}
}

static void make_neighbours(struct guest **guest)
{
	for (u32 i = 0; i < NEIGHBOURS; i++) {
		guest[i] = guest_create();
		*(u64 *)guest_memory(guest[i], GUEST_DATA) = i + 1;
	}
}

static void guests_with_the_same_addresses_do_not_meet(void)
{
	struct guest *guest[NEIGHBOURS];

	make_neighbours(guest);
	read_in_turns(guest, 10 * NEIGHBOURS);
}

static void ids_run_out_and_begin_again(void)
{
	struct guest *guest[NEIGHBOURS];

	make_neighbours(guest);
	ktest_defer(all_ids, NULL);
	arch_hwid_limit(2);
	read_in_turns(guest, 10 * NEIGHBOURS);
	arch_hwid_limit(3);
	read_in_turns(guest, 10 * NEIGHBOURS);
}

static void unmapped_page_faults(void)
{
	struct guest *g = guest_create();

	*(u64 *)guest_memory(g, GUEST_DATA) = 7;
	for (int i = 0; i < 3; i++) {
		guest_start(g, guest_reads);
		*guest_arg(g) = GUEST_NO_EXEC;
		ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
		EXPECT_EQ(*guest_result(g), i ? 7u : 0u);
		ASSERT_EQ(stage2_unmap(g->stage2, gpa(GUEST_NO_EXEC), PAGE_SIZE), 0);
		guest_start(g, guest_reads);
		*guest_arg(g) = GUEST_NO_EXEC;
		ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_FAULT);
		EXPECT_EQ(g->vcpu->fault.gpa.raw, GUEST_NO_EXEC);
		ASSERT_EQ(stage2_map(g->stage2, gpa(GUEST_NO_EXEC), hpa_add(g->ram, GUEST_DATA - GUEST_RAM), PAGE_SIZE,
				     STAGE2_READ), 0);
	}
}

#define POLLED_ROUNDS 8
#define POLLED_NS     (1300 * 1000ull)

static u64 *polled_page(const struct guest *g)
{
	return hpa_to_ptr(hpa_add(g->pages, PAGE_SIZE));
}

static void spin_until(u64 end)
{
	while (arch_clock() < end)
		spin_wait();
}

/* The guest reads the page for ever, until the page goes.  What is written there afterwards it does not see. */
static void unmap_while_it_polls(struct spinner *s, u32 round)
{
	struct thread *t = kthread_create("test", run_spinner, s);

	ASSERT_NE(t, NULL);
	guest_start(s->guest, guest_polls);
	*guest_arg(s->guest) = GUEST_NO_EXEC;
	*polled_page(s->guest) = 0;
	thread_start(t);
	sleep_ns(NS_BETWEEN_LOOKS);
	spin_until(arch_clock() + round * POLLED_NS);
	EXPECT_EQ(stage2_unmap(s->guest->stage2, gpa(GUEST_NO_EXEC), PAGE_SIZE), 0);
	*polled_page(s->guest) = 1;
	spin_until(arch_clock() + POLLED_NS);
	kthread_join(t);
	EXPECT_EQ(s->exit, VCPU_EXIT_FAULT);
	EXPECT_EQ(s->guest->vcpu->fault.gpa.raw, GUEST_NO_EXEC);
	EXPECT_EQ(*guest_result(s->guest), 0u, "round %u", round);
	EXPECT_EQ(s->guest->root->cpus, 0u);
}

/* Rounds differ in where in its slice the guest is. */
static void unmapping_reaches_a_running_guest(void)
{
	static struct spinner s;

	s.guest = guest_create();
	for (u32 round = 0; round < POLLED_ROUNDS; round++) {
		unmap_while_it_polls(&s, round);
		ASSERT_EQ(stage2_map(s.guest->stage2, gpa(GUEST_NO_EXEC), hpa_add(s.guest->pages, PAGE_SIZE), PAGE_SIZE,
				     STAGE2_READ), 0);
	}
}

static const struct ktest_case cases[] = {
	CASE(a_guest_calls),
	CASE(registers_survive),
	CASE(a_guest_halts),
	CASE(host_state_survives),
	CASE(interrupts_arrive_after_a_guest),
	CASE(a_fault_is_decoded, .generate = each_fault),
	CASE(a_fault_can_be_fixed),
	CASE(timer_ends_guest, .budget = 1000 * MILLION),
	CASE(a_kick_before_the_entry_is_seen),
	CASE(a_guest_is_interrupted_once),
	CASE(no_kick_is_lost, .budget = 1500 * MILLION),
	CASE(guest_migrates),
	CASE(fp_survives_switches, .budget = 3000 * MILLION),
	CASE(guests_with_the_same_addresses_do_not_meet),
	CASE(ids_run_out_and_begin_again),
	CASE(unmapped_page_faults),
	CASE(unmapping_reaches_a_running_guest, .cpus = 2, .budget = 1000 * MILLION),
};
KTEST_SUITE(hyp, cases);
