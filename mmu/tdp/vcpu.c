/*
 * A virtual CPU's part of the address space: its root, and the ones that it has used before.
 */
#include "tdp_mmu.h"

int mmu_vcpu_create(struct mmu_vcpu **mv, struct mmu *mmu)
{
	*mv = host_memory_alloc(mmu->host, sizeof(**mv));
	if (!*mv)
		return -MMU_ENOMEM;
	(*mv)->mmu = mmu;
	return 0;
}

void mmu_vcpu_destroy(struct mmu_vcpu *mv)
{
	struct host *host = mv->mmu->host;

	if (mv->root)
		tdp_root_put(mv->root, MMU_MAY_YIELD);
	for (int i = 0; i < TDP_PREVIOUS_MAX; i++)
		if (mv->previous[i])
			tdp_root_put(mv->previous[i], MMU_MAY_YIELD);
	tdp_cache_drain(&mv->cache, host);
	host_memory_free(host, mv);
}

/* ---- The root to load -------------------------------------------------------------------------------------- */

/* Validity ends under the table lock. */
static bool is_valid(const struct tdp_root *root)
{
	bool valid;

	host_table_lock(root->host);
	valid = !root->is_invalid;
	host_table_unlock(root->host);
	return valid;
}

/* Put the root first in the list of previous ones; the last one goes, and so does one that is of no use. */
static void remember(struct mmu_vcpu *mv, struct tdp_root *root)
{
	struct tdp_root *goes = root;

	if (is_valid(root)) {
		goes = mv->previous[TDP_PREVIOUS_MAX - 1];
		for (int i = TDP_PREVIOUS_MAX - 1; i > 0; i--)
			mv->previous[i] = mv->previous[i - 1];
		mv->previous[0] = root;
	}
	if (goes)
		tdp_root_put(goes, MMU_MAY_YIELD);
}

static void forget_invalid(struct mmu_vcpu *mv)
{
	for (int i = 0; i < TDP_PREVIOUS_MAX; i++) {
		if (!mv->previous[i] || is_valid(mv->previous[i]))
			continue;
		tdp_root_put(mv->previous[i], MMU_MAY_YIELD);
		mv->previous[i] = NULL;
	}
}

/* The reference that was remembered is the caller's from here on; NULL: none fits. */
static struct tdp_root *recall(struct mmu_vcpu *mv, int levels)
{
	for (int i = 0; i < TDP_PREVIOUS_MAX; i++) {
		struct tdp_root *root = mv->previous[i];

		if (!root || root->pt.levels != levels)
			continue;
		mv->previous[i] = NULL;
		return root;
	}
	return NULL;
}

/* The generation is older than all that is looked up here: if roots become invalid meanwhile, the next call sees it. */
static int change_root(struct mmu_vcpu *mv, struct mmu_role role, uint64_t generation)
{
	struct tdp_root *root;
	struct pt shape;
	int error = tdp_root_shape(&mv->mmu->config, role.levels, &shape);

	if (error || role.view)
		return -MMU_EINVAL;
	forget_invalid(mv);
	root = recall(mv, shape.levels);
	error = root ? 0 : tdp_root_get(&root, mv->mmu, shape.levels);
	if (error)
		return error;
	if (mv->root)
		remember(mv, mv->root);
	mv->root = root;
	mv->role = role;
	mv->generation = generation;
	return 0;
}

int mmu_vcpu_root(struct mmu_vcpu *mv, struct mmu_role role, struct mmu_root *root)
{
	uint64_t generation = __atomic_load_n(&mv->mmu->generation, __ATOMIC_ACQUIRE);
	bool same = mv->role.levels == role.levels && mv->role.view == role.view;
	int error = 0;

	if (!mv->root || mv->generation != generation || !same)
		error = change_root(mv, role, generation);
	if (error)
		return error;
	*root = (struct mmu_root){
		.table = mv->root->pt.root,
		.levels = mv->root->pt.levels,
		.extra = mv->root->pt.root_extra,
		.host = mv->root->hardware,
	};
	return 0;
}

bool mmu_root_is_current(const struct mmu_vcpu *mv)
{
	return mv->root && __atomic_load_n(&mv->mmu->generation, __ATOMIC_SEQ_CST) == mv->generation;
}
