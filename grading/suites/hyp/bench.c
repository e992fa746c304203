/*
 * What guests cost, in instructions: the rows of `make bench`.
 *
 * A guest does a thing n times, then 2n times; the difference, by n, is what the thing costs with everything that goes
 * with it: leaving, answering, entering, and the guest's own two or three instructions.  Faults are the first pass over
 * pages without the second.
 *
 * Each row has the figure that the design asks for, and a limit: what it cost when it was last looked at, and a little.
 * The limit holds where instructions are counted and the kernel has no assertions; then getting slower is a failure.
 */
#include "grading/suites/hyp/machine.h"

struct row {
	const char *name;
	u64 (*measure)(void);
	u64 aim;             /* instructions; RISC-V's, where the design has two */
	u64 riscv, x86;      /* limits */
};

#define TIMES 40

/* One run of a piece, up to the call with which it ends. */
static u64 cost_of(struct guest *g, const char *piece, u64 arg, u64 count)
{
	u64 start, end;

	guest_start(g, piece);
	*guest_arg(g) = arg;
	*guest_result(g) = count;
	start = arch_instruction_count();
	EXPECT_EQ(vm_run_vcpu(g->vcpu), 0);
	end = arch_instruction_count();
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_CALL);
	return end - start;
}

/* The first pass brings the pages, the second finds them. */
static u64 fault_cost(struct machine *m, u64 pages)
{
	struct guest *g = &m->guest[0];
	u64 first, second;

	cost_of(g, guest_sweeps, GUEST_DATA, 1);
	first = cost_of(g, guest_sweeps, WINDOW, pages);
	second = cost_of(g, guest_sweeps, WINDOW, pages);
	return (first - second) / pages;
}

static u64 hot_fault(void)
{
	struct machine *m = machine_create(1);

	space_fill(m->as, WINDOW_MEMORY, WINDOW_PAGES, 1);
	return fault_cost(m, WINDOW_PAGES);
}

static u64 hot_fault_of_8(void)
{
	struct machine *m = machine_create(8);

	space_fill(m->as, WINDOW_MEMORY, WINDOW_PAGES, 1);
	return fault_cost(m, WINDOW_PAGES);
}

static u64 cold_fault(void)
{
	return fault_cost(machine_create(1), WINDOW_PAGES);
}

static u64 call_in_the_kernel(void)
{
	struct guest *g = &machine_create(1)->guest[0];
	u64 once, twice;

	cost_of(g, guest_asks, 0, 1);
	once = cost_of(g, guest_asks, 0, TIMES);
	twice = cost_of(g, guest_asks, 0, 2 * TIMES);
	return (twice - once) / TIMES;
}

/* Without the monitor's own part: its system call. */
static u64 exit_to_the_monitor(void)
{
	struct guest *g = &machine_create(1)->guest[0];
	u64 start;

	guest_start(g, guest_calls);
	vm_run_vcpu(g->vcpu);
	start = arch_instruction_count();
	for (int i = 0; i < TIMES; i++)
		vm_run_vcpu(g->vcpu);
	return (arch_instruction_count() - start) / TIMES;
}

/* The notifier's share of munmap(): with the pages in stage 2, without what it costs when they are not. */
static u64 unmap_by_notifier(void)
{
	struct machine *m = machine_create(1);
	u64 cost[2];

	for (u32 pass = 0; pass < 2; pass++) {
		u64 start;

		space_fill(m->as, WINDOW_MEMORY, WINDOW_PAGES, 1);
		if (pass == 0)
			cost_of(&m->guest[0], guest_sweeps, WINDOW, WINDOW_PAGES);
		start = arch_instruction_count();
		EXPECT_EQ(aspace_dontneed(m->as, pages_of(WINDOW_MEMORY, 0, WINDOW_PAGES)), 0);
		cost[pass] = arch_instruction_count() - start;
	}
	return (cost[0] - cost[1]) / WINDOW_PAGES;
}

static const struct row rows[] = {
	{ "hot_fault", hot_fault, 400, 1800, 1580 },
	{ "hot_fault_of_8_vcpus", hot_fault_of_8, 400, 1800, 1580 },
	{ "cold_fault", cold_fault, 1900, 4580, 4150 },
	{ "call_in_the_kernel", call_in_the_kernel, 230, 535, 570 },
	{ "exit_to_the_monitor", exit_to_the_monitor, 640, 1130, 760 },
	{ "unmap_by_notifier_per_page", unmap_by_notifier, 24, 40, 19 },
};

static bool each_row(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(rows))
		return false;
	string_copy(param->name, rows[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

static u64 limit_here(const struct row *row)
{
	return strcmp(ARCH_NAME, "riscv") == 0 ? row->riscv : row->x86;
}

static void costs_no_more(void)
{
	const struct row *row = &rows[ktest_param()];
	u64 cost = row->measure();

	ktest_note("bench %s %lu, aim %lu", row->name, cost, row->aim);
	if (ktest_is_exact() && !DEBUG)
		EXPECT_LE(cost, limit_here(row));
}

static const struct ktest_case cases[] = {
	CASE(costs_no_more, .generate = each_row),
};
KTEST_SUITE(bench, cases);
