/*
 * Machines: memslots, notifiers, what a guest sees while its memory changes, and the end.
 */
#include "grading/suites/hyp/machine.h"
#include "grading/ktest/crew.h"
#include "mm/buddy.h"
#include "proc.h"

static u64 window(u64 page)
{
	return WINDOW + page * PAGE_SIZE;
}

static hva_t memory(u64 page)
{
	return page_at(WINDOW_MEMORY, page);
}

static struct hva_range memory_of(u64 first, u64 end)
{
	return pages_of(WINDOW_MEMORY, first, end);
}

static u64 faults(struct machine *m, enum mmu_outcome outcome)
{
	struct mmu_stats stats;

	mmu_stats(m->vm->mmu, &stats);
	return stats.faults[outcome];
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

static void a_guest_sees_its_monitors_memory(void)
{
	struct machine *m = machine_create(1);

	space_fill(m->as, WINDOW_MEMORY, 8, 100);
	for (u64 i = 0; i < 8; i++)
		machine_read(&m->guest[0], window(i), 100 + i);
	machine_write(&m->guest[0], window(3), 7);
	EXPECT_EQ(space_get(m->as, memory(3)), 7u);
	machine_read(&m->guest[0], window(20), 0);
	machine_check(m);
}

static void a_page_faults_once(void)
{
	struct machine *m = machine_create(1);
	u64 before;

	machine_write(&m->guest[0], window(0), 1);
	before = faults(m, MMU_FIXED);
	for (int i = 0; i < 20; i++)
		machine_write(&m->guest[0], window(0), i);
	EXPECT_EQ(faults(m, MMU_FIXED), before);
	EXPECT_EQ(faults(m, MMU_SPURIOUS), 0u);
	EXPECT_EQ(faults(m, MMU_ERROR), 0u);
}

/* The monitor's page is 2 MiB, aligned in both address spaces: so is the leaf, if the MMU has such. */
static void a_large_page_is_mapped_by_one_leaf(void)
{
	struct machine *m = machine_create(1);
	struct mmu_stats stats;

	if (!(mmu_caps()->caps & MMU_CAP_HUGE))
		SKIP("this MMU has leaves of 4 KiB only");
	for (u64 i = 0; i < 10; i++)
		machine_write(&m->guest[0], GUEST_DATA + i * PAGE_SIZE, i);
	mmu_stats(m->vm->mmu, &stats);
	EXPECT_EQ(stats.leaf_count[1], 1u);
	EXPECT_EQ(stats.leaf_count[0], 0u);
}

/* I: a leaf holds no reference. */
static void a_fault_takes_no_reference(void)
{
	struct machine *m = machine_create(1);
	hpa_t page;

	machine_write(&m->guest[0], window(0), 1);
	page = space_page(m->as, memory(0));
	ASSERT_NE(page.raw, 0, "the fault has brought it in");
	EXPECT_EQ(page_count(page), 1u);
}

/* ---- The monitor's memory changes ---------------------------------------------------------------------- */

static void an_unmapped_page_faults(void)
{
	struct machine *m = machine_create(1);
	struct guest *g = &m->guest[0];

	machine_write(g, window(1), 5);
	ASSERT_EQ(aspace_unmap(m->as, memory_of(1, 2)), 0);
	machine_expect(g, guest_reads, window(1) + 8, VM_EXIT_FAULT);
	EXPECT_EQ(g->vcpu->run->fault.error, -EFAULT);
	EXPECT_EQ(g->vcpu->run->fault.memory, memory(1).raw + (g->vcpu->run->fault.guest - window(1)));
	EXPECT_EQ(g->vcpu->run->fault.access, TDP_ACCESS_READ);
	space_map_at(m->as, memory(1), 1, RW, 0);
	EXPECT_EQ(vm_run_vcpu(g->vcpu), 0, "mended: the access is repeated");
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_CALL);
	EXPECT_EQ(*guest_result(g), 0u);
	machine_check(m);
}

static void a_dropped_page_comes_back_empty(void)
{
	struct machine *m = machine_create(1);

	for (int i = 0; i < 4; i++) {
		machine_write(&m->guest[0], window(2), 0x77);
		ASSERT_EQ(aspace_dontneed(m->as, memory_of(2, 3)), 0);
		machine_read(&m->guest[0], window(2), 0);
	}
}

