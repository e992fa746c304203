/*
 * mmu/fmt/npt/tlb.h: what a verb leaves in TLB_CONTROL.
 */
#include "grading/suites/mmu/check.h"
#include "mmu/fmt/npt/tlb.h"

static void verbs_note_what_the_processor_can_do(uint64_t seed)
{
	static const uint8_t owns[] = { SVM_TLB_OWN, SVM_TLB_ALL };

	for (int i = 0; i < 2; i++) {
		uint8_t control = SVM_TLB_KEEP;
		struct tlb_tag tag = { &control, owns[i] };

		tlb_flush_leaves(&tag, gpa(0), gpa(4096));
		EXPECT(control == owns[i], "flush_leaves: %u", control);
		control = SVM_TLB_KEEP;
		tlb_flush_tag(&tag);
		EXPECT(control == owns[i], "flush_tag: %u", control);
		control = SVM_TLB_KEEP;
		tlb_flush_guest(&tag);
		EXPECT(control == owns[i], "flush_guest: %u", control);
		control = SVM_TLB_KEEP;
		tlb_flush_all(&tag);
		EXPECT(control == SVM_TLB_ALL, "flush_all: %u", control);
	}
}

static void a_note_is_never_weakened(uint64_t seed)
{
	uint8_t control = SVM_TLB_KEEP;
	struct tlb_tag tag = { &control, SVM_TLB_OWN };

	tlb_flush_all(&tag);
	tlb_flush_tag(&tag);
	tlb_flush_leaves(&tag, gpa(0), gpa(4096));
	EXPECT(control == SVM_TLB_ALL, "all, then less: %u", control);
	control = SVM_TLB_KEEP;
	tlb_flush_tag(&tag);
	tlb_flush_all(&tag);
	EXPECT(control == SVM_TLB_ALL, "less, then all: %u", control);
}

static const struct check_case cases[] = {
	{ "verbs_note_what_the_processor_can_do", verbs_note_what_the_processor_can_do },
	{ "a_note_is_never_weakened", a_note_is_never_weakened },
};
CHECK_SUITE(suite_tlb_npt, "tlb_npt", cases);
