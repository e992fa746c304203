/*
 * Address spaces: creation, fork, end, and the changes that system calls ask for.  Faults are in fault.c, what takes
 * pages and rights away in change.c, the list of regions in region.c.
 */
#include "mm/aspace.h"
#include "mm/buddy.h"
#include "mm/change.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "mm/region.h"
#include "mm/shmem.h"
#include "proc.h"
#include "fs/file.h"

/* ---- Creation and end ---------------------------------------------------------------------------------- */

struct aspace *aspace_create(void)
{
	struct aspace *as = kmalloc(sizeof(*as));
	hpa_t root = upt_create();
	void *batch = kmalloc(PAGE_SIZE);

	if (!as || !root.raw || !batch) {
		kfree(batch);
		if (root.raw)
			upt_destroy(root);
		kfree(as);
		return NULL;
	}
	as->count = 1;
	as->root = root;
	as->batch = batch;
	rwmutex_init(&as->lock, "aspace", RANK_ASPACE);
	spin_init(&as->table_lock, "user tables", RANK_UPT);
	list_init(&as->regions);
	notifier_state_init(&as->notifiers);
	return as;
}

void aspace_destroy(struct aspace *as)
{
	struct hva_range all = { hva(0), hva(USER_END) };
	struct list removed = LIST_INIT(removed);

	rwmutex_lock_write(&as->lock);
	notifier_release_all_locked(as);
	change_zap(as, all, NOTIFY_EXIT);
	region_remove(as, all, &removed);
	rwmutex_unlock_write(&as->lock);
	region_free_all(&removed);
	ASSERT(as->cpus == 0, "aspace_destroy: the root 0x%lx is loaded on CPUs 0x%x", as->root.raw, as->cpus);
	ASSERT(as->page_count == 0, "aspace_destroy: %lu pages are left", as->page_count);
	upt_destroy(as->root);
	as->root = hpa(0);
}

void aspace_get(struct aspace *as)
{
	__atomic_fetch_add(&as->count, 1, __ATOMIC_RELAXED);
}