static void a_moved_page_keeps_its_content(void)
{
	struct machine *m = machine_create(1);

	for (u64 i = 0; i < 4; i++) {
		hpa_t before;

		machine_write(&m->guest[0], window(2), 0x70 + i);
		before = space_page(m->as, memory(2));
		ASSERT_EQ(aspace_move(m->as, memory_of(2, 3)), 0);
		EXPECT_NE(space_page(m->as, memory(2)).raw, before.raw);
		machine_read(&m->guest[0], window(2), 0x70 + i);
	}
}

static void a_protected_page_is_not_written(void)
{
	struct machine *m = machine_create(1);

	machine_write(&m->guest[0], window(0), 3);
	ASSERT_EQ(aspace_protect(m->as, memory_of(0, 1), PROT_READ), 0);
	machine_read(&m->guest[0], window(0), 3);
	machine_expect(&m->guest[0], guest_writes, window(0), VM_EXIT_FAULT);
	EXPECT_EQ(m->guest[0].vcpu->run->fault.access, TDP_ACCESS_WRITE);
	ASSERT_EQ(aspace_protect(m->as, memory_of(0, 1), PROT_NONE), 0);
	machine_expect(&m->guest[0], guest_reads, window(0), VM_EXIT_FAULT);
	ASSERT_EQ(aspace_protect(m->as, memory_of(0, 1), RW), 0);
	machine_write(&m->guest[0], window(0), 4);
	EXPECT_EQ(space_get(m->as, memory(0)), 4u);
}

/* After a fork the guest goes on reading what it had; its write makes a copy that the monitor sees, not the child. */
static void a_fork_shares_until_the_guest_writes(void)
{
	struct machine *m = machine_create(1);
	struct aspace *child;

	machine_write(&m->guest[0], window(0), 1);
	child = space_fork(m->as);
	machine_read(&m->guest[0], window(0), 1);
	machine_write(&m->guest[0], window(0), 2);
	EXPECT_EQ(space_get(child, memory(0)), 1u);
	EXPECT_EQ(space_get(m->as, memory(0)), 2u);
	machine_read(&m->guest[0], window(0), 2);
	space_put(m->as, memory(1), 10);
	machine_read(&m->guest[0], window(1), 10);
	machine_check(m);
}

/* The guest reads a page that is shared; then the monitor writes, and gets a copy that the guest must see. */
static void a_copy_by_the_monitor_reaches_the_guest(void)
{
	struct machine *m = machine_create(1);

	space_put(m->as, memory(0), 1);
	space_fork(m->as);
	machine_read(&m->guest[0], window(0), 1);
	space_put(m->as, memory(0), 2);
	machine_read(&m->guest[0], window(0), 2);
}

/* ---- Memslots ------------------------------------------------------------------------------------------ */

struct slot_case {
	const char *name;
	u32 id;
	u64 start, size, memory;
	u32 flags;
	int error;
};

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static const struct slot_case slot_cases[] = {
	{ "start_not_aligned", FREE_SLOT, 0x1000800, PAGE_SIZE, AREA, 0, -EINVAL },
	{ "size_not_aligned", FREE_SLOT, 0x1000000, PAGE_SIZE + 8, AREA, 0, -EINVAL },
	{ "memory_not_aligned", FREE_SLOT, 0x1000000, PAGE_SIZE, AREA + 16, 0, -EINVAL },
	{ "id_too_large", VM_SLOT_MAX, 0x1000000, PAGE_SIZE, AREA, 0, -EINVAL },
	{ "unknown_flag", FREE_SLOT, 0x1000000, PAGE_SIZE, AREA, 4, -EINVAL },
	{ "log", FREE_SLOT, 0x1000000, PAGE_SIZE, AREA, VM_SLOT_LOG, -ENOSYS },
	{ "wraps", FREE_SLOT, ~0ull - PAGE_SIZE + 1, 2 * PAGE_SIZE, AREA, 0, -EINVAL },
	{ "memory_wraps", FREE_SLOT, 0x1000000, 2 * PAGE_SIZE, ~0ull - PAGE_SIZE + 1, 0, -EINVAL },
	{ "memory_is_the_kernels", FREE_SLOT, 0x1000000, PAGE_SIZE, DIRECT_BASE, 0, -EINVAL },
	{ "memory_ends_beyond_user_space", FREE_SLOT, 0x1000000, 2 * PAGE_SIZE, USER_END - PAGE_SIZE, 0, -EINVAL },
	{ "beyond_all_widths", FREE_SLOT, 1ull << 60, PAGE_SIZE, AREA, 0, -EINVAL },
	{ "overlaps", FREE_SLOT, WINDOW + WINDOW_SIZE - PAGE_SIZE, 2 * PAGE_SIZE, AREA, 0, -EEXIST },
	{ "overlaps_all", FREE_SLOT, 0, GIB, AREA, 0, -EEXIST },
	{ "within_another", FREE_SLOT, WINDOW + PAGE_SIZE, PAGE_SIZE, AREA, 0, -EEXIST },
	{ "nothing_to_remove", FREE_SLOT, 0, 0, 0, 0, -ENOENT },
	{ "right_behind", FREE_SLOT, WINDOW + WINDOW_SIZE, PAGE_SIZE, AREA, 0, 0 },
	{ "right_before", FREE_SLOT, WINDOW - PAGE_SIZE, PAGE_SIZE, AREA, 0, 0 },
	{ "no_memory_there_yet", FREE_SLOT, GIB, GIB, AREA + 64 * GIB, 0, 0 },
};

