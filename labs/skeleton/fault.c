/*
 * The fault path: from an access that stage 2 refused to an entry that allows it, or to the reason why not.
 */
#include "skeleton.h"

void mmu_fault(struct mmu_vcpu *mv, const struct tdp_fault *fault, struct mmu_answer *answer)
{
	*answer = (struct mmu_answer){ .outcome = MMU_ERROR, .error = -MMU_ENOSYS };
	skeleton_say(answer->entry, "mmu_fault() is not written: docs/writing-an-mmu.md, step 3");
	__atomic_fetch_add(&mv->mmu->faults[answer->outcome], 1, __ATOMIC_RELAXED);
	host_trace(mv->mmu->host, HOST_TRACE_FAULT, ia(fault->gpa.raw), 0, answer->outcome);
}

/* Complete as long as there is no MMU_CAP_PREFAULT: step 8. */
int64_t mmu_prefault(struct mmu_vcpu *mv, gpa_t start, gpa_t end)
{
	return -MMU_ENOSYS;
}
