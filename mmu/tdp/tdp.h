/*
 * The TDP MMU's own types and operations on one root.
 *
 * An operation takes the host's lock by itself, works on [start, end), pays all that it owes to the TLBs before it
 * returns, and is all or nothing: on a negative errno the translations are what they were.
 *
 * I1 An entry changes only through tdp_iter.h's verbs, which count, trace and note what must be flushed.
 * I2 When the lock is released - at the end, or in a yield - nothing that was unmapped or lost a right is cached by any
 *    CPU, and no table that was unlinked is referenced.
 * I3 leaf_count[l] is the number of leaves at level l, table_count the number of tables, root included.
 * I4 A table is linked only when it is complete.
 * I5 A leaf lies on an address and an output address aligned to its level.
 * I6 What hardware had set in an entry (accessed, dirty) has been given to host_page_mark() when the entry is gone.
 */
#ifndef MMU_TDP_TDP_H
#define MMU_TDP_TDP_H

#include "mmu/host.h"
#include "mmu/mmu.h"
#include "mmu/pt/pt_check.h"
#include "mmu/pt/pt_iter.h"

/* Negative errnos, as host.h has them. */
enum { TDP_EAGAIN = MMU_EAGAIN, TDP_ENOMEM = MMU_ENOMEM, TDP_EEXIST = 17, TDP_EINVAL = MMU_EINVAL };

struct mmu;

struct tdp_root {
	struct host *host;
	struct pt pt;
	struct host_root *hardware;

	/* host's lock; with HOST_SHARED, atomic */
	uint64_t leaf_count[PT_LEVELS_MAX];
	uint64_t table_count;

	/* Only of a root that belongs to an mmu (tdp_mmu.h). */
	struct mmu *mmu;

	/* host's table lock */
	struct tdp_root *next;
	uint32_t count; /* references */
	bool is_dying;  /* its tree is being emptied, or is empty */
	bool is_own;    /* one of the references is the mmu's */

	/* both locks to change it, one of them to read it */
	bool is_invalid;
};

/* ---- table.c: roots and tables ------------------------------------------------------------------------- */

/* A root with nothing in it.  -EINVAL: levels or root_extra that the format has not; -ENOMEM. */
int tdp_root_create(struct tdp_root *root, struct host *host, int levels, int root_extra);

/* Unmap everything, flush, and free all tables.  No CPU uses the root any more. */
void tdp_root_destroy(struct tdp_root *root);

/* The second half of it, for a tree that is empty. */
void tdp_root_close(struct tdp_root *root);

/* Fill a table that nobody else has seen with empty entries. */
void tdp_table_clear(struct host *host, hpa_t table, uint64_t entry_count);

/* A table of empty entries for `level`, not linked; hpa(0) if there is none.  Freed with tdp_table_free(). */
hpa_t tdp_table_alloc(struct tdp_root *root, int level);
void tdp_table_free(struct tdp_root *root, hpa_t table, int level);

/* ---- Ranges ---------------------------------------------------------------------------------------------- */

struct tdp_range {
	ia_t start, end;
};

/* ---- Operations ---------------------------------------------------------------------------------------- */

/* What a mapping looks like. */
struct tdp_map {
	hpa_t page;     /* for `start`; grows with the address */
	pt_prot_t prot;
	int max_level;  /* leaves are at most this large; smaller ones where alignment or the format asks for it */
};

/*
 * map.c: map [start, end), which must be free.  -EINVAL: a range that pt_range_ok() refuses, an unaligned or too
 * large output address, rights that the format has not; -EEXIST: something is mapped there; -ENOMEM.
 */
int tdp_map_range(struct tdp_root *root, ia_t start, ia_t end, const struct tdp_map *map);

/*
 * unmap.c: nothing in [start, end) translates afterwards, and MMIO marks are gone too.  A leaf that covers more is
 * split first: -ENOMEM if there is no table for it; a range whose ends cut no leaf allocates nothing.  -EINVAL.
 */
int tdp_unmap_range(struct tdp_root *root, ia_t start, ia_t end);

/* The same, but it cannot fail: a leaf that covers more goes as a whole.  pt_range_ok() accepts the range. */
void tdp_unmap_whole(struct tdp_root *root, struct tdp_range range, enum mmu_yield yield);

/* The lock is held exclusively. */
void tdp_unmap_locked(struct tdp_root *root, struct tdp_range range, enum mmu_yield yield);

/* protect.c: give all leaves in [start, end) these rights; holes stay holes.  -EINVAL, -ENOMEM as above. */
int tdp_protect_range(struct tdp_root *root, ia_t start, ia_t end, pt_prot_t prot);

/* Leaves keep at most these rights; one that covers more may lose them there too.  As tdp_unmap_whole() otherwise. */
void tdp_protect_whole(struct tdp_root *root, struct tdp_range range, pt_prot_t keep, enum mmu_yield yield);

/* split.c: make `at` a boundary of leaves.  0 or -ENOMEM.  The lock is held exclusively. */
int tdp_split_at(struct tdp_root *root, ia_t at);

/*
 * check.c: does the tree obey pt_check.h's rules, and do the counts agree (I3)?  The number of the rule that is
 * broken, or 0.
 */
#define TDP_RULE_COUNTS 100
int tdp_check(struct tdp_root *root, struct pt_census *census);

#endif
