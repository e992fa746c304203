/*
 * x86-64: VMCBs that the processor refuses.
 */
#include "grading/suites/hyp/guest.h"
#include "hyp/arch/x86/vmcb.h"

#define LOWEST_OF_THE_KERNEL 0xffff800000000000ull

static void expect_nothing_of_the_kernel(const struct vmcb *vmcb)
{
	const u64 *word = (const u64 *)&vmcb->es, *end = (const u64 *)(vmcb + 1);

	for (u64 i = 0; word + i < end; i++)
		EXPECT_LT(word[i], LOWEST_OF_THE_KERNEL, "word %lu of the state", i);
	EXPECT_EQ(vmcb->rax, 0u);
}

/* VMRUN wants to be intercepted.  If it is not, it ends at once, with the kernel's state in the VMCB. */
static void refused_vmcb_shows_nothing_of_the_kernel(void)
{
	struct guest *g = guest_create();
	u32 intercept_2 = g->vcpu.arch.vmcb->intercept_2;

	guest_start(g, guest_calls);
	g->vcpu.arch.vmcb->intercept_2 = 0;
	EXPECT_EQ(vcpu_run(&g->vcpu), VCPU_EXIT_OTHER);
	expect_nothing_of_the_kernel(g->vcpu.arch.vmcb);

	guest_start(g, guest_calls);
	g->vcpu.arch.vmcb->intercept_2 = intercept_2;
	EXPECT_EQ(vcpu_run(&g->vcpu), VCPU_EXIT_CALL, "it can be used again");
}

static const struct ktest_case cases[] = {
	CASE(refused_vmcb_shows_nothing_of_the_kernel),
};
KTEST_SUITE(hyp_x86, cases);
