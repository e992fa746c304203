/*
 * pt_iter: a cursor over the entries of a tree, in pre-order.
 *
 *	struct pt_iter it;
 *
 *	pt_for_each(&it, pt, start, end, 0)
 *		if (pt_entry_kind(&it.entry) == PTE_LEAF)
 *			...
 *
 * The cursor stands on one entry and holds a *snapshot* of it: slot, value when read, level, first input address.  It
 * visits a table's entry before the entries below it; it goes below only if the snapshot is a table and the level is
 * above min_level.  An entry that covers `start` or `end` in its middle is visited too: pt_iter_is_inside() tells.
 *
 *            visit order                      next() from an entry
 *   root     [ 1 ][ 6 ]                         a table, above min_level: to its first entry at or after `from`
 *              |     `- leaf                    otherwise: to the neighbour; and while the neighbour is the first of
 *   level 0  [2][3][4][5]                       the next table, up: its address is aligned to the level above
 *
 * I1 entry.ia is aligned to entry.level, and entry.slot is its slot in path[entry.level].
 * I2 path[l], for every l from entry.level to the top, is the table that the walk came through.
 * I3 Addresses only grow, except in pt_iter_start() and pt_iter_restart().
 *
 * Whoever changes the entry does it through the cursor, which keeps the snapshot true: so the step that follows a
 * change goes by the new value, not by the one that was there (a table that was just removed is not entered).
 *
 * Locking: none here.  A table on the path must stay allocated while the cursor is used; its entries may change.
 */
#ifndef MMU_PT_PT_ITER_H
#define MMU_PT_PT_ITER_H

#include "mmu/pt/pt_access.h"

struct pt_entry {
	pte_t *slot; /* where it lives */
	pte_t pte;   /* its value when it was read; others may have changed it since */
	ia_t ia;     /* the first byte that it translates */
	int level;
};

struct pt_iter {
	struct pt_entry entry;
	const struct pt *pt;
	ia_t start, end; /* the range */
	ia_t from;       /* where the walk began: start, or later after a restart */
	int min_level;
	pte_t *path[PT_LEVELS_MAX];
};

static inline enum pte_kind pt_entry_kind(const struct pt_entry *e)
{
	return pte_kind(e->pte, e->level);
}

static inline ia_t pt_entry_end(const struct pt_entry *e)
{
	return ia_add(e->ia, pt_span(e->level));
}

static inline bool pt_iter_is_done(const struct pt_iter *it)
{
	return it->entry.ia.raw >= it->end.raw;
}

/* Is all that the entry translates in the range? */
static inline bool pt_iter_is_inside(const struct pt_iter *it)
{
	return it->entry.ia.raw >= it->start.raw && pt_entry_end(&it->entry).raw <= it->end.raw;
}

/* Read the entry again. */
static inline void pt_iter_reload(struct pt_iter *it)
{
	it->entry.pte = pt_read(it->entry.slot);
}

/* Stand on the entry of `level` for address `at`, whose table is on the path. */
/* LAB(2) begin pt_iter_stand */
static inline void pt_iter_stand(struct pt_iter *it, ia_t at, int level)
{
	it->entry.ia = ia(pt_align_down(at.raw, level));
	it->entry.level = level;
	if (pt_iter_is_done(it))
		return;
	it->entry.slot = pt_slot(it->pt, it->path[level], at, level);
	pt_iter_reload(it);
}
/* LAB(2) end */

/* Begin again at the root, at `from`, which lies in the range.  Tables on the way there are visited again. */
/* LAB(2) begin pt_iter_restart */
static inline void pt_iter_restart(struct pt_iter *it, ia_t from)
{
	it->from = from;
	it->path[pt_top(it->pt)] = pt_table(it->pt, it->pt->root);
	pt_iter_stand(it, from, pt_top(it->pt));
}
/* LAB(2) end */

/*
 * Begin at the root's first entry for `start`.  [start, end) is a range that pt_range_ok() accepts; 0 <= min_level
 * and below the root's level.
 */
static inline void pt_iter_start(struct pt_iter *it, const struct pt *pt, ia_t start, ia_t end, int min_level)
{
	*it = (struct pt_iter){ .pt = pt, .start = start, .end = end, .min_level = min_level };
	pt_iter_restart(it, start);
}

/* To the next entry that is not below this one. */
/* LAB(2) begin pt_iter_skip */
static inline void pt_iter_skip(struct pt_iter *it)
{
	ia_t next = pt_entry_end(&it->entry);
	int level = it->entry.level;

	while (level < pt_top(it->pt) && pt_is_aligned(next.raw, level + 1))
		level++;
	pt_iter_stand(it, next, level);
}
/* LAB(2) end */

