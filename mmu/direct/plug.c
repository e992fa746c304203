/*
 * The rest of mmu/mmu.h: beginning and end, taking away, looking.
 */
#include "direct.h"

static const struct mmu_caps caps = {
	.name = "direct",
	.format = PT_FORMAT,
	.caps = MMU_CAP_PREFAULT,
	.gpa_bits_min = PT_PAGE_SHIFT + PT_INDEX_BITS * PT_LEVELS_MIN + PT_ROOT_EXTRA_MIN,
	.gpa_bits_max = PT_IA_BITS_MAX,
	.hpa_bits = PT_OA_BITS,
};

const struct mmu_caps *mmu_caps(void)
{
	return &caps;
}

/* ---- Create and destroy ------------------------------------------------------------------------------------- */

static bool fits(const struct pt *pt, const struct mmu_config *config)
{
	int bits = config->root_bits > config->gpa_bits ? config->root_bits : config->gpa_bits;

	return pt_shape_ok(pt->levels, pt->root_extra) && pt_ia_bits(pt) >= bits &&
	       (!config->levels_fixed || pt->levels == config->levels_fixed);
}

static bool choose_shape(struct pt *pt, const struct mmu_config *config)
{
	for (pt->levels = PT_LEVELS_MIN; pt->levels <= PT_LEVELS_MAX; pt->levels++)
		for (pt->root_extra = PT_ROOT_EXTRA_MIN; pt->root_extra <= PT_ROOT_EXTRA_MAX; pt->root_extra++)
			if (fits(pt, config))
				return true;
	return false;
}

static int make_root(struct mmu *mmu)
{
	struct pt *pt = &mmu->pt;

	pt->window = host_table_window(mmu->host);
	pt->root = host_table_alloc(mmu->host, pt->root_extra);
	if (pt->root.raw == 0)
		return -MMU_ENOMEM;
	for (uint64_t i = 0; i < pt_entry_count(pt, pt_top(pt)); i++)
		pt_table(pt, pt->root)[i] = pte_make_empty();
	mmu->table_count = 1;
	mmu->hardware = host_root_open(mmu->host, pt->root, pt->levels, pt->root_extra);
	if (mmu->hardware)
		return 0;
	host_table_free(mmu->host, pt->root, pt->root_extra);
	return -MMU_ENOMEM;
}

int mmu_create(struct mmu **made, const struct mmu_config *config)
{
	struct pt pt = { 0 };
	struct mmu *mmu;
	int error;

	if (config->gpa_bits <= PT_PAGE_SHIFT || !choose_shape(&pt, config))
		return -MMU_EINVAL;
	mmu = host_memory_alloc(config->host, sizeof(*mmu));
	if (!mmu)
		return -MMU_ENOMEM;
	mmu->config = *config;
	mmu->host = config->host;
	mmu->pt = pt;
	error = make_root(mmu);
	if (error)
		host_memory_free(config->host, mmu);
	else
		*made = mmu;
	return error;
}

static void unmap_all(struct mmu *mmu)
{
	mmu_unmap(mmu, gpa(0), gpa(pt_ia_end(&mmu->pt)), MMU_MAY_YIELD);
}

/* No CPU may know a table that is freed: tables are flushed once, here. */
void mmu_destroy(struct mmu *mmu)
{
	struct host *host = mmu->host;
	struct pt_post post;

	unmap_all(mmu);
	host_flush(host, mmu->hardware, ia(0), ia(pt_ia_end(&mmu->pt)), HOST_FLUSH_ALL);
	host_root_close(host, mmu->hardware);
	for (pt_post_start(&post, &mmu->pt, mmu->pt.root, ia(0), pt_top(&mmu->pt)); pt_post_next(&post);)
		host_table_free(host, post.table, post.level == pt_top(&mmu->pt) ? mmu->pt.root_extra : 0);
	host_memory_free(host, mmu);
}

void mmu_kill(struct mmu *mmu)
{
	host_lock(mmu->host, HOST_EXCLUSIVE);
	__atomic_store_n(&mmu->is_dead, true, __ATOMIC_RELEASE);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
	unmap_all(mmu);
}

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

	while (mv->spare_count)
		host_table_free(host, mv->spares[--mv->spare_count], 0);
	host_memory_free(host, mv);
}

