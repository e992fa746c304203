/*
 * Machines in a storm: vCPUs fault, their memory goes and comes and is forked, and the machine dies, all at once.
 *
 * Threads: the vCPUs', each of whose guests counts in one page of the window after the other; and the owner's, which
 * changes its memory and the memslots by random steps.  Before each run and step a thread chooses where its slice ends:
 * a random moment soon, which is anywhere in the guest, in the fault path or in the middle of a change.  There another
 * thread goes on; and under -icount another CPU, because QEMU changes CPUs where a timer is due (docs/platform.md,
 * "Under -icount").  So the seed moves the place, and a run with a seed is always the same.  Where CPUs really run at
 * once the number of steps is fixed too, and smaller.
 *
 * How a mistake shows:
 * - A leaf that outlives its page: the guest counts in a page that is somebody else's by then (others_are_untouched()),
 *   or it does not see what its owner wrote (all_see_the_same()).
 * - A table that is freed too early: the same, or an assertion, or a fault that never ends, which the budget stops.
 * - What is left behind, or counted wrongly: machine_check(), charges, and what ktest counts at the end of a case.
 */
#include "grading/suites/hyp/machine.h"
#include "grading/ktest/crew.h"
#include "mm/notifier.h"

#define PAGES       8   /* of the window */
#define STEPS       12  /* the owner's, in a round */
#define ROUNDS      3   /* in which the machine lives on; then one in which it does not */
#define SOON_NS     20000
#define OTHERS      12
#define LAST_RUNS   40  /* at most, before a vCPU is closed */

/* What becomes of the machine in the middle of a round. */
enum end {
	LIVES_ON,
	IS_KILLED,    /* as if its owner's memory were about to go */
	IS_CLOSED,    /* nobody refers to it any more: first the machine, then one vCPU after the other */
};

struct storm {
	struct machine *m;
	enum end end;
	u32 vcpu_count;
	u32 over;     /* atomic: the owner is through */
	u64 stream;   /* of random numbers; each thread takes one behind it */
};

static hva_t memory(u64 page)
{
	return page_at(WINDOW_MEMORY, page);
}

static struct hva_range memory_of(u64 first, u64 end)
{
	return pages_of(WINDOW_MEMORY, first, end);
}

static void count_in(struct guest *g, u64 page)
{
	*guest_arg(g) = WINDOW + page * PAGE_SIZE;
}

static u64 soon(struct ktest_random *random)
{
	return 1 + random_below(random, SOON_NS);
}

/* What else the timer was set for comes later than that, or is looked at then too. */
static void end_slice_soon(struct ktest_random *random)
{
	irq_push();
	this_cpu()->tick_deadline = arch_clock() + soon(random);
	arch_timer_set(this_cpu()->tick_deadline);
	irq_pop();
}

/* ---- vCPUs --------------------------------------------------------------------------------------------- */

/* The registers that an answer goes into stay as they are. */
static void answer_nothing(struct vm_run *run)
{
	run->call.result[0] = run->call.arg[0];
	run->call.result[1] = run->call.arg[1];
}

/* False: the machine is dead. */
static bool run_once(struct storm *s, struct guest *g, struct ktest_random *random)
{
	struct vm_run *run = g->vcpu->run;
	int error;

	end_slice_soon(random);
	error = vm_run_vcpu(g->vcpu);
	if (error) {
		EXPECT_EQ(error, -EIO);
		EXPECT_EQ(s->end, IS_KILLED);
		return false;
	}
	switch (run->exit_reason) {
	case VM_EXIT_CALL:
		answer_nothing(run);
		count_in(g, random_below(random, PAGES));
		break;
	case VM_EXIT_FAULT:
		EXPECT_TRUE(run->fault.error == -EFAULT || run->fault.error == -EIO, "error %d", run->fault.error);
		thread_yield();
		break;
	default:
		EXPECT_EQ(run->exit_reason, VM_EXIT_KICKED, "fails for %u: %s", run->fail.why, run->fail.text);
		break;
	}
	return !ktest_has_failed();
}

