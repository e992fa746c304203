/*
 * Looking at an address space: counts, entries in words, invariants.
 */
#include "tdp_mmu.h"

void mmu_stats(struct mmu *mmu, struct mmu_stats *stats)
{
	*stats = (struct mmu_stats){ .prefault_count = mmu->prefault_count };
	for (int i = 0; i < MMU_OUTCOME_COUNT; i++)
		stats->faults[i] = mmu->faults[i];
	host_table_lock(mmu->host);
	for (const struct tdp_root *root = mmu->roots; root; root = root->next) {
		for (int level = 0; level < PT_LEVELS_MAX; level++)
			stats->leaf_count[level] += root->leaf_count[level];
		stats->table_count += root->table_count;
		stats->root_count++;
		stats->invalid_root_count += root->is_invalid;
	}
	host_table_unlock(mmu->host);
}

/* ---- Words ------------------------------------------------------------------------------------------------- */

void mmu_describe(struct mmu_vcpu *mv, gpa_t at, char line[MMU_LINE_MAX])
{
	struct tdp_root *root = mv->root;
	struct pt_iter it;

	_Static_assert(MMU_LINE_MAX == PT_LINE_MAX, "a line of the printer fits");
	line[0] = 0;
	if (!root || at.raw >= pt_ia_end(&root->pt))
		return;
	host_lock(root->host, HOST_SHARED);
	pt_for_each(&it, &root->pt, ia(at.raw), ia(at.raw + pt_span(0)), 0)
		pt_entry_line(&it.entry, line);
	host_unlock(root->host, HOST_SHARED);
}

static void dump_root(struct tdp_root *root, struct tdp_range range, void (*print)(void *arg, const char *line),
		      void *arg)
{
	char line[PT_LINE_MAX];
	struct tdp_debt debt;
	struct tdp_iter it;

	tdp_debt_init(&debt);
	host_lock(root->host, HOST_SHARED);
	tdp_for_each(&it, root, range, HOST_SHARED, &debt) {
		if (tdp_iter_yield(&it) || pte_same(it.at.entry.pte, pte_make_empty()))
			continue;
		print(arg, pt_entry_line(&it.at.entry, line));
	}
	host_unlock(root->host, HOST_SHARED);
}

void mmu_dump(struct mmu *mmu, gpa_t start, gpa_t end, void (*print)(void *arg, const char *line), void *arg)
{
	struct tdp_root *root;

	tdp_for_each_root(root, mmu, MMU_MAY_YIELD) {
		uint64_t last = pt_ia_end(&root->pt);
		struct tdp_range range = { ia(start.raw), ia(end.raw < last ? end.raw : last) };

		if (pt_range_ok(&root->pt, range.start, range.end))
			dump_root(root, range, print, arg);
	}
}

void mmu_walk(struct mmu *mmu, gpa_t at, void (*print)(void *arg, const char *line), void *arg)
{
	struct tdp_root *root;

	tdp_for_each_root(root, mmu, MMU_MAY_YIELD) {
		if (at.raw >= pt_ia_end(&root->pt))
			continue;
		host_lock(root->host, HOST_SHARED);
		pt_walk(&root->pt, ia(at.raw), print, arg);
		host_unlock(root->host, HOST_SHARED);
	}
}

void mmu_walk_in_panic(const struct mmu_vcpu *mv, gpa_t at, void (*print)(void *arg, const char *line), void *arg)
{
	if (mv->root && at.raw < pt_ia_end(&mv->root->pt))
		pt_walk(&mv->root->pt, ia(at.raw), print, arg);
}

/* ---- Invariants -------------------------------------------------------------------------------------------- */

/* The rules of mmu_check() beyond those of a tree. */
enum { RULE_BEYOND = 101, RULE_SLOT, RULE_CHANGING, RULE_REFERENCES };

static int check_leaf(struct mmu *mmu, const struct pt_entry *e)
{
	struct host_sample sample = host_sample(mmu->host);
	gpa_t at = gpa(e->ia.raw);
	struct host_slot slot;

	if ((pt_entry_end(e).raw - 1) >> mmu->config.gpa_bits)
		return RULE_BEYOND;
	if (host_lookup(mmu->host, at, &slot) != HOST_SLOT_RAM || pt_entry_end(e).raw > slot.end.raw ||
	    (pte_prot(e->pte, e->level) & ~slot.rights))
		return RULE_SLOT;
	return host_must_retry(mmu->host, &sample, &slot, at) ? RULE_CHANGING : 0;
}

static int check_root(struct mmu *mmu, struct tdp_root *root, struct pt_entry *at)
{
	struct pt_census census;
	int rule = tdp_check(root, &census);
	struct pt_iter it;

	*at = rule ? census.at : (struct pt_entry){ 0 };
	if (!rule && (root->count == 0 || root->is_own == root->is_invalid))
		rule = RULE_REFERENCES;
	if (rule)
		return rule;
	pt_for_each(&it, &root->pt, ia(0), ia(pt_ia_end(&root->pt)), 0) {
		if (pt_entry_kind(&it.entry) == PTE_LEAF)
			rule = check_leaf(mmu, &it.entry);
		*at = it.entry;
		if (rule)
			break;
	}
	return rule;
}

int mmu_check(struct mmu *mmu, char line[MMU_LINE_MAX])
{
	struct tdp_root *root;
	struct pt_entry at;
	int rule = 0;

	line[0] = 0;
	tdp_for_each_root(root, mmu, MMU_MAY_YIELD) {
		int broken;

		host_lock(mmu->host, HOST_EXCLUSIVE);
		broken = check_root(mmu, root, &at);
		host_unlock(mmu->host, HOST_EXCLUSIVE);
		if (!broken || rule)
			continue;
		rule = broken;
		pt_entry_line(&at, line);
	}
	return rule;
}