/* ---- The root to load --------------------------------------------------------------------------------------- */

int mmu_vcpu_root(struct mmu_vcpu *mv, struct mmu_role role, struct mmu_root *root)
{
	struct mmu *mmu = mv->mmu;

	if (role.view || (role.levels && role.levels != mmu->pt.levels))
		return -MMU_EINVAL;
	if (__atomic_load_n(&mmu->is_dead, __ATOMIC_ACQUIRE))
		return -MMU_EIO;
	*root = (struct mmu_root){ mmu->pt.root, mmu->pt.levels, mmu->pt.root_extra, mmu->hardware };
	return 0;
}

bool mmu_root_is_current(const struct mmu_vcpu *mv)
{
	return !__atomic_load_n(&mv->mmu->is_dead, __ATOMIC_SEQ_CST);
}

/* There is one root, so it becomes a new one: faults that looked something up before have to look again. */
void mmu_reload_roots(struct mmu *mmu)
{
	host_lock(mmu->host, HOST_EXCLUSIVE);
	mmu->reload_count++;
	host_unlock(mmu->host, HOST_EXCLUSIVE);
	unmap_all(mmu);
}

/* ---- Taking away -------------------------------------------------------------------------------------------- */

/* What is left of a leaf. */
static pte_t reduced(pte_t pte, pt_prot_t keep)
{
	pt_prot_t prot = pte_prot(pte, 0) & (keep | PT_DEVICE);

	return pte_leaf_ok(0, prot) ? pte_with_prot(pte, 0, prot) : pte_make_empty();
}

static void breathe(struct mmu *mmu, enum mmu_yield yield, struct direct_debt *debt)
{
	if (yield == MMU_MUST_NOT_YIELD || !host_should_yield(mmu->host))
		return;
	direct_flush(mmu, debt);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
	host_lock(mmu->host, HOST_EXCLUSIVE);
}

/* To the next entry: the neighbour, which can be no table, or by a walk.  Tables stay, so slots do too. */
static void step(struct mmu *mmu, struct direct_place *place)
{
	ia_t next = ia_add(place->ia, pt_span(place->level));

	if (place->level == 0 && !pt_is_aligned(next.raw, 1)) {
		place->pte = pt_read(++place->slot);
		place->ia = next;
	} else if (next.raw < pt_ia_end(&mmu->pt)) {
		*place = direct_find(mmu, next);
	} else {
		place->ia = next;
	}
}

/* Leaves of [start, end) keep these rights. */
static void reduce(struct mmu *mmu, gpa_t start, gpa_t end, pt_prot_t keep, enum mmu_yield yield)
{
	struct direct_debt debt = { 0 };
	struct direct_place place;

	if (start.raw >= pt_ia_end(&mmu->pt))
		return;
	host_lock(mmu->host, HOST_EXCLUSIVE);
	mmu->taken++;
	for (place = direct_find(mmu, ia(start.raw)); place.ia.raw < end.raw; step(mmu, &place)) {
		if (place.ia.raw >= pt_ia_end(&mmu->pt))
			break;
		if (pte_kind(place.pte, place.level) == PTE_LEAF && !pte_same(place.pte, reduced(place.pte, keep)))
			direct_set(mmu, &place, reduced(place.pte, keep), &debt);
		breathe(mmu, yield, &debt);
	}
	direct_flush(mmu, &debt);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
}

void mmu_unmap(struct mmu *mmu, gpa_t start, gpa_t end, enum mmu_yield yield)
{
	reduce(mmu, start, end, 0, yield);
}

void mmu_protect(struct mmu *mmu, gpa_t start, gpa_t end, pt_prot_t keep, enum mmu_yield yield)
{
	reduce(mmu, start, end, keep, yield);
}

/* ---- Capabilities that it has not --------------------------------------------------------------------------- */

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

/* ---- Looking ------------------------------------------------------------------------------------------------ */

