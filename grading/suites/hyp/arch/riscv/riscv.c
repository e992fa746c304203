/*
 * RISC-V: reading a guest's memory by its own translation; CSRs that it shares with the kernel.
 */
#include "grading/suites/hyp/guest.h"
#include "hyp/arch/riscv/hyp_riscv.h"
#include "hyp/hyp.h"

/* pieces.S: for ever: scounteren = arg, and something in senvcfg; result = what scounteren was; call. */
extern const char guest_swaps_scounteren[];

/* As a fetch of the guest would: riscv_hlvx_hu()'s answer. */
static u64 fetch(struct guest *g, u64 at, u16 *value)
{
	u64 cause;

	irq_push();
	vcpu_load(g->vcpu);
	arch_hwid_prepare(g->vcpu);
	csr_set(hstatus, HSTATUS_SPVP);
	cause = riscv_hlvx_hu(gva(at), value);
	csr_clear(hstatus, HSTATUS_SPVP);
	vcpu_put(g->vcpu);
	irq_pop();
	return cause;
}

static void instructions_can_be_read(void)
{
	struct guest *g = guest_create();
	u16 value = 0;

	guest_start(g, guest_calls);
	EXPECT_EQ(fetch(g, GUEST_RAM, &value), 0u);
	EXPECT_EQ(value, *(const u16 *)guest_code);
}

/* A load's, or, on QEMU 10, a fetch's. */
static bool is_page_fault(u64 cause)
{
	return cause == CAUSE_LOAD_PAGE || cause == RISCV_LOAD_GUEST_PAGE_FAULT || cause == CAUSE_FETCH_PAGE ||
	       cause == RISCV_FETCH_GUEST_PAGE_FAULT;
}

/* Each fault of a guest's translation comes back as its cause, and does no harm. */
static void a_read_that_faults_says_why(void)
{
	struct guest *g = guest_create();
	u16 value = 77;

	guest_start(g, guest_calls);
	EXPECT_TRUE(is_page_fault(fetch(g, GUEST_HOLE, &value)));
	EXPECT_TRUE(is_page_fault(fetch(g, GUEST_BAD_WALK, &value)));
	EXPECT_TRUE(is_page_fault(fetch(g, 4 * GUEST_BAD_WALK, &value)));
	EXPECT_EQ(value, 77u);
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
}

/* Each guest has its own, and the kernel too. */
static void shared_csrs_are_kept_apart(void)
{
	struct guest *a = guest_create(), *b = guest_create();
	u64 ours[] = { csr_read(scounteren), csr_read(senvcfg) };

	for (u64 i = 0; i < 4; i++) {
		struct guest *g = i % 2 ? b : a;

		if (i < 2)
			guest_start(g, guest_swaps_scounteren);
		*guest_arg(g) = i + 1;
		ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
		EXPECT_EQ(*guest_result(g), i < 2 ? 0 : i - 1);
		EXPECT_EQ(csr_read(scounteren), ours[0]);
		EXPECT_EQ(csr_read(senvcfg), ours[1]);
	}
}

static const struct ktest_case cases[] = {
	CASE(instructions_can_be_read),
	CASE(a_read_that_faults_says_why),
	CASE(shared_csrs_are_kept_apart),
};
KTEST_SUITE(hyp_riscv, cases);
