/*
 * Changing the rights of what is mapped.
 */
#include "mmu/tdp/tdp_iter.h"

/* LAB(3) begin protect_run */
/* Give the leaves from the cursor's entry to the end of the range or of the table their new rights. */
static void protect_run(struct tdp_iter *it, pt_prot_t prot)
{
	uint64_t left = pt_iter_left(&it->at, it->at.end);
	struct tdp_run run;

	tdp_run_begin(&run, it, PTE_LEAF);
	while (run.done < left) {
		pte_t pte = pt_read(run.slot + run.done);
		enum pte_kind kind = pte_kind(pte, run.level);

		if (kind == PTE_TABLE)
			break;
		if (kind != PTE_LEAF || pte_prot(pte, run.level) == prot)
			tdp_run_pass(&run);
		else
			tdp_run_set(&run, kind, pte_with_prot(pte, run.level, prot));
	}
	tdp_run_end(&run);
}
/* LAB(3) end */

static void protect_locked(struct tdp_root *root, struct tdp_range range, pt_prot_t prot)
{
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	tdp_for_each(&it, root, range, HOST_EXCLUSIVE, &debt) {
		if (tdp_iter_yield(&it))
			continue;
		if (pt_entry_kind(&it.at.entry) == PTE_LEAF)
			protect_run(&it, prot);
	}
	tdp_debt_pay(root, &debt);
}

int tdp_protect_range(struct tdp_root *root, ia_t start, ia_t end, pt_prot_t prot)
{
	int error;

	if (!pt_range_ok(&root->pt, start, end) || !pte_leaf_ok(0, prot))
		return -TDP_EINVAL;
	host_lock(root->host, HOST_EXCLUSIVE);
	error = tdp_split_at(root, start);
	if (!error)
		error = tdp_split_at(root, end);
	if (!error)
		protect_locked(root, (struct tdp_range){ start, end }, prot);
	host_unlock(root->host, HOST_EXCLUSIVE);
	return error;
}