/* Where the machine is closed its vCPUs end by themselves, while their memory still changes. */
static void be_a_vcpu(struct storm *s, u32 index)
{
	struct ktest_random random = ktest_random(s->stream + index);
	struct guest *g = &s->m->guest[index];
	u64 runs = s->end == IS_CLOSED ? 1 + random_below(&random, LAST_RUNS) : ~0ull;

	while (runs-- && !__atomic_load_n(&s->over, __ATOMIC_ACQUIRE))
		if (!run_once(s, g, &random))
			break;
	if (s->end != IS_CLOSED)
		return;
	vm_vcpu_destroy(g->vcpu);
	g->vcpu = NULL;
}

/* ---- The owner ----------------------------------------------------------------------------------------- */

/* Pages that were the machine's a moment ago are the first to be given away again; nobody writes to them but we. */
static void others_are_untouched(struct ktest_random *random)
{
	hpa_t page[OTHERS];

	for (u32 i = 0; i < OTHERS; i++) {
		page[i] = page_alloc();
		ASSERT_NE(page[i].raw, 0);
	}
	sleep_ns(soon(random));
	for (u32 i = 0; i < OTHERS; i++) {
		const u64 *words = hpa_to_ptr(page[i]);
		u64 all = 0;

		for (u32 n = 0; n < PAGE_SIZE / sizeof(u64); n++)
			all |= READ_ONCE(words[n]);
		EXPECT_EQ(all, 0u, "a page that is not the machine's was written to");
		page_put(page[i]);
	}
}

static void unmap_and_map(struct storm *s, u64 first, u64 end, struct ktest_random *random)
{
	EXPECT_EQ(aspace_unmap(s->m->as, memory_of(first, end)), 0);
	others_are_untouched(random);
	space_map_at(s->m->as, memory(first), end - first, RW, 0);
}

static void protect_for_a_while(struct storm *s, u64 first, u64 end, u32 prot, struct ktest_random *random)
{
	EXPECT_EQ(aspace_protect(s->m->as, memory_of(first, end), prot), 0);
	sleep_ns(soon(random));
	EXPECT_EQ(aspace_protect(s->m->as, memory_of(first, end), RW), 0);
}

/* The child keeps what was there, whatever guests write meanwhile. */
static void fork_for_a_while(struct storm *s, struct ktest_random *random)
{
	struct aspace *child = aspace_fork(s->m->as);
	u64 before[PAGES];

	ASSERT_NE(child, NULL);
	for (u64 i = 0; i < PAGES; i++)
		before[i] = space_get(child, memory(i));
	sleep_ns(soon(random));
	for (u64 i = 0; i < PAGES; i++)
		EXPECT_EQ(space_get(child, memory(i)), before[i], "a guest wrote into the child's page %lu", i);
	aspace_destroy(child);
	aspace_put(child);
}

/* The window shows the memory from this page on, or nothing of what guests count in. */
static void show(struct storm *s, u64 page)
{
	if (s->m->vm)
		EXPECT_EQ(machine_slot(s->m, WINDOW_SLOT, gpa(WINDOW), WINDOW_SIZE - page * PAGE_SIZE, memory(page)),
			  0);
}

static void one_step(struct storm *s, struct ktest_random *random)
{
	u64 first = random_below(random, PAGES), end = first + 1 + random_below(random, PAGES - first);

	switch (random_below(random, 7)) {
	case 0: unmap_and_map(s, first, end, random); break;
	case 1:
		EXPECT_EQ(aspace_dontneed(s->m->as, memory_of(first, end)), 0);
		others_are_untouched(random);
		break;
	case 2:
		EXPECT_EQ(aspace_move(s->m->as, memory_of(first, end)), 0);
		others_are_untouched(random);
		break;
	case 3: protect_for_a_while(s, first, end, PROT_READ, random); break;
	case 4: protect_for_a_while(s, first, end, PROT_NONE, random); break;
	case 5: fork_for_a_while(s, random); break;
	default:
		show(s, PAGES);
		sleep_ns(soon(random));
		show(s, 0);
		break;
	}
}

/* What aspace_destroy() does first; but there the vCPUs' threads are gone already. */
static void kill_machine(struct machine *m)
{
	rwmutex_lock_write(&m->as->lock);
	notifier_release_all_locked(m->as);
	rwmutex_unlock_write(&m->as->lock);
}

