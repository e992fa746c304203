/*
 * RISC-V: register sets: what may be set, and that what is got and set elsewhere goes on there.
 */
#include "rvm.h"
#include "grading/ktest/crew.h"
#include "hyp/arch/riscv/hyp_riscv.h"
#include "kernel/arch/riscv/csr.h"

extern const char rvm_ticks[], rvm_waits[];

/* Ends each run of any vCPU soon, as a monitor might. */
#define KICK_NS 60000ull

struct kicker {
	struct vm *vm;
	u32 stop;
	struct helper helper;
};

static void kick_all(void *arg)
{
	struct kicker *k = arg;

	while (!READ_ONCE(k->stop)) {
		sleep_ns(KICK_NS);
		for (u32 i = 0; i < VM_VCPU_MAX; i++)
			if (k->vm->vcpu[i])
				vcpu_ask(k->vm->vcpu[i], VCPU_REQUEST_KICK);
	}
}

static void kicker_start(struct kicker *k, struct vm *vm)
{
	*k = (struct kicker){ .vm = vm };
	helper_start(&k->helper, kick_all, k);
}

static void kicker_end(struct kicker *k)
{
	WRITE_ONCE(k->stop, 1);
	helper_join(&k->helper);
}

static int set_csr(struct vcpu *vcpu, const struct vm_riscv_csr *csr)
{
	return arch_vcpu_state_set(vcpu, VM_SET_RISCV_CSR, csr);
}

static struct vm_riscv_csr get_csr(struct vcpu *vcpu)
{
	struct vm_riscv_csr csr = { 0 };

	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CSR, &csr);
	return csr;
}

static void sets_have_sizes(void)
{
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_CORE), sizeof(struct vm_riscv_core));
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_FP), sizeof(struct vm_riscv_fp));
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_CSR), sizeof(struct vm_riscv_csr));
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_TIMER), sizeof(struct vm_riscv_timer));
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_HART), sizeof(struct vm_riscv_hart));
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_HART + 1), 0u);
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_X86_CORE), 0u);
	EXPECT_EQ(arch_vcpu_state_size(0), 0u);
	EXPECT_EQ(arch_vcpu_state_size(~0u), 0u);
	EXPECT_EQ(arch_vm_state_size(VM_SET_RISCV_CORE), 0u);
	EXPECT_EQ(arch_vm_state_size(VM_SET_X86_PIC), 0u);
}

/* ---- What may be set ----------------------------------------------------------------------------------- */

static void fields_are_cut_to_what_a_guest_can_write(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];
	struct vm_riscv_csr csr = {
		.sstatus = ~0ull, .sie = ~0ull, .sip = ~0ull, .stvec = ~2ull, .sscratch = ~0ull, .sepc = ~0ull,
		.scause = ~0ull, .stval = ~0ull, .satp = 8ull << 60 | 0x0fffffffffffffff, .scounteren = ~0ull,
		.senvcfg = ~0ull,
	};

	ASSERT_EQ(set_csr(vcpu, &csr), 0);
	csr = get_csr(vcpu);
	EXPECT_EQ(csr.sstatus, 0x2000c6122u);
	EXPECT_EQ(csr.sie, 0x222u);
	EXPECT_EQ(csr.sip, 0x202u);
	EXPECT_EQ(csr.stvec, ~2ull);
	EXPECT_EQ(csr.sscratch, ~0ull);
	EXPECT_EQ(csr.sepc, ~1ull);
	EXPECT_EQ(csr.scause, ~0ull);
	EXPECT_EQ(csr.stval, ~0ull);
	EXPECT_EQ(csr.satp, 0x8fffffffffffffffu);
	EXPECT_EQ(csr.scounteren, 7u);
	EXPECT_EQ(csr.senvcfg, 0xf1u);
}

/* What is got has nothing in reserved fields, whatever was there. */
static void what_is_got_can_be_set(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];
	union {
		struct vm_riscv_core core;
		struct vm_riscv_fp fp;
		struct vm_riscv_csr csr;
		struct vm_riscv_timer timer;
		struct vm_riscv_hart hart;
	} data;

	for (u32 set = VM_SET_RISCV_CORE; set <= VM_SET_RISCV_HART; set++) {
		memset(&data, 0xff, sizeof(data));
		arch_vcpu_state_get(vcpu, set, &data);
		EXPECT_EQ(arch_vcpu_state_set(vcpu, set, &data), 0, "set 0x%x", set);
	}
}

/* Refused, and nothing has changed. */
static void expect_refused(struct vcpu *vcpu, const struct vm_riscv_csr *csr)
{
	struct vm_riscv_csr before = get_csr(vcpu), after;

	EXPECT_EQ(set_csr(vcpu, csr), -EINVAL);
	after = get_csr(vcpu);
	EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0);
}

static void modes_that_do_not_exist_are_refused(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];

	for (u64 mode = 0; mode < 16; mode++) {
		struct vm_riscv_csr csr = { .satp = mode << 60 | 5, .sscratch = mode };

		if (mode == 0 || (mode >= 8 && mode <= 10))
			EXPECT_EQ(set_csr(vcpu, &csr), 0, "mode %lu", mode);
		else
			expect_refused(vcpu, &csr);
	}
	for (u64 mode = 2; mode < 4; mode++)
		expect_refused(vcpu, &(struct vm_riscv_csr){ .stvec = 0x1000 | mode });
	expect_refused(vcpu, &(struct vm_riscv_csr){ .senvcfg = 0x20 });
	expect_refused(vcpu, &(struct vm_riscv_csr){ .reserved = 1 });
}

