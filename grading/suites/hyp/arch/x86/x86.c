/*
 * x86-64: VMCBs that the processor refuses, and events whose delivery faults.
 */
#include "grading/suites/hyp/guest.h"
#include "hyp/hyp.h"
#include "hyp/arch/x86/hyp_x86.h"

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
	u32 intercept_2 = g->vcpu->arch.vmcb->intercept_2;

	guest_start(g, guest_calls);
	g->vcpu->arch.vmcb->intercept_2 = 0;
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_OTHER);
	expect_nothing_of_the_kernel(g->vcpu->arch.vmcb);

	guest_start(g, guest_calls);
	g->vcpu->arch.vmcb->intercept_2 = intercept_2;
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL, "it can be used again");
}

/* The same for any other reason that an exit may give: QEMU has been seen to say "shutdown". */
static void our_state_after_an_exit_shows_nothing_of_the_kernel(void)
{
	struct guest *g = guest_create();
	struct vmcb *vmcb = g->vcpu->arch.vmcb;
	u32 lost = hyp_guests_lost;

	guest_start(g, guest_calls);
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
	vmcb->exitcode = SVM_EXIT_SHUTDOWN;
	vmcb->cr3 = cr3_read();
	vmcb->rsp = (u64)&vmcb;
	vmcb->rip = (u64)x86_behind_vmrun;
	EXPECT_EQ(arch_vcpu_exit(g->vcpu), VCPU_EXIT_OTHER);
	EXPECT_EQ((u32)vmcb->exitcode, SVM_EXIT_INVALID);
	expect_nothing_of_the_kernel(vmcb);
	EXPECT_EQ(hyp_guests_lost, lost + 1);
}

#define GDT       GUEST_DATA
#define IDT_PAGE  (GUEST_DATA + PAGE_SIZE)
#define CODE_64   0x00209b0000000000ull
#define VECTOR    0x40
#define GATE_SIZE 16

/* A gate to code in the lowest 4 GiB.  Hardware: [SDM3] "64-Bit Mode IDT". */
static void set_gate(struct guest *g, u64 handler)
{
	u64 *gate = guest_memory(g, IDT_PAGE + VECTOR * GATE_SIZE);

	gate[0] = (handler & 0xffff) | 8ull << 16 | 0x8e00ull << 32 | (handler >> 16 & 0xffff) << 48;
	gate[1] = 0;
}

/* The table of gates is not mapped at first: the interrupt comes when it is.  Lost, the guest would halt. */
static void interrupted_delivery_is_repeated(void)
{
	struct guest *g = guest_create();
	struct vmcb *vmcb = g->vcpu->arch.vmcb;

	guest_start(g, guest_halts);
	((u64 *)guest_memory(g, GDT))[1] = CODE_64;
	set_gate(g, GUEST_RAM + (guest_calls - guest_code));
	vmcb->gdtr = (struct vmcb_segment){ .limit = 0xff, .base = GDT };
	vmcb->idtr = (struct vmcb_segment){ .limit = 0xfff, .base = GUEST_HOLE };
	vmcb->event_inject = EVENT_VALID | VECTOR;
	*guest_arg(g) = 5;

	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_FAULT);
	EXPECT_EQ(g->vcpu->fault.gpa.raw, GUEST_HOLE + VECTOR * GATE_SIZE);
	ASSERT_EQ(stage2_map(g->stage2, gpa(GUEST_HOLE), hpa_add(g->ram, IDT_PAGE - GUEST_RAM), PAGE_SIZE,
			     STAGE2_READ), 0);
	ASSERT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL);
	EXPECT_EQ(*guest_result(g), 6u);
	EXPECT_EQ(vcpu_run(g->vcpu), VCPU_EXIT_CALL, "once");
}

static const struct ktest_case cases[] = {
	CASE(refused_vmcb_shows_nothing_of_the_kernel),
	CASE(our_state_after_an_exit_shows_nothing_of_the_kernel),
	CASE(interrupted_delivery_is_repeated),
};
KTEST_SUITE(hyp_x86, cases);
