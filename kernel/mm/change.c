/*
 * Taking rights and pages away: see change.h.
 */
#include "mm/change.h"
#include "mm/buddy.h"

#define BATCH_MAX  512
#define BATCH_HUGE 1ull /* low bit of a batched address: 512 pages */

struct page_batch {
	u64 page[BATCH_MAX];
};

static u64 leaf_span(const struct upt_entry *e)
{
	return upt_span(e->level);
}

static hva_t entry_end(const struct upt_entry *e)
{
	return hva_add(e->start, leaf_span(e));
}

/*
 * The next window of at most 2 MiB that has a leaf, from *at on; *at moves behind it.  Windows do not cross 2 MiB
 * boundaries, so at most one last-level table is behind each.
 */
static bool next_window(struct aspace *as, hva_t *at, hva_t end, struct hva_range *window)
{
	struct upt_entry e;

	if (!upt_next_leaf(as->root, at, end, &e))
		return false;
	window->start = *at;
	window->end = hva(MIN(end.raw, ALIGN_DOWN(at->raw, HUGE_SIZE) + HUGE_SIZE));
	*at = window->end;
	return true;
}

/* Ordering: the entries are written before `cpus` is read; pairs with aspace_load(). */
void change_flush(struct aspace *as, struct hva_range range)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	smp_flush(__atomic_load_n(&as->cpus, __ATOMIC_SEQ_CST), range.start, range.end);
}

int change_split_edges(struct aspace *as, struct hva_range range)
{
	hva_t edge[] = { range.start, range.end };

	for (u32 i = 0; i < ARRAY_SIZE(edge); i++) {
		struct upt_entry e = upt_lookup(as->root, edge[i]);
		int error;

		if (e.start.raw == edge[i].raw)
			continue;
		error = upt_split(as->root, edge[i]);
		if (error)
			return error;
	}
	return 0;
}

/* ---- Unmapping ----------------------------------------------------------------------------------------- */

/* Empty the window's leaves; their pages go into the batch.  Returns how many. */
static u32 take_leaves(struct aspace *as, struct hva_range window)
{
	struct upt_entry e;
	u32 count = 0;

	for (hva_t va = window.start; upt_next_leaf(as->root, &va, window.end, &e); va = entry_end(&e)) {
		ASSERT(entry_end(&e).raw <= window.end.raw && e.start.raw >= window.start.raw,
		       "zap: leaf at 0x%lx level %d crosses the window 0x%lx-0x%lx", e.start.raw, e.level,
		       window.start.raw, window.end.raw);
		upt_set(&e, (upte_t){ 0 });
		if (upte_rights(e.pte) & UPT_DEVICE)
			continue;
		as->batch->page[count++] = upte_hpa(e.pte).raw | (e.level ? BATCH_HUGE : 0);
	}
	return count;
}

static void put_block(struct aspace *as, u64 batched)
{
	u64 pages = batched & BATCH_HUGE ? HUGE_SIZE / PAGE_SIZE : 1;

	for (u64 i = 0; i < pages; i++)
		page_put(hpa((batched & ~BATCH_HUGE) + i * PAGE_SIZE));
	__atomic_fetch_sub(&as->page_count, pages, __ATOMIC_RELAXED);
}

static void zap_window(struct aspace *as, struct hva_range window, enum notify_why why)
{
	struct hva_range flush = window;
	hpa_t table;
	u32 count;

	notifier_begin(as, window, why, NOTIFY_MAY_BLOCK);
	count = take_leaves(as, window);
	table = upt_unlink_empty(as->root, window.start);
	if (table.raw) {
		/* CPUs may have cached the way to the table: the flush must cover all that it translated. */
		flush.start = hva(ALIGN_DOWN(window.start.raw, HUGE_SIZE));
		flush.end = hva_add(flush.start, HUGE_SIZE);
	}
	change_flush(as, flush);
	notifier_end(as, window);
	for (u32 i = 0; i < count; i++)
		put_block(as, as->batch->page[i]);
	if (table.raw)
		page_put(table);
}

