/*
 * The plug: mmu/mmu.h's functions that work on all roots of an address space.
 */
#include "tdp_mmu.h"

/* ---- What it can do ----------------------------------------------------------------------------------------- */

static const struct mmu_caps caps = {
	.name = "tdp",
	.format = PT_FORMAT,
	.caps = MMU_CAP_HUGE | MMU_CAP_PROTECT_SPLIT | MMU_CAP_PREFAULT | MMU_CAP_PARALLEL | MMU_CAP_WIDTHS,
	.gpa_bits_min = PT_PAGE_SHIFT + PT_INDEX_BITS * PT_LEVELS_MIN + PT_ROOT_EXTRA_MIN,
	.gpa_bits_max = PT_IA_BITS_MAX,
	.hpa_bits = PT_OA_BITS,
};

const struct mmu_caps *mmu_caps(void)
{
	return &caps;
}

/* ---- Create and destroy ----------------------------------------------------------------------------------- */

int mmu_create(struct mmu **mmu, const struct mmu_config *config)
{
	struct pt shape;

	if (config->gpa_bits <= PT_PAGE_SHIFT || tdp_root_shape(config, 0, &shape))
		return -MMU_EINVAL;
	*mmu = host_memory_alloc(config->host, sizeof(**mmu));
	if (!*mmu)
		return -MMU_ENOMEM;
	(*mmu)->config = *config;
	(*mmu)->host = config->host;
	return 0;
}

void mmu_destroy(struct mmu *mmu)
{
	tdp_roots_invalidate(mmu, TDP_DIES);
	tdp_roots_let_go(mmu);
	if (mmu->roots)
		host_bug(mmu->host, "tdp: a root outlives its mmu", mmu->roots->pt.root.raw, mmu->roots->count);
	host_memory_free(mmu->host, mmu);
}

/* Roots are emptied while they are still listed: those that vCPUs hold lose their pages too. */
void mmu_kill(struct mmu *mmu)
{
	tdp_roots_invalidate(mmu, TDP_DIES);
	mmu_unmap(mmu, gpa(0), gpa((uint64_t)1 << mmu->config.gpa_bits), MMU_MAY_YIELD);
	tdp_roots_let_go(mmu);
}

void mmu_reload_roots(struct mmu *mmu)
{
	tdp_roots_invalidate(mmu, TDP_LIVES);
	tdp_roots_let_go(mmu);
}

/* ---- Taking away ---------------------------------------------------------------------------------------------- */

/* The part of [start, end) that the root translates; false: none. */
static bool clip(const struct tdp_root *root, gpa_t start, gpa_t end, struct tdp_range *range)
{
	uint64_t last = pt_ia_end(&root->pt);

	range->start = ia(start.raw);
	range->end = ia(end.raw < last ? end.raw : last);
	return pt_range_ok(&root->pt, range->start, range->end);
}

void mmu_unmap(struct mmu *mmu, gpa_t start, gpa_t end, enum mmu_yield yield)
{
	struct tdp_range range;
	struct tdp_root *root;

	__atomic_fetch_add(&mmu->taken, 1, __ATOMIC_RELAXED);
	tdp_for_each_root(root, mmu, yield)
		if (clip(root, start, end, &range))
			tdp_unmap_whole(root, range, yield);
}

void mmu_protect(struct mmu *mmu, gpa_t start, gpa_t end, pt_prot_t keep, enum mmu_yield yield)
{
	struct tdp_range range;
	struct tdp_root *root;

	__atomic_fetch_add(&mmu->taken, 1, __ATOMIC_RELAXED);
	tdp_for_each_root(root, mmu, yield)
		if (clip(root, start, end, &range))
			tdp_protect_whole(root, range, keep, yield);
}

/* ---- Capabilities that it has not ------------------------------------------------------------------------------ */

int mmu_log_protect(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return -MMU_ENOSYS;
}

int mmu_log_protect_mask(struct mmu *mmu, gpa_t start, uint64_t mask)
{
	return -MMU_ENOSYS;
}

int mmu_log_end(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return -MMU_ENOSYS;
}

bool mmu_age(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return true;
}

bool mmu_test_young(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return true;
}