/* To the next entry in pre-order. */
/* LAB(2) begin pt_iter_next */
static inline void pt_iter_next(struct pt_iter *it)
{
	struct pt_entry *e = &it->entry;

	if (e->level > it->min_level && pt_entry_kind(e) == PTE_TABLE) {
		ia_t first = e->ia.raw > it->from.raw ? e->ia : it->from;

		it->path[e->level - 1] = pt_table(it->pt, pte_table_hpa(e->pte));
		pt_iter_stand(it, first, e->level - 1);
		return;
	}
	pt_iter_skip(it);
}
/* LAB(2) end */

/* To the entry for `at` in the same table; `at` is not before the entry. */
static inline void pt_iter_seek(struct pt_iter *it, ia_t at)
{
	pt_iter_stand(it, at, it->entry.level);
}

/* How many entries of this table, from this one on, begin before `end`?  At least 1. */
/* LAB(2) begin pt_iter_left */
static inline uint64_t pt_iter_left(const struct pt_iter *it, ia_t end)
{
	const struct pt_entry *e = &it->entry;
	uint64_t in_range = (end.raw - e->ia.raw + pt_span(e->level) - 1) >> pt_level_shift(e->level);
	uint64_t index = e->slot - it->path[e->level];
	uint64_t in_table = pt_entry_count(it->pt, e->level) - index;

	return in_range < in_table ? in_range : in_table;
}
/* LAB(2) end */

/*
 * Replace the entry if it still is what the snapshot says.  True: it is, and the snapshot is the new value.  False:
 * it was something else, which the snapshot is then.
 */
/* LAB(2) begin pt_iter_cas */
static inline bool pt_iter_cas(struct pt_iter *it, pte_t pte)
{
	if (!pt_write_cas(it->entry.slot, &it->entry.pte, pte))
		return false;
	it->entry.pte = pte;
	return true;
}
/* LAB(2) end */

/* Replace the entry, whatever it is; returns what it was. */
/* LAB(2) begin pt_iter_xchg */
static inline pte_t pt_iter_xchg(struct pt_iter *it, pte_t pte)
{
	pte_t old = pt_write_xchg(it->entry.slot, pte);

	it->entry.pte = pte;
	return old;
}
/* LAB(2) end */

/* it: struct pt_iter *.  `continue` goes to the next entry. */
#define pt_for_each(it, pt, start, end, min_level)                                                                     \
	for (pt_iter_start(it, pt, start, end, min_level); !pt_iter_is_done(it); pt_iter_next(it))

/* ---- Post-order: tables before the entries that lead to them ---------------------------------------------- */

/*
 * For freeing: visits every table below an entry, children first, the table of the entry itself last.
 *
 *	struct pt_post post;
 *
 *	for (pt_post_start(&post, pt, table, ia, level); pt_post_next(&post);)
 *		free(post.table, post.level);
 *
 * A table's entries are read before it is visited and never after; nobody else changes the tree meanwhile.
 */
struct pt_post {
	hpa_t table; /* visited now */
	int level;   /* of its entries */
	ia_t ia;     /* the first byte that it translates */

	const struct pt *pt;
	int top, at; /* levels: of the first table, and of the one being read; at > top: all is visited */
	ia_t base[PT_LEVELS_MAX];
	hpa_t path[PT_LEVELS_MAX];
	uint64_t index[PT_LEVELS_MAX]; /* of the next entry to read */
};

static inline void pt_post_start(struct pt_post *post, const struct pt *pt, hpa_t table, ia_t base, int level)
{
	post->base[level] = base;
	post->pt = pt;
	post->top = level;
	post->at = level;
	post->path[level] = table;
	post->index[level] = 0;
}

/* Go down to the first unread table below the one being read; false if there is none. */
static inline bool pt_post_descend(struct pt_post *post)
{
	int l = post->at;
	pte_t *table = pt_table(post->pt, post->path[l]);

	while (l > 0 && post->index[l] < pt_entry_count(post->pt, l)) {
		pte_t pte = pt_read(&table[post->index[l]++]);

		if (pte_kind(pte, l) != PTE_TABLE)
			continue;
		post->at = l - 1;
		post->path[l - 1] = pte_table_hpa(pte);
		post->base[l - 1] = ia_add(post->base[l], (post->index[l] - 1) << pt_level_shift(l));
		post->index[l - 1] = 0;
		return true;
	}
	return false;
}

/* To the next table; false when all have been visited. */
static inline bool pt_post_next(struct pt_post *post)
{
	if (post->at > post->top)
		return false;
	while (pt_post_descend(post))
		;
	post->table = post->path[post->at];
	post->ia = post->base[post->at];
	post->level = post->at++;
	return true;
}

#endif
