/*
 * RISC-V: the calls of guests to their firmware, one vCPU alone.
 */
#include "rvm.h"
#include "hyp/arch/riscv/hyp_riscv.h"
#include "kernel/arch/riscv/sbi.h"

extern const char rvm_calls[], rvm_sleeps[];

#define UNKNOWN_EXTENSION 0x08000000

/* One call, whose answer is not the monitor's. */
static struct sbi_result call(struct vcpu *vcpu, u64 extension, u64 function, const struct rvm_args *args)
{
	struct rvm_args a = *args;

	a.a[6] = function;
	a.a[7] = extension;
	rvm_start(vcpu, rvm_calls, &a);
	rvm_finish(vcpu);
	return (struct sbi_result){ rvm_said(vcpu, 0), rvm_said(vcpu, 1) };
}

#define CALL(vcpu, extension, function, ...) \
	call(vcpu, extension, function, &(struct rvm_args){ { __VA_ARGS__ } })

static void expect_value(struct sbi_result actual, u64 value)
{
	EXPECT_EQ(actual.error, SBI_SUCCESS);
	EXPECT_EQ(actual.value, value);
}

/* ---- Base ---------------------------------------------------------------------------------------------- */

static void base_says_who_we_are(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];
	static const u64 there[] = { SBI_BASE, SBI_TIME, SBI_IPI, SBI_RFENCE, SBI_HSM, SBI_SRST, SBI_DBCN };
	static const u64 missing[] = { 0, 1, 8, 15, SBI_PMU, UNKNOWN_EXTENSION, ~0ull, SBI_TIME | 1ull << 32 };

	expect_value(CALL(vcpu, SBI_BASE, 0), 2u << 24);
	for (u32 function = 4; function < 7; function++)
		expect_value(CALL(vcpu, SBI_BASE, function), 0);
	for (u32 i = 0; i < ARRAY_SIZE(there); i++)
		expect_value(CALL(vcpu, SBI_BASE, 3, there[i]), 1);
	for (u32 i = 0; i < ARRAY_SIZE(missing); i++)
		expect_value(CALL(vcpu, SBI_BASE, 3, missing[i]), 0);
}

static void what_is_missing_is_not_supported(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];
	static const u64 call_of[][2] = {
		{ SBI_BASE, 7 }, { SBI_TIME, 1 }, { SBI_IPI, 1 }, { SBI_RFENCE, 3 }, { SBI_RFENCE, 6 },
		{ SBI_HSM, 4 }, { SBI_SRST, 1 }, { SBI_PMU, 0 }, { 0, 0 }, { 8, 0 }, { SBI_HSM, ~0ull },
	};

	for (u32 i = 0; i < ARRAY_SIZE(call_of); i++)
		EXPECT_EQ(CALL(vcpu, call_of[i][0], call_of[i][1], 0).error, SBI_NOT_SUPPORTED, "call %u", i);
}

/* ---- The monitor's calls ------------------------------------------------------------------------------- */

static void expect_args(const struct vcpu *vcpu, const struct rvm_args *args)
{
	for (u32 i = 0; i < 8; i++)
		EXPECT_EQ(rvm_said(vcpu, i), args->a[i]);
}

static void the_monitor_answers_what_we_do_not(void)
{
	static const struct rvm_args args[] = {
		{ { 1, 2, 3, 4, 5, 6, 0, SBI_DBCN } }, { { 0, 0, 0, 0, 0, 0, 9, UNKNOWN_EXTENSION } },
		{ { 7, 6, 5, 4, 3, 2, 1, ~0ull } },
	};
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];

	for (u32 i = 0; i < ARRAY_SIZE(args); i++) {
		rvm_start(vcpu, rvm_calls, &args[i]);
		ASSERT_EQ(rvm_run(vcpu), VM_EXIT_CALL);
		expect_args(vcpu, &args[i]);
		vcpu->run->call.result[0] = -3ull - i;
		vcpu->run->call.result[1] = 99;
		rvm_finish(vcpu);
		EXPECT_EQ(rvm_said(vcpu, 0), -3ull - i);
		EXPECT_EQ(rvm_said(vcpu, 1), 99u);
	}
}

/* ---- The end ------------------------------------------------------------------------------------------- */

static void reset(struct vcpu *vcpu, u64 kind, u64 reason)
{
	rvm_start(vcpu, rvm_calls, &(struct rvm_args){ { kind, reason, 0, 0, 0, 0, 0, SBI_SRST } });
	ASSERT_EQ(rvm_run(vcpu), VM_EXIT_SHUTDOWN);
	EXPECT_EQ(vcpu->run->system.kind, kind ? VM_SYSTEM_RESET : VM_SYSTEM_SHUTDOWN);
	EXPECT_EQ(vcpu->run->system.detail, reason);
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), (u64)SBI_FAILED, "nobody has reset it");
}