static void end_machine(struct storm *s)
{
	struct vm *vm = s->m->vm;

	if (s->end == IS_KILLED)
		kill_machine(s->m);
	if (s->end != IS_CLOSED)
		return;
	s->m->vm = NULL;
	vm_put(vm);
}

static void be_the_owner(struct storm *s)
{
	struct ktest_random random = ktest_random(s->stream + s->vcpu_count);
	u32 steps = MAX(ktest_rounds(STEPS), 2u), last = random_below(&random, steps);

	for (u32 step = 0; step < steps && !ktest_has_failed(); step++) {
		sleep_ns(soon(&random));
		end_slice_soon(&random);
		one_step(s, &random);
		if (step == last)
			end_machine(s);
	}
	__atomic_store_n(&s->over, 1, __ATOMIC_RELEASE);
}

/* ---- Rounds -------------------------------------------------------------------------------------------- */

static void storm_member(u32 member, void *arg)
{
	struct storm *s = arg;

	if (member < s->vcpu_count)
		be_a_vcpu(s, member);
	else
		be_the_owner(s);
}

static void blow(struct machine *m, enum end end, u64 stream)
{
	struct storm s = { .m = m, .end = end, .vcpu_count = m->vcpu_count, .stream = stream };

	for (u32 i = 0; i < s.vcpu_count; i++) {
		guest_start(&m->guest[i], guest_counts);
		count_in(&m->guest[i], i % PAGES);
	}
	crew_run(s.vcpu_count + 1, storm_member, &s);
}

static void all_see_the_same(struct machine *m, u64 value)
{
	space_fill(m->as, WINDOW_MEMORY, PAGES, value);
	for (u32 i = 0; i < m->vcpu_count; i++)
		for (u64 page = 0; page < PAGES; page++)
			machine_read(&m->guest[i], WINDOW + page * PAGE_SIZE, value + page);
}

static void nothing_is_mapped(struct machine *m)
{
	struct mmu_stats stats;
	u64 leaves = 0;

	mmu_stats(m->vm->mmu, &stats);
	for (u32 level = 0; level < ARRAY_SIZE(stats.leaf_count); level++)
		leaves += stats.leaf_count[level];
	EXPECT_EQ(leaves, 0u);
	EXPECT_EQ(vm_run_vcpu(m->guest[0].vcpu), -EIO);
}

static void weather(u32 vcpu_count, enum end end)
{
	struct machine *m = machine_create(vcpu_count);
	u64 stream = ktest_param() * 1000;

	for (u32 round = 0; round < ROUNDS && !ktest_has_failed(); round++, stream += 100) {
		blow(m, LIVES_ON, stream);
		EXPECT_EQ(vm_check(m->vm), 0);
		machine_renew_ram(m);
		all_see_the_same(m, stream + 1);
	}
	blow(m, end, stream);
	if (end == IS_KILLED)
		nothing_is_mapped(m);
	else
		EXPECT_EQ(m->as->charge_count, 0u);
}

static void a_machine_is_killed_while_its_memory_changes(void)
{
	weather(3, IS_KILLED);
}

static void a_machine_is_closed_while_its_memory_changes(void)
{
	weather(3, IS_CLOSED);
}

static void eight_vcpus_are_killed_while_their_memory_changes(void)
{
	weather(8, IS_KILLED);
}

static const struct ktest_param seeds[] = { { "seed_1", 1 }, { "seed_2", 2 }, { "seed_3", 3 }, { "seed_4", 4 } };
static const struct ktest_param one_seed[] = { { "seed_5", 5 } };

static const struct ktest_case cases[] = {
	CASE(a_machine_is_killed_while_its_memory_changes, .budget = 4000 * MILLION, KTEST_PARAMS(seeds)),
	CASE(a_machine_is_closed_while_its_memory_changes, .budget = 4000 * MILLION, KTEST_PARAMS(seeds)),
	CASE(eight_vcpus_are_killed_while_their_memory_changes, .budget = 4000 * MILLION, KTEST_PARAMS(one_seed)),
};
KTEST_SUITE(hyp_machine_storm, cases);
