/*
 * Mapping a range: first make all tables, which can fail; then write the leaves, which cannot.
 */
#include "tdp_iter.h"

/* LAB(5) begin pick_level */
/*
 * The largest leaf that fits at `at`: both addresses aligned, not beyond the end, allowed by the format and the
 * caller.
 */
static int pick_level(const struct tdp_root *root, ia_t at, ia_t end, hpa_t page, const struct tdp_map *map)
{
	int level = map->max_level < PT_LEAF_LEVEL_MAX ? map->max_level : PT_LEAF_LEVEL_MAX;

	if (level > pt_top(&root->pt))
		level = pt_top(&root->pt);
	while (level > 0 && (!pt_is_aligned(at.raw | page.raw, level) || pt_span(level) > end.raw - at.raw ||
			     !pte_leaf_ok(level, map->prot)))
		level--;
	return level;
}
/* LAB(5) end */

static hpa_t page_for(const struct tdp_iter *it, const struct tdp_map *map)
{
	return hpa_add(map->page, it->at.entry.ia.raw - it->at.start.raw);
}

/*
 * Does a leaf go into the cursor's entry?  Not above the level that fits; below it if a table is in the way already.
 */
static bool is_leaf_place(const struct tdp_iter *it, const struct tdp_map *map)
{
	const struct pt_entry *e = &it->at.entry;

	return e->ia.raw >= it->at.start.raw &&
	       e->level <= pick_level(it->root, e->ia, it->at.end, page_for(it, map), map);
}

/* LAB(3) begin link_table */
static int link_table(struct tdp_iter *it)
{
	hpa_t table = tdp_table_alloc(it->root, it->at.entry.level - 1);

	if (table.raw == 0)
		return -TDP_ENOMEM;
	tdp_iter_set(it, pte_make_table(table));
	return 0;
}
/* LAB(3) end */

/* How many leaves of the level go into the table from the cursor's entry on? */
static uint64_t leaves_left(const struct tdp_iter *it)
{
	const struct pt_entry *e = &it->at.entry;
	uint64_t whole = (it->at.end.raw - e->ia.raw) >> pt_level_shift(e->level);
	uint64_t left = pt_iter_left(&it->at, it->at.end);

	return left < whole ? left : whole;
}

/* Stand on the last of the empty entries that begin here. */
static void pass_empty(struct tdp_iter *it)
{
	const struct pt_entry *e = &it->at.entry;
	const pte_t *last = e->slot, *end = last + leaves_left(it);

	while (last + 1 < end && pte_same(pt_read(last + 1), pte_make_empty()))
		last++;
	pt_iter_seek(&it->at, ia_add(e->ia, (uint64_t)(last - e->slot) << pt_level_shift(e->level)));
}

/* Make every table that the leaves will lie in. */
static int make_tables(struct tdp_iter *it, struct tdp_root *root, struct tdp_range range, const struct tdp_map *map,
		       struct tdp_debt *debt)
{
	int error = 0;

	tdp_for_each(it, root, range, HOST_EXCLUSIVE, debt) {
		enum pte_kind kind = pt_entry_kind(&it->at.entry);

		if (kind == PTE_LEAF || kind == PTE_FROZEN)
			return kind == PTE_LEAF ? -TDP_EEXIST : -TDP_EAGAIN;
		if (kind == PTE_EMPTY && is_leaf_place(it, map))
			pass_empty(it);
		else if (kind == PTE_EMPTY)
			error = link_table(it);
		if (error)
			return error;
	}
	return 0;
}

static bool table_is_empty(const struct tdp_root *root, const struct pt_entry *e)
{
	pte_t *table = pt_table(&root->pt, pte_table_hpa(e->pte));

	for (uint64_t i = 0; i < pt_entry_count(&root->pt, e->level - 1); i++)
		if (!pte_same(pt_read(&table[i]), pte_make_empty()))
			return false;
	return true;
}

/* Take away the tables in the range that hold nothing: lower levels first, because they may empty a higher one. */
static void prune_tables(struct tdp_root *root, struct tdp_range range, struct tdp_debt *debt)
{
	struct tdp_iter it;

	for (int level = 1; level <= pt_top(&root->pt); level++)
		tdp_for_each(&it, root, range, HOST_EXCLUSIVE, debt)
			if (it.at.entry.level == level && pt_entry_kind(&it.at.entry) == PTE_TABLE &&
			    table_is_empty(root, &it.at.entry))
				tdp_iter_detach(&it);
}

/* Fill adjacent empty entries from the cursor's on, as far as leaves of this level go. */
/* LAB(3) begin map_run */
static void map_run(struct tdp_iter *it, const struct tdp_map *map)
{
	uint64_t count = leaves_left(it);
	pte_t leaf = pte_make_leaf(page_for(it, map), it->at.entry.level, map->prot);
	struct tdp_run run;

	tdp_run_begin(&run, it, PTE_LEAF);
	while (run.done < count && tdp_run_fill(&run, leaf))
		leaf = pte_leaf_next(leaf, run.level);
	tdp_run_end(&run);
}
/* LAB(3) end */

static bool map_is_ok(const struct tdp_root *root, ia_t start, ia_t end, const struct tdp_map *map)
{
	uint64_t oa_end = (uint64_t)1 << PT_OA_BITS;

	return pt_range_ok(&root->pt, start, end) && pt_is_aligned(map->page.raw, 0) && map->page.raw < oa_end &&
	       end.raw - start.raw <= oa_end - map->page.raw && map->max_level >= 0 && pte_leaf_ok(0, map->prot);
}

int tdp_map_range(struct tdp_root *root, ia_t start, ia_t end, const struct tdp_map *map)
{
	struct tdp_range range = { start, end };
	struct tdp_debt debt;
	struct tdp_iter it;
	int error;

	if (!map_is_ok(root, start, end, map))
		return -TDP_EINVAL;
	tdp_debt_init(&debt);
	host_lock(root->host, HOST_EXCLUSIVE);
	error = make_tables(&it, root, range, map, &debt);
	if (error)
		prune_tables(root, range, &debt);
	else
		tdp_for_each(&it, root, range, HOST_EXCLUSIVE, &debt)
			if (pt_entry_kind(&it.at.entry) == PTE_EMPTY)
				map_run(&it, map);
	tdp_debt_pay(root, &debt);
	host_unlock(root->host, HOST_EXCLUSIVE);
	return error;
}
