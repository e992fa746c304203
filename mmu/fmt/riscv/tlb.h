/*
 * riscv: flush verbs.
 *
 * A verb works on this hart alone, at once.  What other harts remember they must forget themselves: whoever sends them
 * has made the change visible before ([RV-PRIV] "Supervisor Memory-Management Fence Instruction": write, fence,
 * interrupt, fence there, answer).
 *
 * A hart may remember three things, under the VMID in hgatp: what entries of the second stage said, gpa to hpa; what
 * the guest's own said, gva to gpa; and both joined, gva to hpa.  HFENCE.GVMA is for the first and the third,
 * HFENCE.VVMA for the second and the third.
 *
 * The verbs have the same names and arguments on all machines.
 */
#ifndef RISCV_TLB_H
#define RISCV_TLB_H

#include "mmu/pt/addr.h"

#ifdef PT_INSN_HEADER
#include PT_INSN_HEADER /* the simulated machine's instructions */
#else
#include "mmu/fmt/riscv/insn.h"
#endif

/* What translations are remembered under. */
struct tlb_tag {
	uint64_t vmid;
};

#define TLB_PAGE       4096
#define TLB_FENCES_MAX 64 /* for more pages than this, one fence for all costs less */

/* Forget all second-stage translations under the tag, and where tables are. */
static inline void tlb_flush_tag(const struct tlb_tag *tag)
{
	insn_hfence_gvma_vmid(tag->vmid);
}

/*
 * Forget what leaves for [start, end) said; whole pages.  A fence for an address need only reach the leaf that maps
 * it: if a table was unlinked, the hart may still know where it was, and only tlb_flush_tag() will do.
 */
static inline void tlb_flush_leaves(const struct tlb_tag *tag, gpa_t start, gpa_t end)
{
	if (end.raw - start.raw > (uint64_t)TLB_FENCES_MAX * TLB_PAGE) {
		tlb_flush_tag(tag);
		return;
	}
	for (gpa_t at = start; at.raw < end.raw; at = gpa_add(at, TLB_PAGE))
		insn_hfence_gvma(at.raw >> 2, tag->vmid);
}

/* Forget the second-stage translations under all tags: when tags are given out anew. */
static inline void tlb_flush_all(const struct tlb_tag *tag)
{
	insn_hfence_gvma_all();
}

/*
 * Forget what the guest's own tables said.  The tag's VMID must be in hgatp.  Needed when another vCPU of the same root
 * runs on this hart, since both use the same VMID and may use the same ASID; and when a tag is used again.
 */
static inline void tlb_flush_guest(const struct tlb_tag *tag)
{
	insn_hfence_vvma_all();
}

#endif
