/*
 * Roots of an address space: found by role, counted, made invalid, freed.  See tdp_mmu.h.
 */
#include "tdp_mmu.h"

/* ---- Shapes ------------------------------------------------------------------------------------------------ */

static bool shape_fits(const struct mmu_config *config, int levels, const struct pt *shape)
{
	int wanted = config->levels_fixed ? config->levels_fixed : levels;
	int bits = config->root_bits > config->gpa_bits ? config->root_bits : config->gpa_bits;

	return pt_shape_ok(shape->levels, shape->root_extra) && pt_ia_bits(shape) >= bits &&
	       (!wanted || shape->levels == wanted) && (!levels || shape->levels == levels);
}

int tdp_root_shape(const struct mmu_config *config, int levels, struct pt *shape)
{
	*shape = (struct pt){ 0 };
	for (shape->levels = PT_LEVELS_MIN; shape->levels <= PT_LEVELS_MAX; shape->levels++)
		for (shape->root_extra = PT_ROOT_EXTRA_MIN; shape->root_extra <= PT_ROOT_EXTRA_MAX; shape->root_extra++)
			if (shape_fits(config, levels, shape))
				return 0;
	return -MMU_EINVAL;
}

/* ---- Finding ------------------------------------------------------------------------------------------------ */

/* LAB(4) begin root_refusal */
/* A root that is not used again has one reason. */
static enum tdp_refusal refusal(const struct tdp_root *root, int levels)
{
	if (root->is_invalid)
		return TDP_ROOT_INVALID;
	if (root->pt.levels != levels)
		return TDP_ROOT_OTHER_LEVELS;
	return TDP_ROOT_FITS;
}
/* LAB(4) end */

/* Table lock held. */
static struct tdp_root *find(struct mmu *mmu, int levels)
{
	for (struct tdp_root *root = mmu->roots; root; root = root->next) {
		enum tdp_refusal why = refusal(root, levels);

		host_trace(mmu->host, HOST_TRACE_ROOT, ia(root->pt.root.raw), root->pt.levels, why);
		if (why != TDP_ROOT_FITS)
			continue;
		root->count++;
		return root;
	}
	return NULL;
}

/* A root that is in no list. */
static int make(struct tdp_root **made, struct mmu *mmu, const struct pt *shape)
{
	struct tdp_root *root = host_memory_alloc(mmu->host, sizeof(*root));
	int error;

	if (!root)
		return -MMU_ENOMEM;
	error = tdp_root_create(root, mmu->host, shape->levels, shape->root_extra);
	if (error) {
		host_memory_free(mmu->host, root);
		return error;
	}
	root->mmu = mmu;
	*made = root;
	return 0;
}

static void unmake(struct tdp_root *root)
{
	struct host *host = root->host;

	tdp_root_close(root);
	host_memory_free(host, root);
}

/* Somebody else may have been faster, or the mmu has died meanwhile: then the new one is not needed. */
static struct tdp_root *find_or_link(struct mmu *mmu, struct tdp_root *made)
{
	struct tdp_root *root;

	host_table_lock(mmu->host);
	root = mmu->is_dead ? NULL : find(mmu, made->pt.levels);
	if (!root && !mmu->is_dead) {
		root = made;
		root->count = 2;
		root->is_own = true;
		root->next = mmu->roots;
		mmu->roots = root;
	}
	host_table_unlock(mmu->host);
	return root;
}

int tdp_root_get(struct tdp_root **root, struct mmu *mmu, int levels)
{
	struct tdp_root *made;
	struct pt shape;
	int error = tdp_root_shape(&mmu->config, levels, &shape);

	if (error)
		return error;
	if (__atomic_load_n(&mmu->is_dead, __ATOMIC_ACQUIRE))
		return -MMU_EIO;
	host_table_lock(mmu->host);
	*root = find(mmu, shape.levels);
	host_table_unlock(mmu->host);
	if (*root)
		return 0;
	error = make(&made, mmu, &shape);
	if (error)
		return error;
	*root = find_or_link(mmu, made);
	if (*root != made)
		unmake(made);
	return *root ? 0 : -MMU_EIO;
}

/* ---- Letting go --------------------------------------------------------------------------------------------- */

static void unlink_root(struct tdp_root *root)
{
	struct tdp_root **link = &root->mmu->roots;

	while (*link != root)
		link = &(*link)->next;
	*link = root->next;
}

enum due { NOTHING_IS_DUE, EMPTY_IT, FREE_IT };

/* LAB(4) begin root_drop */
/*
 * One reference less.  Who drops the last one keeps it while the tree is emptied, and drops it again; who drops the
 * last one then, itself or a walk that came by, frees.
 */
static enum due drop(struct tdp_root *root)
{
	enum due due = NOTHING_IS_DUE;

	host_table_lock(root->host);
	if (root->count > 1) {
		root->count--;
	} else if (!root->is_dying) {
		root->is_dying = true;
		due = EMPTY_IT;
	} else {
		root->count = 0;
		unlink_root(root);
		due = FREE_IT;
	}
	host_table_unlock(root->host);
	return due;
}
/* LAB(4) end */

void tdp_root_put(struct tdp_root *root, enum mmu_yield yield)
{
	struct tdp_range all = { ia(0), ia(pt_ia_end(&root->pt)) };
	enum due due = drop(root);

	if (due == EMPTY_IT) {
		tdp_unmap_whole(root, all, yield);
		due = drop(root);
	}
	if (due == FREE_IT)
		unmake(root);
}

struct tdp_root *tdp_root_next(struct mmu *mmu, struct tdp_root *root, enum mmu_yield yield)
{
	struct tdp_root *next;

	host_table_lock(mmu->host);
	next = root ? root->next : mmu->roots;
	if (next)
		next->count++;
	host_table_unlock(mmu->host);
	if (root)
		tdp_root_put(root, yield);
	return next;
}

/* ---- Invalidation ------------------------------------------------------------------------------------------- */

void tdp_roots_invalidate(struct mmu *mmu, enum tdp_fate fate)
{
	host_lock(mmu->host, HOST_EXCLUSIVE);
	host_table_lock(mmu->host);
	for (struct tdp_root *root = mmu->roots; root; root = root->next)
		root->is_invalid = true;
	if (fate == TDP_DIES)
		__atomic_store_n(&mmu->is_dead, true, __ATOMIC_RELEASE);
	__atomic_fetch_add(&mmu->generation, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&mmu->taken, 1, __ATOMIC_RELAXED);
	host_table_unlock(mmu->host);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
}

/* An invalid root of which the mmu still has a reference, which becomes the caller's; NULL. */
static struct tdp_root *next_to_let_go(struct mmu *mmu)
{
	struct tdp_root *root;

	host_table_lock(mmu->host);
	for (root = mmu->roots; root && !(root->is_invalid && root->is_own); root = root->next)
		;
	if (root)
		root->is_own = false;
	host_table_unlock(mmu->host);
	return root;
}

void tdp_roots_let_go(struct mmu *mmu)
{
	struct tdp_root *root;

	while ((root = next_to_let_go(mmu)))
		tdp_root_put(root, MMU_MAY_YIELD);
}