static bool each_slot_case(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(slot_cases))
		return false;
	string_copy(param->name, slot_cases[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

/* What is refused has changed nothing. */
static void arguments_are_checked(void)
{
	const struct slot_case *c = &slot_cases[ktest_param()];
	struct machine *m = machine_create(1);
	struct vm_memslot request = { sizeof(request), c->id, c->flags, 0, c->start, c->size, c->memory };
	u32 count = m->vm->slots.count;

	EXPECT_EQ(machine_set_slot(m, &request), c->error);
	EXPECT_EQ(m->vm->slots.count, count + (c->error == 0));
	machine_write(&m->guest[0], window(5), 55);
	machine_read(&m->guest[0], window(5), 55);
	machine_check(m);
}

/* The width is a limit of its own, not the table's. */
static void the_width_is_the_limit(void)
{
	struct machine *m = machine_create(1);
	u64 end = 1ull << m->vm->gpa_bits;

	EXPECT_EQ(machine_slot(m, FREE_SLOT, gpa(end - PAGE_SIZE), PAGE_SIZE, WINDOW_MEMORY), 0);
	EXPECT_EQ(machine_slot(m, FREE_SLOT + 1, gpa(end), PAGE_SIZE, WINDOW_MEMORY), -EINVAL);
	EXPECT_EQ(machine_slot(m, FREE_SLOT + 1, gpa(end - 2 * PAGE_SIZE), 4 * PAGE_SIZE, WINDOW_MEMORY), -EINVAL);
}

static void a_removed_memslot_is_gone(void)
{
	struct machine *m = machine_create(1);
	struct memslot slot;

	machine_write(&m->guest[0], window(0), 1);
	ASSERT_EQ(machine_slot(m, WINDOW_SLOT, gpa(WINDOW), 0, WINDOW_MEMORY), 0);
	EXPECT_EQ(memslot_find(&m->vm->slots, gpa(WINDOW), &slot), MEMSLOT_NONE);
	machine_check(m);
	ASSERT_EQ(machine_slot(m, WINDOW_SLOT, gpa(WINDOW), WINDOW_SIZE, page_at(WINDOW_MEMORY, 1)), 0);
	space_put(m->as, memory(1), 11);
	machine_read(&m->guest[0], window(0), 11);
}

/* Moved by a page onto itself: no guest address shows the page that it showed before. */
static void a_memslot_moves_onto_itself(void)
{
	struct machine *m = machine_create(1);

	space_fill(m->as, WINDOW_MEMORY, 4, 100);
	for (u64 i = 0; i < 4; i++)
		machine_read(&m->guest[0], window(i), 100 + i);
	ASSERT_EQ(machine_slot(m, WINDOW_SLOT, gpa(window(1)), WINDOW_SIZE, WINDOW_MEMORY), 0);
	for (u64 i = 0; i < 3; i++)
		machine_read(&m->guest[0], window(i + 1), 100 + i);
	machine_check(m);
}

/* The same guest addresses, other memory behind them. */
static void a_memslot_shows_other_memory(void)
{
	struct machine *m = machine_create(1);

	space_fill(m->as, WINDOW_MEMORY, 8, 100);
	machine_read(&m->guest[0], window(0), 100);
	ASSERT_EQ(machine_slot(m, WINDOW_SLOT, gpa(WINDOW), 4 * PAGE_SIZE, page_at(WINDOW_MEMORY, 4)), 0);
	machine_read(&m->guest[0], window(0), 104);
	machine_check(m);
}

static void two_memslots_show_the_same_memory(void)
{
	struct machine *m = machine_create(1);
	u64 other = WINDOW + WINDOW_SIZE;

	ASSERT_EQ(machine_slot(m, FREE_SLOT, gpa(other), WINDOW_SIZE, WINDOW_MEMORY), 0);
	machine_write(&m->guest[0], window(0), 9);
	machine_read(&m->guest[0], other, 9);
	ASSERT_EQ(aspace_dontneed(m->as, memory_of(0, 1)), 0);
	machine_read(&m->guest[0], other, 0);
	machine_read(&m->guest[0], window(0), 0);
}

/* 64 GiB on a machine with a fraction of it: what is touched costs, and nothing else. */
static void a_huge_memslot_costs_what_is_touched(void)
{
	struct machine *m = machine_create(1);
	hva_t far = hva(AREA + 2 * GIB);
	u64 tables;

	space_map_at(m->as, far, 32 * GIB / PAGE_SIZE, RW, 0);
	tables = m->vm->host.table_count;
	ASSERT_EQ(machine_slot(m, FREE_SLOT, gpa(2 * GIB), 32 * GIB, far), 0);
	EXPECT_EQ(m->vm->host.table_count, tables);
	EXPECT_EQ(guest_write(m->vm, gpa(30 * GIB), &tables, sizeof(tables)), 0);
	EXPECT_EQ(space_get(m->as, hva(far.raw + 28 * GIB)), tables);
	EXPECT_EQ(m->vm->host.table_count, tables);
	ASSERT_EQ(machine_slot(m, FREE_SLOT, gpa(2 * GIB), 0, far), 0);
}

/* ---- Limits and memory --------------------------------------------------------------------------------- */

/*
 * The guest reads a page here and a page there, each of which needs a table of its own, until it may not.  An MMU may
 * have a few in store by then.
 */
static void read_until_refused(struct machine *m)
{
	struct guest *g = &m->guest[0];
	u32 i = 0;

	do {
		u64 at = GUEST_HOLE + i * 2 * MIB;

		ASSERT_EQ(machine_slot(m, FREE_SLOT + i, gpa(at), PAGE_SIZE, WINDOW_MEMORY), 0);
		guest_start(g, guest_reads);
		*guest_arg(g) = at;
		ASSERT_EQ(vm_run_vcpu(g->vcpu), 0);
	} while (g->vcpu->run->exit_reason == VM_EXIT_CALL && ++i < 8);
}

static void the_limit_of_tables_holds(void)
{
	struct machine *m = machine_create(1);
	struct guest *g = &m->guest[0];

	machine_write(g, GUEST_DATA, 1);
	EXPECT_EQ(vm_set_limit(m->vm, 0), -EBUSY);
	ASSERT_EQ(vm_set_limit(m->vm, m->vm->host.table_count), 0);
	read_until_refused(m);
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_FAULT);
	EXPECT_EQ(g->vcpu->run->fault.error, -EDQUOT);
	ASSERT_EQ(vm_set_limit(m->vm, 1000), 0);
	EXPECT_EQ(vm_run_vcpu(g->vcpu), 0);
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_CALL);
	EXPECT_EQ(m->as->charge_count, m->vm->host.table_count);
}

