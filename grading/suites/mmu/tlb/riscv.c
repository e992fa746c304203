/*
 * mmu/fmt/riscv/tlb.h: which fences a verb executes, with which operands.
 */
#include "grading/suites/mmu/check.h"

#define PT_INSN_HEADER "grading/suites/mmu/tlb/riscv_record.h"
#include "mmu/fmt/riscv/tlb.h"

#define PAGE 4096ull

static const struct tlb_tag tag = { .vmid = 0x155 };

static void start(void)
{
	fence_count = 0;
}

/* Operands are addresses shifted right by 2, whatever one thinks of it; a wrong unit reaches the wrong page. */
static void each_page_has_its_fence(uint64_t seed)
{
	const uint64_t first = 0x80201000;

	start();
	tlb_flush_leaves(&tag, gpa(first), gpa(first + 3 * PAGE));
	EXPECT(fence_count == 3, "%d fences for 3 pages", fence_count);
	for (int i = 0; i < 3; i++) {
		EXPECT(fences[i].what == FENCE_GPA, "fence %d is of kind %d", i, fences[i].what);
		EXPECT(fences[i].rs1 == (first + i * PAGE) >> 2, "fence %d: rs1 %lx", i, (unsigned long)fences[i].rs1);
		EXPECT(fences[i].rs2 == tag.vmid, "fence %d: rs2 is %lx", i, (unsigned long)fences[i].rs2);
	}
}

static void the_last_page_has_its_fence(uint64_t seed)
{
	start();
	tlb_flush_leaves(&tag, gpa((1ull << 59) - PAGE), gpa(1ull << 59));
	EXPECT(fence_count == 1 && fences[0].rs1 == ((1ull << 59) - PAGE) >> 2, "%d fences, rs1 %lx", fence_count,
	       (unsigned long)fences[0].rs1);
}

static void a_large_range_is_one_fence(uint64_t seed)
{
	start();
	tlb_flush_leaves(&tag, gpa(0), gpa(TLB_FENCES_MAX * PAGE));
	EXPECT(fence_count == TLB_FENCES_MAX, "%d fences for %d pages", fence_count, TLB_FENCES_MAX);
	start();
	tlb_flush_leaves(&tag, gpa(0), gpa((TLB_FENCES_MAX + 1) * PAGE));
	EXPECT(fence_count == 1 && fences[0].what == FENCE_VMID && fences[0].rs2 == tag.vmid, "%d fences, kind %d",
	       fence_count, fences[0].what);
}

static void other_verbs_are_one_fence_each(uint64_t seed)
{
	start();
	tlb_flush_tag(&tag);
	tlb_flush_all(&tag);
	tlb_flush_guest(&tag);
	EXPECT(fence_count == 3, "%d fences", fence_count);
	EXPECT(fences[0].what == FENCE_VMID && fences[0].rs2 == tag.vmid, "flush_tag: kind %d", fences[0].what);
	EXPECT(fences[1].what == FENCE_ALL, "flush_all: kind %d", fences[1].what);
	EXPECT(fences[2].what == FENCE_VS_ALL, "flush_guest: kind %d", fences[2].what);
}

static const struct check_case cases[] = {
	{ "each_page_has_its_fence", each_page_has_its_fence },
	{ "the_last_page_has_its_fence", the_last_page_has_its_fence },
	{ "a_large_range_is_one_fence", a_large_range_is_one_fence },
	{ "other_verbs_are_one_fence_each", other_verbs_are_one_fence_each },
};
CHECK_SUITE(suite_tlb_riscv, "tlb_riscv", cases);
