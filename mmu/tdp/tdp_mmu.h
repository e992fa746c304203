/*
 * What mmu/tdp makes of mmu/mmu.h: the address space, its roots, its virtual CPUs.
 *
 * Roots live in one list.  All vCPUs of one role share one root, so most machines have one.
 *
 *   made       count 2: the mmu's own reference, which a valid root has, and the maker's
 *   invalid    for good; the mmu's own reference goes.  vCPUs and walks still use it
 *   dying      the last reference has gone: whoever dropped it empties the tree.  It is still in the list, because
 *              what it maps must still be found by mmu_unmap(), so walks may come and go
 *   freed      no reference
 *
 * T1 A walk takes its reference as a vCPU does and drops it with the same tdp_root_put(): the last one to go frees.
 * T2 `generation` moves when roots become invalid.  A vCPU whose generation is the mmu's has a valid root.
 * T3 No state of a root is part of its role, and tables have no role.
 *
 * Locking: the table lock for the list and counts; validity changes with both locks held, and is read with either.
 *
 * Read next: root.c, fault.c.
 */
#ifndef MMU_TDP_TDP_MMU_H
#define MMU_TDP_TDP_MMU_H

#include "mmu/mmu.h"
#include "tdp_iter.h"

struct mmu {
	struct mmu_config config;
	struct host *host;

	/* atomic */
	uint64_t generation; /* T2 */
	uint64_t taken;      /* counts what takes rights or pages away, for the budget */
	uint64_t faults[MMU_OUTCOME_COUNT];
	uint64_t prefault_count;

	/* host's table lock; is_dead moves with both locks held */
	struct tdp_root *roots;
	bool is_dead;
};

/* ---- cache.c: spare tables ------------------------------------------------------------------------------- */

/* One fault links at most one table for each level below the root. */
#define TDP_CACHE_MAX (PT_LEVELS_MAX - 1)

/* Tables of empty entries, linked nowhere.  One thread's. */
struct tdp_cache {
	hpa_t tables[TDP_CACHE_MAX];
	int count;
};

/* Have `want` tables.  0, or what host_table_reserve() says.  May sleep; no lock is held. */
int tdp_cache_fill(struct tdp_cache *cache, struct host *host, int want);

/* Take one out; put one back that was never linked. */
hpa_t tdp_cache_take(struct tdp_cache *cache, struct host *host);
void tdp_cache_return(struct tdp_cache *cache, hpa_t table);

void tdp_cache_drain(struct tdp_cache *cache, struct host *host);

/* ---- Virtual CPUs ------------------------------------------------------------------------------------------ */

#define TDP_PREVIOUS_MAX 3

struct mmu_vcpu {
	struct mmu *mmu;

	/* its own thread's */
	struct tdp_root *root;                       /* loaded; NULL: none yet */
	struct tdp_root *previous[TDP_PREVIOUS_MAX]; /* remembered, the last one first */
	struct mmu_role role;                        /* that was asked for */
	uint64_t generation;                         /* of the mmu, when root was got */
	struct tdp_cache cache;

	struct tdp_budget {
		gpa_t at;
		enum tdp_access access;
		struct host_sample sample;
		uint64_t taken;
		int spent;
	} budget;
};

/* ---- root.c ------------------------------------------------------------------------------------------------- */

/* Why a root is not the one for a role. */
enum tdp_refusal { TDP_ROOT_FITS, TDP_ROOT_INVALID, TDP_ROOT_OTHER_LEVELS };

/* The shape of a root for `levels`, or for 0 as the configuration says.  -EINVAL: there is none. */
int tdp_root_shape(const struct mmu_config *config, int levels, struct pt *shape);

/* A valid root of so many levels, referenced.  -ENOMEM; -EIO: the mmu is dead; -EINVAL. */
int tdp_root_get(struct tdp_root **root, struct mmu *mmu, int levels);

/* Drop a reference.  The last one empties the tree and frees it, which takes the lock. */
void tdp_root_put(struct tdp_root *root, enum mmu_yield yield);

/* The root behind this one in the list (the first, for NULL), referenced; the reference of this one is dropped. */
struct tdp_root *tdp_root_next(struct mmu *mmu, struct tdp_root *root, enum mmu_yield yield);

/* The body runs with `root` referenced, without a lock; it does not leave the loop. */
#define tdp_for_each_root(root, mmu, yield)                                                                            \
	for (root = tdp_root_next(mmu, NULL, yield); root; root = tdp_root_next(mmu, root, yield))

enum tdp_fate { TDP_LIVES, TDP_DIES };

/* Every root is invalid from here on, and with TDP_DIES there are no others any more. */
void tdp_roots_invalidate(struct mmu *mmu, enum tdp_fate fate);

/* An invalid root does without the mmu's reference.  Apart from tdp_roots_invalidate(), because trees go with it. */
void tdp_roots_let_go(struct mmu *mmu);

#endif