void aspace_put(struct aspace *as)
{
	if (__atomic_fetch_sub(&as->count, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	ASSERT(as->root.raw == 0, "aspace_put: the last reference goes before aspace_destroy(), root 0x%lx",
	       as->root.raw);
	kfree(as->batch);
	kfree(as);
}

/*
 * Ordering: the bit is set before the root is loaded and cleared after another one is; pairs with change_flush().
 */
void aspace_load(struct aspace *as)
{
	struct cpu *cpu = this_cpu();
	struct aspace *old = cpu->aspace;

	if (old == as && cpu->root.raw)
		return;
	if (as)
		__atomic_fetch_or(&as->cpus, 1u << cpu->id, __ATOMIC_SEQ_CST);
	cpu->aspace = as;
	cpu->root = as ? as->root : arch_kernel_root();
	arch_root_load(cpu->root);
	if (old)
		__atomic_fetch_and(&old->cpus, ~(1u << cpu->id), __ATOMIC_SEQ_CST);
}

/* ---- Fork ---------------------------------------------------------------------------------------------- */

static struct region *copy_region(const struct region *r)
{
	struct region *copy = kmalloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *r;
	if (copy->file)
		file_get(copy->file);
	return copy;
}

/* Map the parent's pages, which are copy-on-write by now, into the child too. */
static int share_leaves(struct aspace *child, struct aspace *parent, const struct region *r)
{
	struct upt_entry from, to;

	for (hva_t va = r->start; upt_next_leaf(parent->root, &va, r->end, &from);
	     va = hva_add(from.start, upt_span(from.level))) {
		u64 pages = upt_span(from.level) / PAGE_SIZE;
		int error = upt_slot(child->root, va, from.level, &to);

		if (error)
			return error;
		for (u64 i = 0; i < pages; i++)
			page_get(hpa_add(upte_hpa(from.pte), i * PAGE_SIZE));
		upt_set(&to, from.pte);
		child->page_count += pages;
	}
	return 0;
}

/* Shared memory and devices need no entries: the child's first touch finds the same pages. */
static int fork_region(struct aspace *child, struct aspace *parent, const struct region *r)
{
	struct region *copy = copy_region(r);

	if (!copy)
		return -ENOMEM;
	region_insert(child, copy);
	if (r->file)
		return 0;
	change_make_cow(parent, (struct hva_range){ r->start, r->end });
	return share_leaves(child, parent, r);
}

struct aspace *aspace_fork(struct aspace *from)
{
	struct aspace *child = aspace_create();
	struct region *r;
	int error = 0;

	if (!child)
		return NULL;
	rwmutex_lock_write(&from->lock);
	list_for_each(r, &from->regions, link) {
		error = fork_region(child, from, r);
		if (error)
			break;
	}
	rwmutex_unlock_write(&from->lock);
	if (!error)
		return child;
	aspace_destroy(child);
	aspace_put(child);
	return NULL;
}

/* ---- Mapping ------------------------------------------------------------------------------------------- */

static bool range_is_valid(struct hva_range range)
{
	return IS_ALIGNED(range.start.raw, PAGE_SIZE) && IS_ALIGNED(range.end.raw, PAGE_SIZE) &&
	       range.start.raw >= PAGE_SIZE && range.start.raw < range.end.raw && range.end.raw <= USER_END - PAGE_SIZE;
}

static int check_request(const struct map_request *q)
{
	u32 sharing = q->flags & (MAP_SHARED | MAP_PRIVATE);
	u32 known = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANON | MAP_HUGE | MAP_POPULATE;

	if (q->size == 0 || q->size > USER_END || (q->flags & ~known) || (q->prot & ~PROT_ALL))
		return -EINVAL;
	if (sharing != MAP_SHARED && sharing != MAP_PRIVATE)
		return -EINVAL;
	if (q->flags & MAP_ANON)
		return q->file ? -EINVAL : 0;
	if (!q->file || sharing != MAP_SHARED || !IS_ALIGNED(q->offset, PAGE_SIZE) || q->offset > ~0ull - q->size)
		return -EINVAL;
	if (!q->file->ops->mmap_check)
		return -ENODEV;
	return q->file->ops->mmap_check(q->file, q->offset, q->size, q->prot);
}

/* A region as requested, at no address yet; shared anonymous memory gets its object. */
static struct region *new_region(const struct map_request *q)
{
	struct region *r = kmalloc(sizeof(*r));

	if (!r)
		return NULL;
	r->prot = q->prot;
	r->flags = q->flags & (MAP_SHARED | MAP_PRIVATE | MAP_ANON | MAP_HUGE);
	r->offset = q->offset;
	r->file = q->file;
	if (r->file)
		file_get(r->file);
	if ((q->flags & (MAP_ANON | MAP_SHARED)) == (MAP_ANON | MAP_SHARED)) {
		r->offset = 0;
		r->file = shmem_create(ALIGN_UP(q->size, PAGE_SIZE));
		if (!r->file) {
			kfree(r);
			return NULL;
		}
	}
	return r;
}

static int place_region_locked(struct aspace *as, struct region *r, const struct map_request *q)
{
	u64 size = ALIGN_UP(q->size, PAGE_SIZE);
	hva_t start = q->addr;

	if (as->region_count >= REGIONS_MAX)
		return -ENOMEM;
	if (!(q->flags & MAP_FIXED)) {
		start = region_find_hole(as, size, q->flags & MAP_HUGE ? HUGE_SIZE : PAGE_SIZE);
		if (start.raw == 0)
			return -ENOMEM;
	}
	r->start = start;
	r->end = hva_add(start, size);
	if (r->end.raw < start.raw || !range_is_valid((struct hva_range){ r->start, r->end }))
		return -EINVAL;
	if (!region_is_free(as, (struct hva_range){ r->start, r->end }))
		return -EEXIST;
	region_insert(as, r);
	return 0;
}

/* Take the range's pages at once.  A kill stops it half-way, which nobody will see. */
static int populate(struct aspace *as, struct hva_range range, u32 prot)
{
	enum access access = prot & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;
	int error = 0;

	if (!(prot & (PROT_READ | PROT_WRITE)))
		return 0;
	for (hva_t va = range.start; va.raw < range.end.raw && !error && !proc_is_leaving();
	     va = hva_add(va, PAGE_SIZE))
		error = aspace_fault(as, va, access);
	return error;
}

s64 aspace_map(struct aspace *as, const struct map_request *request)
{
	int error = check_request(request);
	struct hva_range range;
	struct list removed = LIST_INIT(removed);
	struct region *r;

	if (error)
		return error;
	r = new_region(request);
	if (!r)
		return -ENOMEM;
	rwmutex_lock_write(&as->lock);
	error = place_region_locked(as, r, request);
	range = (struct hva_range){ r->start, r->end };
	if (error)
		list_push_back(&removed, &r->link);
	else
		region_merge(as, range);
	rwmutex_unlock_write(&as->lock);
	region_free_all(&removed);
	if (!error && (request->flags & MAP_POPULATE)) {
		error = populate(as, range, request->prot);
		if (error)
			aspace_unmap(as, range);
	}
	return error ? error : (s64)range.start.raw;
}

/* ---- Changes ------------------------------------------------------------------------------------------- */

/* Make the range's edges edges of regions and of leaves.  -ENOMEM changes nothing that anybody can see. */
static int split_edges_locked(struct aspace *as, struct hva_range range)
{
	int error = region_split(as, range.start);

	if (!error)
		error = region_split(as, range.end);
	if (!error)
		error = change_split_edges(as, range);
	if (error)
		region_merge(as, range);
	return error;
}

int aspace_unmap(struct aspace *as, struct hva_range range)
{
	struct list removed = LIST_INIT(removed);
	int error;

	if (!range_is_valid(range))
		return -EINVAL;
	rwmutex_lock_write(&as->lock);
	error = split_edges_locked(as, range);
	if (!error) {
		change_zap(as, range, NOTIFY_UNMAP);
		region_remove(as, range, &removed);
	}
	rwmutex_unlock_write(&as->lock);
	region_free_all(&removed);
	return error;
}

/* May each region of the range have these rights?  Devices decide themselves. */
static int check_protect_locked(struct aspace *as, struct hva_range range, u32 prot)
{
	if (!region_covers(as, range))
		return -ENOMEM;
	for_each_region(r, as, range) {
		int error = 0;

		if (r->file)
			error = r->file->ops->mmap_check(r->file, r->offset, r->end.raw - r->start.raw, prot);
		if (error)
			return error;
	}
	return 0;
}

int aspace_protect(struct aspace *as, struct hva_range range, u32 prot)
{
	int error;

	if (!range_is_valid(range) || (prot & ~PROT_ALL))
		return -EINVAL;
	rwmutex_lock_write(&as->lock);
	error = check_protect_locked(as, range, prot);
	if (!error)
		error = split_edges_locked(as, range);
	if (!error) {
		for_each_region(r, as, range)
			r->prot = prot;
		change_protect(as, range, prot);
		region_merge(as, range);
	}
	rwmutex_unlock_write(&as->lock);
	return error;
}

/* Is all of the range private anonymous memory? */
static int check_private_locked(struct aspace *as, struct hva_range range)
{
	if (!region_covers(as, range))
		return -ENOMEM;
	for_each_region(r, as, range)
		if (r->file)
			return -EINVAL;
	return 0;
}

int aspace_dontneed(struct aspace *as, struct hva_range range)
{
	int error;

	if (!range_is_valid(range))
		return -EINVAL;
	rwmutex_lock_write(&as->lock);
	error = check_private_locked(as, range);
	if (!error)
		error = change_split_edges(as, range);
	if (!error)
		change_zap(as, range, NOTIFY_DONTNEED);
	rwmutex_unlock_write(&as->lock);
	return error;
}

int aspace_move(struct aspace *as, struct hva_range range)
{
	int error;

	if (!range_is_valid(range))
		return -EINVAL;
	rwmutex_lock_write(&as->lock);
	error = check_private_locked(as, range);
	if (!error)
		error = change_split_edges(as, range);
	if (!error)
		error = change_move(as, range);
	rwmutex_unlock_write(&as->lock);
	return error;
}

/* ---- Charging ------------------------------------------------------------------------------------------ */

#define CHARGE_SHARE 4

bool aspace_charge(struct aspace *as, u64 pages)
{
	u64 count = __atomic_add_fetch(&as->charge_count, pages, __ATOMIC_RELAXED);

	if (count <= buddy_page_total() / CHARGE_SHARE)
		return true;
	aspace_uncharge(as, pages);
	return false;
}

void aspace_uncharge(struct aspace *as, u64 pages)
{
	__atomic_fetch_sub(&as->charge_count, pages, __ATOMIC_RELAXED);
}

/* ---- Checking ------------------------------------------------------------------------------------------ */

static void check_leaf_locked(struct aspace *as, hva_t va, const struct upt_entry *e)
{
	struct region *r = region_find(as, va);
	u32 rights = upte_rights(e->pte);

	if (!r || hva_add(e->start, upt_span(e->level)).raw > r->end.raw || e->start.raw < r->start.raw)
		panic("aspace: leaf at 0x%lx level %d is outside all regions", e->start.raw, e->level);
	if (rights & PROT_ALL & ~(r->prot | (r->prot ? PROT_READ : 0)))
		panic("aspace: leaf at 0x%lx has rights 0x%x, its region 0x%x", e->start.raw, rights, r->prot);
	if (rights & UPT_DEVICE)
		return;
	for (u64 i = 0; i < upt_span(e->level) / PAGE_SIZE; i++) {
		u32 count = page_count(hpa_add(upte_hpa(e->pte), i * PAGE_SIZE));

		if (count == 0 || (count > 1 && !r->file && (rights & PROT_WRITE)))
			panic("aspace: page %lu of the leaf at 0x%lx has count %u, rights 0x%x", i, e->start.raw, count,
			      rights);
	}
}

/* A writer sees no copy in flight, so a writable private page has one reference. */
void aspace_check(struct aspace *as)
{
	struct upt_entry e;
	u64 pages = 0;

	rwmutex_lock_write(&as->lock);
	for (hva_t va = hva(0); upt_next_leaf(as->root, &va, hva(USER_END), &e);
	     va = hva_add(e.start, upt_span(e.level))) {
		check_leaf_locked(as, va, &e);
		if (!(upte_rights(e.pte) & UPT_DEVICE))
			pages += upt_span(e.level) / PAGE_SIZE;
	}
	if (pages != as->page_count)
		panic("aspace: %lu pages are mapped, %lu counted", pages, as->page_count);
	rwmutex_unlock_write(&as->lock);
}