static void a_limit_below_a_root_is_told(void)
{
	struct machine *m = machine_create(1);

	if (vm_set_limit(m->vm, 0) == -EBUSY)
		SKIP("this MMU makes its root with the machine");
	EXPECT_EQ(vm_run_vcpu(m->guest[0].vcpu), -EDQUOT);
	ASSERT_EQ(vm_set_limit(m->vm, 1000), 0);
	machine_read(&m->guest[0], window(0), 0);
}

/* Whatever limits the monitor gives its machines: together they have no more than its share. */
static void no_limit_is_above_the_owners_share(void)
{
	struct machine *m = machine_create(1);
	struct guest *g = &m->guest[0];
	u64 rest;

	machine_write(g, GUEST_DATA, 1);
	ASSERT_EQ(vm_set_limit(m->vm, ~0ull), 0);
	rest = buddy_page_total() / 4 - m->as->charge_count;
	EXPECT_FALSE(aspace_charge(m->as, rest + 1));
	ASSERT_TRUE(aspace_charge(m->as, rest));
	read_until_refused(m);
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_FAULT);
	EXPECT_EQ(g->vcpu->run->fault.error, -EDQUOT);
	aspace_uncharge(m->as, rest);
	EXPECT_EQ(vm_run_vcpu(g->vcpu), 0);
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_CALL);
	EXPECT_EQ(m->as->charge_count, m->vm->host.table_count);
}

