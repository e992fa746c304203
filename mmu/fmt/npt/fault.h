/*
 * npt: from the fields of a VMCB after #VMEXIT to a fault.
 *
 * Hardware: [APM2] "Nested versus Guest Page Faults, Fault Ordering".
 *
 *   EXITCODE    0x400, VMEXIT_NPF
 *   EXITINFO2   the guest-physical address that faulted, to the byte
 *   EXITINFO1   why:
 *
 *      33 the guest's own page-table walk   32 its final access
 *      4 I/D: a fetch   3 RSV: a reserved bit was set   2 U/S: always 1   1 R/W: a write   0 P: an entry was present
 *
 * I1 RSV comes before P: processors set P with it, QEMU does not (docs/platform.md), and neither means "not mapped".
 * I2 A walk is a write, even one that only reads: the nested table must allow writing to whatever holds guest tables.
 *
 * The guest-virtual address is not told.
 */
#ifndef NPT_FAULT_H
#define NPT_FAULT_H

#include "mmu/fmt/tdp_fault.h"

/* Fields of the VMCB. */
struct svm_exit {
	uint64_t exitcode, exitinfo1, exitinfo2;
};

#define SVM_EXIT_NPF 0x400u

#define SVM_NPF_P     ((uint64_t)1 << 0)
#define SVM_NPF_WRITE ((uint64_t)1 << 1)
#define SVM_NPF_RSV   ((uint64_t)1 << 3)
#define SVM_NPF_FETCH ((uint64_t)1 << 4)
#define SVM_NPF_FINAL ((uint64_t)1 << 32)
#define SVM_NPF_WALK  ((uint64_t)1 << 33)

/* Decode.  False: the exit is no stage-2 fault, and *fault is not written. */
/* LAB(4) begin svm_fault_decode */
static inline bool svm_fault_decode(const struct svm_exit *exit, struct tdp_fault *fault)
{
	uint64_t info = exit->exitinfo1;

	if ((uint32_t)exit->exitcode != SVM_EXIT_NPF)
		return false;
	*fault = (struct tdp_fault){ .gpa = gpa(exit->exitinfo2), .access = TDP_ACCESS_READ };
	if (info & SVM_NPF_WALK) {
		fault->access = TDP_ACCESS_WRITE;
		fault->flags = TDP_FAULT_ON_WALK;
	} else if (info & SVM_NPF_FETCH) {
		fault->access = TDP_ACCESS_EXEC;
	} else if (info & SVM_NPF_WRITE) {
		fault->access = TDP_ACCESS_WRITE;
	}
	if (info & SVM_NPF_RSV)
		fault->flags |= TDP_FAULT_RESERVED;
	else
		fault->flags |= info & SVM_NPF_P ? TDP_FAULT_MAPPED : TDP_FAULT_UNMAPPED;
	return true;
}
/* LAB(4) end */

#endif