static void other_sets_are_checked(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];
	struct vm_riscv_core core = { .mode = 1, .pc = 0x1001, .x = { 5, 6 } };
	struct vm_riscv_fp fp = { .fcsr = ~0ull };
	struct vm_riscv_timer timer = { .reserved = 1 };
	struct vm_riscv_hart hart = { .state = VM_HART_HALTED + 1 };

	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CORE, &core), 0);
	core.mode = 2;
	core.pc = 0x2000;
	EXPECT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CORE, &core), -EINVAL);
	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CORE, &core);
	EXPECT_EQ(core.mode, 1u);
	EXPECT_EQ(core.pc, 0x1000u);
	EXPECT_EQ(core.x[0], 0u);
	EXPECT_EQ(core.x[1], 6u);
	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_FP, &fp), 0);
	arch_vcpu_state_get(vcpu, VM_SET_RISCV_FP, &fp);
	EXPECT_EQ(fp.fcsr, 0xffu);
	fp.reserved = 1;
	EXPECT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_FP, &fp), -EINVAL);
	EXPECT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_TIMER, &timer), -EINVAL);
	EXPECT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_HART, &hart), -EINVAL);
}

static void set_random_core(struct vcpu *vcpu, struct ktest_random *random)
{
	struct vm_riscv_core core;

	for (u32 n = 0; n < sizeof(core) / 8; n++)
		((u64 *)&core)[n] = random_next(random);
	core.mode = random_below(random, 2);
	if (random_below(random, 2))
		core.pc = rvm_address(rvm_waits);
	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CORE, &core), 0);
}

/*
 * Half of them have a handler in RAM.  None translates: a guest whose handler cannot be fetched executes nothing for
 * ever, and under -icount time stands still meanwhile (docs/platform.md, "Under -icount").
 */
static int set_random_csr(struct vcpu *vcpu, struct ktest_random *random)
{
	struct vm_riscv_csr csr;

	for (u32 n = 0; n < sizeof(csr) / 8; n++)
		((u64 *)&csr)[n] = random_next(random) & random_next(random);
	csr.reserved = 0;
	csr.senvcfg = 0;
	csr.satp = 0;
	if (random_below(random, 2))
		csr.stvec = rvm_address(rvm_waits);
	return set_csr(vcpu, &csr);
}

/* Whatever the monitor sets, the guest runs into faults and exits, and the kernel goes on. */
static void random_states_harm_nobody(void)
{
	static struct kicker kicker;
	struct vm *vm = rvm_create(1);
	struct ktest_random random = ktest_random(0);
	struct vm_riscv_hart started = { .state = VM_HART_STARTED };
	u32 rounds = ktest_rounds(100), set_count = 0, entered;

	kicker_start(&kicker, vm);
	entered = vm->vcpu[0]->count.entries;
	for (u32 i = 0; i < rounds; i++) {
		set_random_core(vm->vcpu[0], &random);
		set_count += set_random_csr(vm->vcpu[0], &random) == 0;
		ASSERT_EQ(arch_vcpu_state_set(vm->vcpu[0], VM_SET_RISCV_HART, &started), 0);
		ASSERT_EQ(vm_run_vcpu(vm->vcpu[0]), 0);
	}
	kicker_end(&kicker);
	EXPECT_GT(set_count, rounds / 20);
	EXPECT_GT(vm->vcpu[0]->count.entries, entered + rounds / 10);
}

/* ---- Elsewhere ----------------------------------------------------------------------------------------- */

static void copy_set(struct vcpu *from, struct vcpu *to, u32 set)
{
	static u64 data[64];

	ASSERT_LE(arch_vcpu_state_size(set), sizeof(data));
	memset(data, 0, sizeof(data));
	arch_vcpu_state_get(from, set, data);
	ASSERT_EQ(arch_vcpu_state_set(to, set, data), 0);
}

static void copy_vcpu(struct vcpu *from, struct vcpu *to)
{
	for (u32 set = VM_SET_RISCV_CORE; set <= VM_SET_RISCV_HART; set++)
		copy_set(from, to, set);
}

static void set_stopped(struct vcpu *vcpu)
{
	struct vm_riscv_hart stopped = { .state = VM_HART_STOPPED };

	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_HART, &stopped), 0);
}

/* A guest that waits for its timer moves between vCPUs, halted or not, at each kick, and notices nothing. */
static void a_guest_goes_on_elsewhere(void)
{
	static struct kicker kicker;
	struct vm *vm = rvm_create(4);
	u32 moves = 0;

	rvm_start(vm->vcpu[0], rvm_ticks, &(struct rvm_args){ { 40, 2000 } });
	kicker_start(&kicker, vm);
	while (rvm_run(vm->vcpu[moves % 4]) == VM_EXIT_KICKED) {
		copy_vcpu(vm->vcpu[moves % 4], vm->vcpu[(moves + 1) % 4]);
		set_stopped(vm->vcpu[moves % 4]);
		moves++;
	}
	kicker_end(&kicker);
	EXPECT_GT(moves, 20u);
	EXPECT_EQ(rvm_said(vm->vcpu[moves % 4], 0), 0u, "so many came early");
	EXPECT_EQ(rvm_said(vm->vcpu[moves % 4], 1), 40u);
}

static const struct ktest_case cases[] = {
	CASE(sets_have_sizes),
	CASE(fields_are_cut_to_what_a_guest_can_write),
	CASE(modes_that_do_not_exist_are_refused),
	CASE(what_is_got_can_be_set),
	CASE(other_sets_are_checked),
	CASE(random_states_harm_nobody, .budget = 1000 * MILLION),
	CASE(a_guest_goes_on_elsewhere),
};
KTEST_SUITE(hyp_state, cases);
