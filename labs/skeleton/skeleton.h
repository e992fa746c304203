/*
 * An MMU that is not written yet.
 *
 * It compiles, and maps nothing: a guest on it stops at once, with an error that says so.  docs/writing-an-mmu.md goes
 * through it step by step; each function that is missing names its step.  Replace this comment by what the MMU is: its
 * roots, its locking, what always holds.
 *
 * Read next: mmu/mmu.h, what each function promises; mmu/host.h, all that it may ask for; mmu/direct, a small MMU that
 * is complete.
 */
#ifndef SKELETON_H
#define SKELETON_H

#include "mmu/host.h"
#include "mmu/mmu.h"

/* One guest's address space. */
struct mmu {
	struct mmu_config config;
	struct host *host;
	struct pt pt; /* step 2: levels, root */
	struct host_root *hardware; /* step 2 */

	uint64_t faults[MMU_OUTCOME_COUNT]; /* atomic */
};

/* What a virtual CPU keeps: its thread alone uses it. */
struct mmu_vcpu {
	struct mmu *mmu;
};

/* Says in `line` what is missing. */
void skeleton_say(char line[MMU_LINE_MAX], const char *text);

#endif
