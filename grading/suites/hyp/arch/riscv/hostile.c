/*
 * RISC-V: guests that call with whatever arguments, all vCPUs at once, while the monitor kicks and sets states.
 */
#include "rvm.h"
#include "grading/ktest/crew.h"
#include "hyp/arch/riscv/hyp_riscv.h"
#include "kernel/arch/riscv/sbi.h"

extern const char rvm_calls[];

#define HARTS   4
#define ROUNDS  300
#define KICK_NS (MILLION / 5)

static struct {
	struct vm *vm;
	u32 at_work; /* atomic */
	u32 runs;    /* atomic */
} hostile;

/* Mostly what some call means, and now and then anything. */
static u64 random_arg(struct ktest_random *random)
{
	static const u64 liked[] = { 0, 1, 2, 3, 0xf, ~0ull, 0x80000000, RVM_RAM, RVM_DATA, RVM_DEVICE, 1ull << 63 };

	if (random_below(random, 8) == 0)
		return random_next(random);
	return liked[random_below(random, ARRAY_SIZE(liked))];
}

static void set_random_call(struct vcpu *vcpu, struct ktest_random *random)
{
	static const u64 extensions[] = {
		SBI_BASE, SBI_TIME, SBI_IPI, SBI_RFENCE, SBI_HSM, SBI_HSM, SBI_SRST, SBI_DBCN,
	};
	struct vm_riscv_hart started = { .state = VM_HART_STARTED };
	struct rvm_args args;

	for (u32 i = 0; i < 6; i++)
		args.a[i] = random_arg(random);
	args.a[6] = random_below(random, 5);
	args.a[7] = extensions[random_below(random, ARRAY_SIZE(extensions))];
	rvm_start(vcpu, rvm_calls, &args);
	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_HART, &started), 0);
}

/* Whatever comes of it. */
static void be_hostile(u32 index)
{
	struct vcpu *vcpu = hostile.vm->vcpu[index];
	struct ktest_random random = ktest_random(index);

	for (u32 i = 0; i < ktest_rounds(ROUNDS); i++) {
		ASSERT_TRUE(vcpu_take(vcpu));
		set_random_call(vcpu, &random);
		vcpu_let_go(vcpu);
		ASSERT_EQ(vm_run_vcpu(vcpu), 0);
		__atomic_fetch_add(&hostile.runs, 1, __ATOMIC_RELAXED);
	}
}

static void kick_them(void)
{
	while (__atomic_load_n(&hostile.at_work, __ATOMIC_ACQUIRE)) {
		sleep_ns(KICK_NS);
		for (u32 i = 0; i < HARTS; i++)
			vcpu_ask(hostile.vm->vcpu[i], VCPU_REQUEST_KICK);
		vm_set_line(hostile.vm, hostile.runs % ARCH_VM_LINES, hostile.runs / 2 % 2);
	}
}

static void work(u32 member, void *arg)
{
	if (member == HARTS) {
		kick_them();
		return;
	}
	be_hostile(member);
	__atomic_fetch_sub(&hostile.at_work, 1, __ATOMIC_RELEASE);
}

static void random_calls_harm_nobody(void)
{
	hostile.vm = rvm_create(HARTS);
	hostile.at_work = HARTS;
	hostile.runs = 0;
	crew_run(HARTS + 1, work, NULL);
	EXPECT_EQ(hostile.runs, HARTS * ktest_rounds(ROUNDS));
}

static const struct ktest_case cases[] = {
	CASE(random_calls_harm_nobody, .budget = 3000 * MILLION),
};
KTEST_SUITE(hyp_hostile, cases);
