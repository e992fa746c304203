/*
 * Changing the rights of what is mapped.
 */
#include "tdp_iter.h"

/* What becomes of rights: these are kept, if they were there, and those are added. */
struct change {
	pt_prot_t keep, add;
};

static pt_prot_t changed(pt_prot_t prot, const struct change *change)
{
	return (prot & change->keep) | change->add;
}

/* Some rights the format has not together: to write without reading, say. */
static bool can_have(const struct pt_entry *e, const struct change *change)
{
	return pte_leaf_ok(e->level, changed(pte_prot(e->pte, e->level), change));
}

/*
 * Give the leaves from the cursor's entry on their new rights: to the end of the range or of the table, or up to one
 * that cannot have them.
 */
/* LAB(3) begin protect_run */
static void protect_run(struct tdp_iter *it, const struct change *change)
{
	uint64_t left = pt_iter_left(&it->at, it->at.end);
	struct tdp_run run;

	tdp_run_begin(&run, it, PTE_LEAF);
	while (run.done < left) {
		pte_t pte = pt_read(run.slot + run.done);
		enum pte_kind kind = pte_kind(pte, run.level);
		pt_prot_t prot;

		if (kind == PTE_TABLE)
			break;
		prot = kind == PTE_LEAF ? changed(pte_prot(pte, run.level), change) : 0;
		if (kind != PTE_LEAF || pte_prot(pte, run.level) == prot)
			tdp_run_pass(&run);
		else if (pte_leaf_ok(run.level, prot))
			tdp_run_set(&run, kind, pte_with_prot(pte, run.level, prot));
		else
			break;
	}
	tdp_run_end(&run);
}
/* LAB(3) end */

static void protect_locked(struct tdp_root *root, struct tdp_range range, const struct change *change,
			   enum mmu_yield yield)
{
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	tdp_for_each(&it, root, range, HOST_EXCLUSIVE, &debt) {
		if (yield == MMU_MAY_YIELD && tdp_iter_yield(&it))
			continue;
		if (pt_entry_kind(&it.at.entry) != PTE_LEAF)
			continue;
		if (can_have(&it.at.entry, change))
			protect_run(&it, change);
		else
			tdp_iter_set(&it, pte_make_empty());
	}
	tdp_debt_pay(root, &debt);
}

int tdp_protect_range(struct tdp_root *root, ia_t start, ia_t end, pt_prot_t prot)
{
	const struct change change = { .keep = 0, .add = prot };
	int error;

	if (!pt_range_ok(&root->pt, start, end) || !pte_leaf_ok(0, prot))
		return -TDP_EINVAL;
	host_lock(root->host, HOST_EXCLUSIVE);
	error = tdp_split_at(root, start);
	if (!error)
		error = tdp_split_at(root, end);
	if (!error)
		protect_locked(root, (struct tdp_range){ start, end }, &change, MMU_MAY_YIELD);
	host_unlock(root->host, HOST_EXCLUSIVE);
	return error;
}

/* A leaf that cannot be split, for want of memory, loses its rights as a whole: a fault brings them back. */
void tdp_protect_whole(struct tdp_root *root, struct tdp_range range, pt_prot_t keep, enum mmu_yield yield)
{
	const struct change change = { .keep = keep | PT_DEVICE | PT_USER, .add = 0 };

	host_lock(root->host, HOST_EXCLUSIVE);
	tdp_split_at(root, range.start);
	tdp_split_at(root, range.end);
	protect_locked(root, range, &change, yield);
	host_unlock(root->host, HOST_EXCLUSIVE);
}
