/*
 * RISC-V: harts that start, wait, and interrupt each other; their timers; their fences.
 */
#include "rvm.h"
#include "grading/ktest/crew.h"
#include "hyp/arch/riscv/hyp_riscv.h"
#include "kernel/arch/riscv/csr.h"
#include "kernel/arch/riscv/riscv.h"

extern const char rvm_ticks[], rvm_ticks_alone[], rvm_ticks_busy[], rvm_sends[], rvm_answers[],
	rvm_fences[], rvm_fences_ever[], rvm_starts[], rvm_is_started[], rvm_stops[],
	rvm_waits[];

static const struct rvm_args *args(u64 a0, u64 a1)
{
	static struct rvm_args a;

	a = (struct rvm_args){ { a0, a1 } };
	return &a;
}

static void set_hart(struct vcpu *vcpu, u32 state)
{
	struct vm_riscv_hart hart = { .state = state };

	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_HART, &hart), 0);
}

static u32 get_hart(struct vcpu *vcpu)
{
	struct vm_riscv_hart hart;

	arch_vcpu_state_get(vcpu, VM_SET_RISCV_HART, &hart);
	return hart.state;
}

/* A vCPU in a thread of its own, until its exit is for the monitor. */
struct runner {
	struct vcpu *vcpu;
	struct helper helper;
	s32 error;
};

static void run(void *arg)
{
	struct runner *r = arg;

	r->error = vm_run_vcpu(r->vcpu);
}

static void runner_start(struct runner *r, struct vcpu *vcpu)
{
	*r = (struct runner){ .vcpu = vcpu };
	helper_start(&r->helper, run, r);
}

static void runner_end(struct runner *r, u32 reason)
{
	helper_join(&r->helper);
	ASSERT_EQ(r->error, 0);
	EXPECT_EQ(r->vcpu->run->exit_reason, reason);
}

static void runner_kick(struct runner *r)
{
	vcpu_ask(r->vcpu, VCPU_REQUEST_KICK);
	runner_end(r, VM_EXIT_KICKED);
}

/* ---- Timers -------------------------------------------------------------------------------------------- */

#define TICK_COUNT 20

static void restore_sstc(void *unused)
{
	riscv_guest_sstc = riscv_machine.has_sstc;
}

/* As on a machine without Sstc, and as on this one. */
static const struct ktest_param timers[] = { { "software", false }, { "hardware", true } };

static void choose_timer(void)
{
	if (ktest_param() && !riscv_machine.has_sstc)
		SKIP("no Sstc here");
	riscv_guest_sstc = ktest_param();
	ktest_defer(restore_sstc, NULL);
}

static void tick(const char *piece, u64 ticks)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];
	u64 start = arch_clock();

	rvm_start(vcpu, piece, args(TICK_COUNT, ticks));
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), 0u, "so many came early");
	EXPECT_EQ(rvm_said(vcpu, 1), TICK_COUNT);
	EXPECT_GE(arch_clock() - start, TICK_COUNT * riscv_clock_at(ticks));
}

static void timer_interrupts_come_in_time(void)
{
	choose_timer();
	tick(rvm_ticks, 1000);
	tick(rvm_ticks_busy, 1000);
}

static void stimecmp_works(void)
{
	if (!riscv_machine.has_sstc)
		SKIP("no Sstc here");
	tick(rvm_ticks_alone, 1000);
}

static void early_and_late_times_are_times(void)
{
	choose_timer();
	tick(rvm_ticks, 0);
	tick(rvm_ticks, 100000);
}

/* ---- Waiting ------------------------------------------------------------------------------------------- */

static void wait_until_halted(struct vcpu *vcpu)
{
	while (get_hart(vcpu) != VM_HART_HALTED && !ktest_has_failed())
		sleep_ns(MILLION);
}

/* It sleeps until an interrupt that sie allows comes; others do not wake it. */
static void only_enabled_interrupts_wake(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];
	struct runner r;

	rvm_start(vcpu, rvm_waits, args(SIE_EXTERNAL, 0));
	runner_start(&r, vcpu);
	wait_until_halted(vcpu);
	spin_lock(&vm->irq_lock);
	riscv_post_ipi_locked(vcpu);
	spin_unlock(&vm->irq_lock);
	sleep_ns(2 * MILLION);
	EXPECT_EQ(get_hart(vcpu), VM_HART_HALTED);
	EXPECT_EQ(vm_set_line(vm, 0, 1), 0);
	runner_end(&r, VM_EXIT_CALL);
	EXPECT_EQ(rvm_said(vcpu, 0) & SIE_SOFTWARE, SIE_SOFTWARE);
}

