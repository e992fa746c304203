/*
 * The parts of tdp_iter that are not on the path of every entry: yielding, detaching, paying.
 */
#include "tdp_iter.h"

/*
 * The debt is paid before the lock goes: whoever gets it next may free or reuse what was unmapped.  A walk that has
 * come no further since the last time does not yield, so it ends however many others wait.
 */
/* LAB(2) begin tdp_iter_yield */
bool tdp_iter_yield(struct tdp_iter *it)
{
	struct host *h = it->root->host;
	ia_t unvisited = tdp_iter_unvisited(it);

	if (unvisited.raw <= it->visited.raw || !host_should_yield(h))
		return false;
	host_trace(h, HOST_TRACE_YIELD, unvisited, it->at.entry.level, 0);
	tdp_debt_pay(it->root, it->debt);
	host_unlock(h, it->mode);
	host_lock(h, it->mode);
	it->visited = unvisited;
	it->step = TDP_STEP_RESTART;
	it->at.entry.slot = NULL;
	return true;
}
/* LAB(2) end */

/* LAB(3) begin detach */
void tdp_iter_detach(struct tdp_iter *it)
{
	struct tdp_debt *debt = it->debt;
	const struct pt_entry *e = &it->at.entry;

	if (!host_lock_is_held(it->root->host, HOST_EXCLUSIVE))
		host_bug(it->root->host, "tdp: a table is unlinked while others may walk", e->ia.raw, e->level);
	if (debt->detached_count == TDP_DETACHED_MAX)
		tdp_debt_pay(it->root, debt);
	debt->detached[debt->detached_count++] = (struct tdp_detached){
		.table = pte_table_hpa(e->pte),
		.ia = e->ia,
		.level = e->level - 1,
	};
	tdp_debt_add(debt, e->ia, pt_entry_end(e), HOST_FLUSH_ALL);
	tdp_iter_set(it, pte_make_empty());
}
/* LAB(3) end */

void tdp_tell(struct tdp_root *root, ia_t at, hpa_t page, uint64_t size, unsigned ad)
{
	if (size && ad)
		host_page_mark(root->host, at, page, size, ad);
}

/*
 * Free a table that was cut off, and all that are below it.  What their leaves have seen is given to the host before,
 * and they are counted no more.  No hardware walker comes here any more.
 */
/* LAB(3) begin free_detached */
static void harvest_table(struct tdp_root *root, const struct pt_post *post)
{
	pte_t *table = pt_table(&root->pt, post->table);
	uint64_t span = pt_span(post->level);

	for (uint64_t i = 0; i < pt_entry_count(&root->pt, post->level); i++) {
		pte_t pte = pt_read(&table[i]);

		if (pte_kind(pte, post->level) != PTE_LEAF)
			continue;
		root->leaf_count[post->level]--;
		tdp_tell(root, ia_add(post->ia, i * span), pte_leaf_hpa(pte, post->level), span, pte_ad(pte));
	}
}

static void free_detached(struct tdp_root *root, const struct tdp_detached *d)
{
	struct pt_post post;

	for (pt_post_start(&post, &root->pt, d->table, d->ia, d->level); pt_post_next(&post);) {
		harvest_table(root, &post);
		tdp_table_free(root, post.table, post.level);
	}
}
/* LAB(3) end */

/* Hardware may set bits in detached tables until the flush has returned, so the harvest comes after it. */
/* LAB(3) begin debt_pay */
void tdp_debt_pay(struct tdp_root *root, struct tdp_debt *debt)
{
	bool is_here = debt->is_here;

	if (debt->start.raw != debt->end.raw) {
		host_trace(root->host, HOST_TRACE_FLUSH, debt->start, 0, debt->detached_count);
		host_flush(root->host, root->hardware, debt->start, debt->end, debt->what);
	}
	for (int i = 0; i < debt->detached_count; i++)
		free_detached(root, &debt->detached[i]);
	tdp_debt_init(debt);
	debt->is_here = is_here;
}
/* LAB(3) end */