void mmu_stats(struct mmu *mmu, struct mmu_stats *stats)
{
	*stats = (struct mmu_stats){
		.leaf_count = { mmu->leaf_count },
		.table_count = mmu->table_count,
		.root_count = 1,
		.prefault_count = mmu->prefault_count,
	};
	for (int i = 0; i < MMU_OUTCOME_COUNT; i++)
		stats->faults[i] = mmu->faults[i];
}

static void entry_line(const struct pt_entry *e, char line[MMU_LINE_MAX])
{
	_Static_assert(MMU_LINE_MAX == PT_LINE_MAX, "a line of the printer fits");
	pt_entry_line(e, line);
}

void mmu_describe(struct mmu_vcpu *mv, gpa_t at, char line[MMU_LINE_MAX])
{
	struct mmu *mmu = mv->mmu;
	struct direct_place place;

	line[0] = 0;
	if (at.raw >= pt_ia_end(&mmu->pt))
		return;
	host_lock(mmu->host, HOST_EXCLUSIVE);
	place = direct_find(mmu, ia(at.raw));
	host_unlock(mmu->host, HOST_EXCLUSIVE);
	entry_line(&(struct pt_entry){ place.slot, place.pte, place.ia, place.level }, line);
}

void mmu_dump(struct mmu *mmu, gpa_t start, gpa_t end, void (*print)(void *arg, const char *line), void *arg)
{
	uint64_t last = pt_ia_end(&mmu->pt);

	if (end.raw < last)
		last = end.raw;
	host_lock(mmu->host, HOST_EXCLUSIVE);
	if (pt_range_ok(&mmu->pt, ia(start.raw), ia(last)))
		pt_dump(&mmu->pt, ia(start.raw), ia(last), print, arg);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
}

void mmu_walk(struct mmu *mmu, gpa_t at, void (*print)(void *arg, const char *line), void *arg)
{
	if (at.raw >= pt_ia_end(&mmu->pt))
		return;
	host_lock(mmu->host, HOST_EXCLUSIVE);
	pt_walk(&mmu->pt, ia(at.raw), print, arg);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
}

void mmu_walk_in_panic(const struct mmu_vcpu *mv, gpa_t at, void (*print)(void *arg, const char *line), void *arg)
{
	if (at.raw < pt_ia_end(&mv->mmu->pt))
		pt_walk(&mv->mmu->pt, ia(at.raw), print, arg);
}

/* ---- Invariants --------------------------------------------------------------------------------------------- */

enum { RULE_COUNTS = 100, RULE_BEYOND, RULE_SLOT, RULE_CHANGING };

static int check_leaf(struct mmu *mmu, const struct pt_entry *e)
{
	struct host_sample sample = host_sample(mmu->host);
	gpa_t at = gpa(e->ia.raw);
	struct host_slot slot;

	if (at.raw >> mmu->config.gpa_bits)
		return RULE_BEYOND;
	if (host_lookup(mmu->host, at, &slot) != HOST_SLOT_RAM || (pte_prot(e->pte, 0) & ~slot.rights))
		return RULE_SLOT;
	return host_must_retry(mmu->host, &sample, &slot, at) ? RULE_CHANGING : 0;
}

static int check_tree(struct mmu *mmu, struct pt_entry *at)
{
	struct pt_census census;
	struct pt_iter it;
	int rule;

	pt_census(&mmu->pt, mmu->table_count, &census);
	*at = census.at;
	if (census.broken)
		return census.broken;
	if (census.table_count != mmu->table_count || census.leaf_count[0] != mmu->leaf_count)
		return RULE_COUNTS;
	pt_for_each(&it, &mmu->pt, ia(0), ia(pt_ia_end(&mmu->pt)), 0) {
		*at = it.entry;
		rule = pt_entry_kind(at) == PTE_LEAF ? check_leaf(mmu, at) : 0;
		if (rule)
			return rule;
	}
	return 0;
}

int mmu_check(struct mmu *mmu, char line[MMU_LINE_MAX])
{
	struct pt_entry at;
	int rule;

	line[0] = 0;
	host_lock(mmu->host, HOST_EXCLUSIVE);
	rule = check_tree(mmu, &at);
	host_unlock(mmu->host, HOST_EXCLUSIVE);
	if (rule)
		entry_line(&at, line);
	return rule;
}
