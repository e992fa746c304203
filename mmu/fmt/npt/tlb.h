/*
 * npt: flush verbs.
 *
 * SVM has no instruction that forgets a guest-physical address.  INVLPGA takes a guest's *virtual* one, which the
 * hypervisor does not know.  What there is: a field of the VMCB, TLB_CONTROL, which VMRUN obeys on its way into the
 * guest.  So a verb runs nothing: it notes in the VMCB what the next VMRUN shall forget, and that is soon enough, since
 * only a guest uses these translations.  A guest that is running must be made to exit first.
 *
 * Hardware: [APM2] "TLB Control", "TLB Flush":
 *
 *    0  nothing    1  everything of all ASIDs    3  all of this guest's ASID    7  the same, but for global pages
 *
 * 3 and 7 are reserved without the feature FlushByASID (CPUID Fn8000_000A EDX).  The other way to forget all that one
 * guest has, without any flush, is a new ASID.
 *
 * The processor does not reset the field: whoever ran VMRUN sets it to SVM_TLB_KEEP after the exit.
 *
 * The verbs have the same names and arguments on all machines.
 */
#ifndef NPT_TLB_H
#define NPT_TLB_H

#include "mmu/pt/addr.h"

enum svm_tlb_control { SVM_TLB_KEEP = 0, SVM_TLB_ALL = 1, SVM_TLB_OWN = 3 };

/* What translations are remembered under: the ASID in a VMCB, for which a vCPU has it on this CPU. */
struct tlb_tag {
	uint8_t *control; /* the VMCB's TLB_CONTROL */
	uint8_t own;      /* SVM_TLB_OWN, or without FlushByASID SVM_TLB_ALL */
};

/* A note is never weakened by a later one. */
static inline void tlb_note(const struct tlb_tag *tag, uint8_t control)
{
	if (*tag->control != SVM_TLB_ALL)
		*tag->control = control;
}

/* Forget all translations under the tag, and where tables are. */
static inline void tlb_flush_tag(const struct tlb_tag *tag)
{
	tlb_note(tag, tag->own);
}

/* Forget what leaves for [start, end) said: that is all or nothing here. */
static inline void tlb_flush_leaves(const struct tlb_tag *tag, gpa_t start, gpa_t end)
{
	tlb_flush_tag(tag);
}

/* Forget the translations under all tags: when tags are given out anew. */
static inline void tlb_flush_all(const struct tlb_tag *tag)
{
	tlb_note(tag, SVM_TLB_ALL);
}

/* Forget what the guest's own tables said: the TLB holds both stages joined. */
static inline void tlb_flush_guest(const struct tlb_tag *tag)
{
	tlb_flush_tag(tag);
}

#endif
