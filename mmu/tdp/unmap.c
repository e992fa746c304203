/*
 * Unmapping a range: whole tables are cut off, single leaves emptied.
 */
#include "tdp_iter.h"

/*
 * Empty the leaves and MMIO marks from the cursor's entry to the end of the range, of the table, or before a table.
 */
/* LAB(3) begin unmap_run */
static void unmap_run(struct tdp_iter *it)
{
	uint64_t left = pt_iter_left(&it->at, it->at.end);
	struct tdp_run run;

	tdp_run_begin(&run, it, PTE_EMPTY);
	while (run.done < left) {
		pte_t pte = pt_read(run.slot + run.done);
		enum pte_kind kind = pte_kind(pte, run.level);

		if (TDP_RARE(kind == PTE_TABLE))
			break;
		if (TDP_RARE(pte_same(pte, pte_make_empty())))
			tdp_run_pass(&run);
		else
			tdp_run_set(&run, kind, pte_make_empty());
	}
	tdp_run_end(&run);
}
/* LAB(3) end */

void tdp_unmap_locked(struct tdp_root *root, struct tdp_range range, enum mmu_yield yield)
{
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	tdp_for_each(&it, root, range, HOST_EXCLUSIVE, &debt) {
		if (yield == MMU_MAY_YIELD && tdp_iter_yield(&it))
			continue;
		if (pt_entry_kind(&it.at.entry) != PTE_TABLE)
			unmap_run(&it);
		else if (pt_iter_is_inside(&it.at))
			tdp_iter_detach(&it);
	}
	tdp_debt_pay(root, &debt);
}

void tdp_unmap_whole(struct tdp_root *root, struct tdp_range range, enum mmu_yield yield)
{
	host_lock(root->host, HOST_EXCLUSIVE);
	tdp_unmap_locked(root, range, yield);
	host_unlock(root->host, HOST_EXCLUSIVE);
}

int tdp_unmap_range(struct tdp_root *root, ia_t start, ia_t end)
{
	int error;

	if (!pt_range_ok(&root->pt, start, end))
		return -TDP_EINVAL;
	host_lock(root->host, HOST_EXCLUSIVE);
	error = tdp_split_at(root, start);
	if (!error)
		error = tdp_split_at(root, end);
	if (!error)
		tdp_unmap_locked(root, (struct tdp_range){ start, end }, MMU_MAY_YIELD);
	host_unlock(root->host, HOST_EXCLUSIVE);
	return error;
}