/* A level that falls again before the vCPU has looked wakes nobody. */
static void a_line_has_a_level(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];
	struct vm_riscv_csr csr;
	struct runner r;

	EXPECT_EQ(vm_set_line(vm, ARCH_VM_LINES, 1), -EINVAL);
	EXPECT_EQ(vm_set_line(vm, 0, 2), -EINVAL);
	EXPECT_EQ(vm_set_line(vm, 7, 1), 0, "nobody is there, who might come");
	EXPECT_EQ(vm_set_line(vm, 0, 1), 0);
	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CSR, &csr);
	EXPECT_EQ(csr.sip, SIE_EXTERNAL);
	EXPECT_EQ(vm_set_line(vm, 0, 0), 0);
	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CSR, &csr);
	EXPECT_EQ(csr.sip, 0u);
	rvm_start(vcpu, rvm_waits, args(SIE_EXTERNAL, 0));
	runner_start(&r, vcpu);
	wait_until_halted(vcpu);
	runner_kick(&r);
}

/* ---- Interrupts between harts -------------------------------------------------------------------------- */

/* Each side goes on only when the other's interrupt has come: one that is lost is for ever. */
static void no_interrupt_between_harts_is_lost(void)
{
	struct vm *vm = rvm_create(2);
	struct runner r;

	set_hart(vm->vcpu[1], VM_HART_STARTED);
	rvm_start(vm->vcpu[1], rvm_answers, args(0, 0));
	rvm_start(vm->vcpu[0], rvm_sends, args(ktest_rounds(500), 1));
	runner_start(&r, vm->vcpu[1]);
	rvm_finish(vm->vcpu[0]);
	runner_kick(&r);
}

/* What the guest has cleared does not come back: a word of sip says what is pending, and then says nothing is. */
static void a_cleared_interrupt_stays_cleared(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];
	struct vm_riscv_csr csr;

	rvm_start(vcpu, rvm_sends, args(1, 0));
	rvm_finish(vcpu);
	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CSR, &csr);
	EXPECT_EQ(csr.sip, 0u);
	for (u32 i = 0; i < 3; i++) {
		rvm_start(vcpu, rvm_sends, args(ktest_rounds(20), 0));
		rvm_finish(vcpu);
		arch_vcpu_state_get(vcpu, VM_SET_RISCV_CSR, &csr);
		EXPECT_EQ(csr.sip, 0u);
	}
}

static void an_interrupt_is_part_of_the_state(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];
	struct vm_riscv_csr csr = { .sip = SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL };

	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CSR, &csr), 0);
	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CSR, &csr);
	EXPECT_EQ(csr.sip, SIE_SOFTWARE | SIE_EXTERNAL);
	rvm_start(vcpu, rvm_waits, args(SIE_SOFTWARE, 0));
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0) & SIE_SOFTWARE, SIE_SOFTWARE);
}

/* ---- Fences -------------------------------------------------------------------------------------------- */

/* All fence all, themselves included, at once. */
static void harts_fence_each_other(void)
{
	static struct runner r[3];
	struct vm *vm = rvm_create(4);

	for (u32 i = 0; i < 3; i++) {
		set_hart(vm->vcpu[i + 1], VM_HART_STARTED);
		rvm_start(vm->vcpu[i + 1], rvm_fences_ever, args(0, 0));
		runner_start(&r[i], vm->vcpu[i + 1]);
	}
	rvm_start(vm->vcpu[0], rvm_fences, args(ktest_rounds(300), 0));
	rvm_finish(vm->vcpu[0]);
	EXPECT_EQ(rvm_said(vm->vcpu[0], 0), 0u);
	for (u32 i = 0; i < 3; i++)
		runner_kick(&r[i]);
}

/* ---- Starting and stopping ----------------------------------------------------------------------------- */

struct started {
	u64 is_there, id, sstatus, satp;
};