static void a_reset_is_told_to_the_monitor(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];

	for (u32 kind = 0; kind < 3; kind++)
		for (u32 reason = 0; reason < 2; reason++)
			reset(vcpu, kind, reason);
	EXPECT_EQ(CALL(vcpu, SBI_SRST, 0, 3, 0).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_SRST, 0, 0xf0000000, 0).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_SRST, 0, 0, 2).error, SBI_INVALID_PARAM);
}

/* ---- Sets of harts ------------------------------------------------------------------------------------- */

static void sets_of_harts_are_checked(void)
{
	static const struct {
		u64 existing, mask, base, set;
		s64 error;
	} c[] = {
		{ 0xf, 0x1, 0, 0x1, 0 }, { 0xf, 0xf, 0, 0xf, 0 }, { 0xf, 0x3, 2, 0xc, 0 }, { 0xf, 0, 0, 0, 0 },
		{ 0x5, 0, ~0ull, 0x5, 0 }, { 0x5, ~0ull, ~0ull, 0x5, 0 },
		{ 0xf, 0x10, 0, 0, SBI_INVALID_PARAM }, { 0xf, 0x1, 4, 0, SBI_INVALID_PARAM },
		{ 0x5, 0x3, 0, 0, SBI_INVALID_PARAM }, { 0xff, 1, 64, 0, SBI_INVALID_PARAM },
		{ 0xff, 1, ~0ull - 1, 0, SBI_INVALID_PARAM }, { 0xff, 1ull << 63, 1, 0, SBI_INVALID_PARAM },
		{ 0xff, 0x101, 63, 0, SBI_INVALID_PARAM },
	};

	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		u64 set = 0;

		EXPECT_EQ(riscv_hart_set(c[i].existing, c[i].mask, c[i].base, &set), c[i].error, "case %u", i);
		if (!c[i].error)
			EXPECT_EQ(set, c[i].set, "case %u", i);
	}
}

/* Where vCPU 1 is missing and 2 is stopped. */
static void calls_about_harts_check_them(void)
{
	struct vm *vm = rvm_create(3);
	struct vcpu *vcpu = vm->vcpu[0];

	vm_vcpu_destroy(vm->vcpu[1]);
	EXPECT_EQ(CALL(vcpu, SBI_IPI, 0, 2, 0).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_IPI, 0, 1, 3).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_IPI, 0, 4, 0).error, SBI_SUCCESS, "hart 2 is stopped, but there");
	EXPECT_EQ(CALL(vcpu, SBI_RFENCE, 0, 2, 0).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_RFENCE, 1, 5, 0, 0, ~0ull).error, SBI_SUCCESS);
	EXPECT_EQ(CALL(vcpu, SBI_RFENCE, 2, 0, -1, 0, ~0ull, 1).error, SBI_SUCCESS);
	expect_value(CALL(vcpu, SBI_HSM, 2, 0), 0);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 2, 1).error, SBI_INVALID_PARAM);
	expect_value(CALL(vcpu, SBI_HSM, 2, 2), 1);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 2, 8).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 2, ~0ull).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 0, 1, RVM_RAM).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 0, 2, RVM_RAM + 1).error, SBI_INVALID_ADDRESS);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 0, 2, 1ull << RVM_GPA_BITS).error, SBI_INVALID_ADDRESS);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 0, 0, RVM_RAM).error, SBI_ALREADY_AVAILABLE);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 0, 2, RVM_RAM).error, SBI_SUCCESS);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 0, 2, RVM_RAM).error, SBI_ALREADY_AVAILABLE);
	expect_value(CALL(vcpu, SBI_HSM, 2, 2), 0);
}

/* ---- Suspension ---------------------------------------------------------------------------------------- */

static void suspension_ends_with_an_interrupt(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];

	EXPECT_EQ(CALL(vcpu, SBI_HSM, 3, 0x80000000).error, SBI_NOT_SUPPORTED);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 3, 1).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_HSM, 3, 0x10000000).error, SBI_INVALID_PARAM);
	EXPECT_EQ(CALL(vcpu, SBI_IPI, 0, 1, 0).error, SBI_SUCCESS);
	rvm_start(vcpu, rvm_sleeps, &(struct rvm_args){ { 0 } });
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), 0u);
	EXPECT_EQ(rvm_said(vcpu, 1) & SIE_SOFTWARE, SIE_SOFTWARE);
}

static const struct ktest_case cases[] = {
	CASE(base_says_who_we_are),
	CASE(what_is_missing_is_not_supported),
	CASE(the_monitor_answers_what_we_do_not),
	CASE(a_reset_is_told_to_the_monitor),
	CASE(sets_of_harts_are_checked),
	CASE(calls_about_harts_check_them),
	CASE(suspension_ends_with_an_interrupt),
};
KTEST_SUITE(hyp_sbi, cases);