/* ---- The end ------------------------------------------------------------------------------------------- */

static void a_machine_outlives_its_owners_memory(void)
{
	struct machine *m = machine_create(1);

	machine_write(&m->guest[0], window(0), 1);
	machine_use(NULL);
	space_destroy(m->as);
	current()->proc->aspace = m->as;
	EXPECT_TRUE(m->vm->is_dead);
	EXPECT_EQ(vm_run_vcpu(m->guest[0].vcpu), -EIO);
	machine_end(m);
	current()->proc->aspace = NULL;
}

static void another_process_may_not_use_it(void)
{
	struct machine *m = machine_create(1);
	struct aspace *other = space_create();

	machine_use(other);
	EXPECT_EQ(vm_check_caller(m->vm), -EPERM);
	EXPECT_EQ(vm_run_vcpu(m->guest[0].vcpu), -EPERM);
	machine_use(m->as);
	machine_read(&m->guest[0], window(0), 0);
}

static void machines_are_limited(void)
{
	struct vm_config config = { .size = sizeof(config) };
	struct vm *vm[VM_MAX];
	u32 ids[VM_MAX];
	u32 count = 0;
	int error = 0;

	machine_create(1);
	while (count < VM_MAX && !error) {
		error = vm_create(&config, &vm[count]);
		count += !error;
	}
	EXPECT_EQ(error, -ENFILE);
	EXPECT_EQ(count, VM_MAX - 1);
	EXPECT_EQ(vm_list(ids, 3), VM_MAX);
	for (u32 i = 0; i < count; i++)
		vm_put(vm[i]);
	EXPECT_EQ(vm_find(ids[2]), NULL);
	EXPECT_EQ(vm_list(ids, VM_MAX), 1u);
}

static void configurations_are_checked(void)
{
	static const struct {
		struct vm_config config;
		int error;
	} bad[] = {
		{ { .gpa_bits = 31 }, -EINVAL }, { { .gpa_bits = 64 }, -EINVAL }, { { .gpa_bits = ~0u }, -EINVAL },
		{ { .flags = 1 }, -EINVAL }, { { .view_count = 1 }, -ENOSYS }, { { .secure_entry = 8 }, -ENOSYS },
	};
	struct vm *vm;

	machine_create(1);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(vm_create(&bad[i].config, &vm), bad[i].error, "configuration %u", i);
}

/* ---- At once ------------------------------------------------------------------------------------------- */

#define STRESS_VCPUS  3 /* and the monitor: a thread for each of 4 CPUs */
#define STRESS_ROUNDS 2
#define STRESS_STEPS  8
#define STRESS_PAGES  8

struct stress {
	struct machine *m;
	struct meeting meeting;
	u32 done; /* atomic */
	u32 members;
};

/* The registers that an answer goes into stay as they are. */
static void answer_nothing(struct vm_run *run)
{
	run->call.result[0] = run->call.arg[0];
	run->call.result[1] = run->call.arg[1];
}

/* A guest counts in a page of its own, whatever happens to the page. */
static void be_a_vcpu(struct stress *s, u32 index)
{
	struct guest *g = &s->m->guest[index];

	guest_start(g, guest_counts);
	*guest_arg(g) = window(index % STRESS_PAGES);
	while (!__atomic_load_n(&s->done, __ATOMIC_ACQUIRE)) {
		enum vm_exit reason;

		ASSERT_EQ(vm_run_vcpu(g->vcpu), 0);
		reason = g->vcpu->run->exit_reason;
		ASSERT_TRUE(reason == VM_EXIT_CALL || reason == VM_EXIT_KICKED ||
				    (reason == VM_EXIT_FAULT && g->vcpu->run->fault.error == -EFAULT),
			    "vcpu %u leaves for %u", index, reason);
		if (reason == VM_EXIT_CALL)
			answer_nothing(g->vcpu->run);
		if (reason == VM_EXIT_FAULT)
			thread_yield();
	}
}

/* The window shows the memory from this page on. */
static int show(struct machine *m, u64 page)
{
	return machine_slot(m, WINDOW_SLOT, gpa(WINDOW), WINDOW_SIZE - page * PAGE_SIZE, memory(page));
}