void change_zap(struct aspace *as, struct hva_range range, enum notify_why why)
{
	struct hva_range window;
	hva_t at = range.start;

	ASSERT(rwmutex_is_held_write(&as->lock), "zap: without the lock, at 0x%lx", range.start.raw);
	while (next_window(as, &at, range.end, &window))
		zap_window(as, window, why);
}

/* ---- Rights -------------------------------------------------------------------------------------------- */

/* A shared page never becomes writable by a change of rights: its next write gets a copy. */
static u32 rights_for(const struct upt_entry *e, u32 prot)
{
	u32 keep = upte_rights(e->pte) & (UPT_COW | UPT_DEVICE);

	return keep | (keep & UPT_COW ? prot & ~PROT_WRITE : prot);
}

static void protect_window(struct aspace *as, struct hva_range window, u32 prot)
{
	struct upt_entry e;

	notifier_begin(as, window, NOTIFY_PROTECT, NOTIFY_MAY_BLOCK);
	for (hva_t va = window.start; upt_next_leaf(as->root, &va, window.end, &e); va = entry_end(&e))
		upt_set(&e, upte_make_leaf(upte_hpa(e.pte), e.level, rights_for(&e, prot)));
	change_flush(as, window);
	notifier_end(as, window);
}

void change_protect(struct aspace *as, struct hva_range range, u32 prot)
{
	struct hva_range window;
	hva_t at = range.start;

	while (next_window(as, &at, range.end, &window))
		protect_window(as, window, prot);
}

static void cow_window(struct aspace *as, struct hva_range window)
{
	struct upt_entry e;

	notifier_begin(as, window, NOTIFY_FORK, NOTIFY_MAY_BLOCK);
	for (hva_t va = window.start; upt_next_leaf(as->root, &va, window.end, &e); va = entry_end(&e)) {
		u32 rights = (upte_rights(e.pte) & ~PROT_WRITE) | UPT_COW;

		upt_set(&e, upte_make_leaf(upte_hpa(e.pte), e.level, rights));
	}
	change_flush(as, window);
	notifier_end(as, window);
}

void change_make_cow(struct aspace *as, struct hva_range range)
{
	struct hva_range window;
	hva_t at = range.start;

	while (next_window(as, &at, range.end, &window))
		cow_window(as, window);
}

/* ---- Moving -------------------------------------------------------------------------------------------- */

/* The copy is nobody else's, so it needs no UPT_COW; PROT_WRITE comes back with the next write fault. */
static int move_leaf(struct aspace *as, const struct upt_entry *e)
{
	u32 order = e->level ? ORDER_HUGE : 0;
	u64 pages = 1ull << order;
	hpa_t old = upte_hpa(e->pte), new = page_alloc_block(order);
	struct hva_range range = { e->start, entry_end(e) };

	if (new.raw == 0)
		return -ENOMEM;
	notifier_begin(as, range, NOTIFY_MOVE, NOTIFY_MAY_BLOCK);
	upt_set(e, (upte_t){ 0 });
	change_flush(as, range);
	memcpy(hpa_to_ptr(new), hpa_to_ptr(old), pages * PAGE_SIZE);
	upt_set(e, upte_make_leaf(new, e->level, upte_rights(e->pte) & ~UPT_COW));
	notifier_end(as, range);
	for (u64 i = 0; i < pages; i++)
		page_put(hpa_add(old, i * PAGE_SIZE));
	return 0;
}

static void sync_icache(void *arg)
{
	(void)arg;
	arch_icache_sync();
}

int change_move(struct aspace *as, struct hva_range range)
{
	struct upt_entry e;
	int error = 0;

	for (hva_t va = range.start; !error && upt_next_leaf(as->root, &va, range.end, &e); va = entry_end(&e))
		error = move_leaf(as, &e);
	smp_call(__atomic_load_n(&as->cpus, __ATOMIC_SEQ_CST), sync_icache, NULL);
	return error;
}