/* Whatever its registers were before: [SBI] says what they are. */
static void spoil(struct vcpu *vcpu)
{
	struct vm_riscv_csr csr = { .sstatus = SSTATUS_SIE | SSTATUS_SPP, .satp = 8ull << 60 | 77, .sie = SIE_SOFTWARE,
				    .sip = SIE_SOFTWARE, .stvec = 64 };
	struct vm_riscv_core core = { .mode = 0, .pc = 4 };

	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CSR, &csr), 0);
	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CORE, &core), 0);
}

static void start_and_look(struct vm *vm, u32 id)
{
	u64 at = RVM_DATA + 64 * id;
	struct rvm_args a = { { id, rvm_address(rvm_is_started), at, at } };
	struct started started;
	struct runner r;

	spoil(vm->vcpu[id]);
	runner_start(&r, vm->vcpu[id]);
	rvm_start(vm->vcpu[0], rvm_starts, &a);
	rvm_finish(vm->vcpu[0]);
	EXPECT_EQ(rvm_said(vm->vcpu[0], 1), 0u);
	ASSERT_EQ(guest_read(vm, gpa(at), &started, sizeof(started)), 0);
	EXPECT_EQ(started.id, id);
	EXPECT_EQ(started.sstatus & (SSTATUS_SIE | SSTATUS_SPP | SSTATUS_SPIE), 0u);
	EXPECT_EQ(started.satp, 0u);
	runner_kick(&r);
	EXPECT_EQ(get_hart(vm->vcpu[id]), VM_HART_STOPPED, "it has stopped itself");
}

static void a_hart_starts_another(void)
{
	struct vm *vm = rvm_create(3);
	u64 zero = 0;

	for (u32 i = 0; i < 6; i++) {
		u32 id = i % 2 + 1;

		ASSERT_EQ(guest_write(vm, gpa(RVM_DATA + 64 * id), &zero, sizeof(zero)), 0);
		start_and_look(vm, id);
	}
}

/* Started, and not run since: the registers are there, for whoever takes the state elsewhere. */
static void a_start_is_part_of_the_state(void)
{
	struct vm *vm = rvm_create(2);
	struct vm_riscv_core core;

	spin_lock(&vm->irq_lock);
	EXPECT_TRUE(riscv_start_locked(vm->vcpu[1], RVM_RAM + 8, 99));
	spin_unlock(&vm->irq_lock);
	EXPECT_EQ(get_hart(vm->vcpu[1]), VM_HART_STARTED);
	arch_vcpu_state_get(vm->vcpu[1], VM_SET_RISCV_CORE, &core);
	EXPECT_EQ(core.pc, RVM_RAM + 8);
	EXPECT_EQ(core.x[REG_A0], 1u);
	EXPECT_EQ(core.x[REG_A0 + 1], 99u);
	rvm_start(vm->vcpu[1], rvm_stops, args(0, 0));
	set_hart(vm->vcpu[0], VM_HART_STOPPED);
	EXPECT_EQ(rvm_run(vm->vcpu[1]), VM_EXIT_STOPPED, "not the registers of the start");
}

static void when_all_have_stopped_the_monitor_is_told(void)
{
	struct vm *vm = rvm_create(2);
	struct runner r;

	runner_start(&r, vm->vcpu[1]);
	rvm_start(vm->vcpu[0], rvm_stops, args(0, 0));
	EXPECT_EQ(rvm_run(vm->vcpu[0]), VM_EXIT_STOPPED);
	runner_end(&r, VM_EXIT_STOPPED);
	EXPECT_EQ(get_hart(vm->vcpu[0]), VM_HART_STOPPED);
}

static const struct ktest_case cases[] = {
	CASE(timer_interrupts_come_in_time, KTEST_PARAMS(timers)),
	CASE(stimecmp_works),
	CASE(early_and_late_times_are_times, KTEST_PARAMS(timers)),
	CASE(only_enabled_interrupts_wake),
	CASE(a_line_has_a_level),
	CASE(no_interrupt_between_harts_is_lost),
	CASE(a_cleared_interrupt_stays_cleared),
	CASE(an_interrupt_is_part_of_the_state),
	CASE(harts_fence_each_other),
	CASE(a_hart_starts_another),
	CASE(a_start_is_part_of_the_state),
	CASE(when_all_have_stopped_the_monitor_is_told),
};
KTEST_SUITE(hyp_hart, cases);