static void change_memory(struct machine *m, struct ktest_random *random)
{
	u64 first = random_below(random, STRESS_PAGES), end = first + 1 + random_below(random, STRESS_PAGES - first);

	switch (random_below(random, 6)) {
	case 0:
		EXPECT_EQ(aspace_unmap(m->as, memory_of(first, end)), 0);
		thread_yield();
		space_map_at(m->as, memory(first), end - first, RW, 0);
		break;
	case 1: EXPECT_EQ(aspace_dontneed(m->as, memory_of(first, end)), 0); break;
	case 2: EXPECT_EQ(aspace_move(m->as, memory_of(first, end)), 0); break;
	case 3:
		EXPECT_EQ(aspace_protect(m->as, memory_of(first, end), PROT_READ), 0);
		thread_yield();
		EXPECT_EQ(aspace_protect(m->as, memory_of(first, end), RW), 0);
		break;
	case 4: EXPECT_EQ(show(m, STRESS_PAGES), 0); break;
	default: EXPECT_EQ(show(m, 0), 0); break;
	}
}

/* Where CPUs are fewer than threads each step takes slices of all of them. */
static void be_the_monitor(struct stress *s, u64 seed)
{
	struct ktest_random random = ktest_random(seed);
	u32 steps = cpu_count > STRESS_VCPUS ? STRESS_STEPS : STRESS_STEPS / 4;

	for (u32 step = 0; step < ktest_rounds(steps) && !ktest_has_failed(); step++) {
		change_memory(s->m, &random);
		vcpu_ask(s->m->guest[step % (s->members - 1)].vcpu, VCPU_REQUEST_KICK);
		sleep_ns(MILLION / 4);
	}
	__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
	for (u32 i = 0; i + 1 < s->members; i++)
		vcpu_ask(s->m->guest[i].vcpu, VCPU_REQUEST_KICK);
}

static void stress_member(u32 member, void *arg)
{
	struct stress *s = arg;

	if (member == s->members - 1)
		be_the_monitor(s, ktest_param());
	else
		be_a_vcpu(s, member);
}

/* vCPUs fault while their pages go and come. */
static void vcpus_fault_while_memory_changes(void)
{
	struct machine *m = machine_create(STRESS_VCPUS);

	for (u32 round = 0; round < STRESS_ROUNDS && !ktest_has_failed(); round++) {
		struct stress s = { .m = m, .members = STRESS_VCPUS + 1 };

		crew_run(s.members, stress_member, &s);
		machine_check(m);
	}
	EXPECT_GE(faults(m, MMU_FIXED), STRESS_VCPUS, "each has found its page once");
}

static const struct ktest_param seeds[] = { { "seed_1", 1 }, { "seed_2", 2 }, { "seed_3", 3 } };

/* ---- Cases --------------------------------------------------------------------------------------------- */

static const struct ktest_case cases[] = {
	CASE(a_guest_sees_its_monitors_memory),
	CASE(a_page_faults_once),
	CASE(a_large_page_is_mapped_by_one_leaf),
	CASE(a_fault_takes_no_reference),
	CASE(an_unmapped_page_faults),
	CASE(a_dropped_page_comes_back_empty),
	CASE(a_moved_page_keeps_its_content),
	CASE(a_protected_page_is_not_written),
	CASE(a_fork_shares_until_the_guest_writes),
	CASE(a_copy_by_the_monitor_reaches_the_guest),
	CASE(arguments_are_checked, .generate = each_slot_case),
	CASE(the_width_is_the_limit),
	CASE(a_removed_memslot_is_gone),
	CASE(a_memslot_moves_onto_itself),
	CASE(a_memslot_shows_other_memory),
	CASE(two_memslots_show_the_same_memory),
	CASE(a_huge_memslot_costs_what_is_touched),
	CASE(the_limit_of_tables_holds),
	CASE(a_limit_below_a_root_is_told),
	CASE(no_limit_is_above_the_owners_share),
	CASE(a_machine_outlives_its_owners_memory),
	CASE(another_process_may_not_use_it),
	CASE(machines_are_limited),
	CASE(configurations_are_checked),
	CASE(vcpus_fault_while_memory_changes, .budget = 4000 * MILLION, KTEST_PARAMS(seeds)),
};
KTEST_SUITE(hyp_machine, cases);
