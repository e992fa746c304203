/*
 * A stage-2 fault, whatever machine it happened on.
 *
 * A format's fault.h makes it of the registers that an exit leaves behind.  That is a pure function, so that the host
 * can test it with tables (grading/suites/mmu/decode).
 */
#ifndef MMU_FMT_TDP_FAULT_H
#define MMU_FMT_TDP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu/pt/addr.h"

/* What stage 2 had to allow, and did not. */
enum tdp_access { TDP_ACCESS_READ, TDP_ACCESS_WRITE, TDP_ACCESS_EXEC };

enum tdp_fault_flag {
	TDP_FAULT_ON_WALK = 1,   /* the guest's own tables are at `gpa`: its translation faulted, not the access */
	TDP_FAULT_HAS_GVA = 2,   /* `gva` is known */
	TDP_FAULT_MAPPED = 4,    /* hardware says: an entry was there, but did not allow this */
	TDP_FAULT_UNMAPPED = 8,  /* hardware says: no entry was there.  Neither of the two: it does not say */
	TDP_FAULT_RESERVED = 16, /* hardware says: an entry was malformed.  Our own mistake, always */
};

struct tdp_fault {
	gpa_t gpa;              /* as exact as hardware tells: to the byte */
	gva_t gva;              /* what the guest's instruction used, if TDP_FAULT_HAS_GVA */
	enum tdp_access access;
	unsigned flags;         /* of enum tdp_fault_flag */
};

#endif
