/*
 * The second MMU: as simple as one can be that obeys mmu/mmu.h.
 *
 * One root, made with the machine.  One lock, always exclusive.  Leaves of 4 KiB.  A walk of its own, ten lines over
 * the format's hooks.  Tables stay until the end.  What it shares with mmu/tdp is the contract and the formats, so
 * that a suite, a benchmark or a guest that goes well with one and not with the other says where to look.
 *
 * D1 An entry changes only in direct_set(), which counts, tells what hardware had seen, and notes what to flush.
 * D2 When the lock is let go, no CPU remembers more than the tree says.
 *
 * Read next: direct.c, the tree; fault.c, the fault path; plug.c, the rest of mmu/mmu.h.
 */
#ifndef MMU_DIRECT_DIRECT_H
#define MMU_DIRECT_DIRECT_H

#include "mmu/host.h"
#include "mmu/mmu.h"
#include "mmu/pt/pt_check.h"

struct mmu {
	struct mmu_config config;
	struct host *host;
	struct pt pt;
	struct host_root *hardware;

	/* host's lock */
	bool is_dead; /* read anywhere */
	uint64_t leaf_count, table_count;
	uint64_t taken;        /* counts what takes rights or pages away */
	uint64_t reload_count; /* of mmu_reload_roots() */

	/* atomic */
	uint64_t faults[MMU_OUTCOME_COUNT];
	uint64_t prefault_count;
};

struct mmu_vcpu {
	struct mmu *mmu;

	/* its own thread's */
	hpa_t spares[PT_LEVELS_MAX]; /* tables of empty entries */
	int spare_count;

	struct direct_budget {
		gpa_t at;
		enum tdp_access access;
		struct host_sample sample;
		uint64_t taken;
		int spent;
	} budget;
};

/* Where a walk ends: at an entry of level 0, or at one above that leads nowhere. */
struct direct_place {
	pte_t *slot;
	pte_t pte;
	ia_t ia; /* the first byte that it translates */
	int level;
};

/* What must be flushed before the lock is let go: the hull of what changed. */
struct direct_debt {
	ia_t start, end;
	enum host_flush_what what;
};

/* All of them: the lock is held exclusively. */
struct direct_place direct_find(struct mmu *mmu, ia_t at);
void direct_set(struct mmu *mmu, const struct direct_place *place, pte_t pte, struct direct_debt *debt);
void direct_flush(struct mmu *mmu, struct direct_debt *debt);

#endif
