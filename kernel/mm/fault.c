/*
 * Faults: from "no translation" to an entry, or to an error; and what builds on them: the kernel's own access to user
 * memory, and listeners that resolve an address.
 *
 * All of it runs with the address space's lock held for reading, beside other faults.  So each change of an entry
 * happens under table_lock, after a second look at the entry.
 *
 * A fault may find that nothing is wrong any more (another thread was faster, or this CPU remembers that the entry
 * was empty): it flushes the page here and lets the access be tried again.
 */
#include "mm/aspace.h"
#include "mm/buddy.h"
#include "mm/change.h"
#include "mm/region.h"
#include "fs/file.h"

static u32 prot_for(enum access access)
{
	return access == ACCESS_WRITE ? PROT_WRITE : access == ACCESS_EXEC ? PROT_EXEC : PROT_READ;
}

static struct hva_range page_range(hva_t va)
{
	hva_t start = hva(ALIGN_DOWN(va.raw, PAGE_SIZE));

	return (struct hva_range){ start, hva_add(start, PAGE_SIZE) };
}

/* ---- Empty entries ------------------------------------------------------------------------------------- */

/* Put a leaf where the entry is still empty.  0; -EEXIST if somebody was faster; -ENOMEM. */
static int install_leaf(struct aspace *as, hva_t va, int level, hpa_t page, u32 rights)
{
	struct upt_entry e;
	int error;

	spin_lock(&as->table_lock);
	error = upt_slot(as->root, va, level, &e);
	if (!error && upte_kind(e.pte, level) != UPT_EMPTY)
		error = -EEXIST;
	if (!error)
		upt_set(&e, upte_make_leaf(page, level, rights));
	spin_unlock(&as->table_lock);
	if (!error && !(rights & UPT_DEVICE))
		__atomic_fetch_add(&as->page_count, upt_span(level) / PAGE_SIZE, __ATOMIC_RELAXED);
	return error;
}

static bool huge_fits(const struct region *r, hva_t va, int empty_level)
{
	u64 start = ALIGN_DOWN(va.raw, HUGE_SIZE);

	return (r->flags & MAP_HUGE) && empty_level >= 1 && start >= r->start.raw && start + HUGE_SIZE <= r->end.raw;
}

/* A 2 MiB page; without memory for it, the caller takes a small one. */
static int fill_huge(struct aspace *as, const struct region *r, hva_t va)
{
	hpa_t block = page_alloc_block(ORDER_HUGE);
	int error;

	if (block.raw == 0)
		return -ENOMEM;
	error = install_leaf(as, va, 1, block, r->prot);
	for (u64 i = 0; error && i < HUGE_SIZE / PAGE_SIZE; i++)
		page_put(hpa_add(block, i * PAGE_SIZE));
	return error;
}

static int fill_anonymous(struct aspace *as, const struct region *r, hva_t va)
{
	hpa_t page = page_alloc();
	int error;

	if (page.raw == 0)
		return -ENOMEM;
	error = install_leaf(as, va, 0, page, r->prot);
	if (error)
		page_put(page);
	return error;
}

static int fill_from_file(struct aspace *as, const struct region *r, hva_t va)
{
	u64 offset = r->offset + (ALIGN_DOWN(va.raw, PAGE_SIZE) - r->start.raw);
	hpa_t page = r->file->ops->mmap_page(r->file, offset);
	bool is_ram;
	int error;

	if (page.raw == 0)
		return -ENOMEM;
	is_ram = page_of(page) != NULL;
	if (is_ram)
		page_get(page);
	error = install_leaf(as, va, 0, page, r->prot | (is_ram ? 0 : UPT_DEVICE));
	if (error && is_ram)
		page_put(page);
	return error;
}

static int fill_empty(struct aspace *as, const struct region *r, hva_t va, int empty_level)
{
	int error = -ENOMEM;

	if (r->file)
		error = fill_from_file(as, r, va);
	else if (huge_fits(r, va, empty_level))
		error = fill_huge(as, r, va);
	if (error == -ENOMEM && !r->file)
		error = fill_anonymous(as, r, va);
	return error == -EEXIST ? 0 : error;
}

/* ---- Copy on write ------------------------------------------------------------------------------------- */

/* Write `new` if the entry is still what *e says.  table_lock is held. */
static bool replace_locked(struct aspace *as, hva_t va, const struct upt_entry *e, upte_t new)
{
	struct upt_entry again = upt_lookup(as->root, va);

	if (again.slot != e->slot || again.pte.raw != e->pte.raw)
		return false;
	upt_set(e, new);
	return true;
}

/* The page is nobody else's any more: no copy is needed. */
static bool try_reuse(struct aspace *as, const struct region *r, hva_t va, const struct upt_entry *e)
{
	bool reused = false;

	spin_lock(&as->table_lock);
	if (page_count(upte_hpa(e->pte)) == 1)
		reused = replace_locked(as, va, e, upte_make_leaf(upte_hpa(e->pte), 0, r->prot));
	spin_unlock(&as->table_lock);
	return reused;
}

/*
 * Put the copy in the old page's place.  The entry is empty while CPUs are flushed, so that no CPU reads the old page
 * when another has written to the new; and table_lock is held throughout, so that nobody fills the gap.
 */
static bool swap_page(struct aspace *as, const struct region *r, hva_t va, const struct upt_entry *e, hpa_t copy)
{
	bool swapped;

	spin_lock(&as->table_lock);
	swapped = replace_locked(as, va, e, (upte_t){ 0 });
	if (swapped) {
		change_flush(as, page_range(va));
		upt_set(e, upte_make_leaf(copy, 0, r->prot));
	}
	spin_unlock(&as->table_lock);
	return swapped;
}

/* Hold the page of the entry, if the entry still is what *e says. */
static bool hold_page(struct aspace *as, hva_t va, const struct upt_entry *e)
{
	struct upt_entry again;

	spin_lock(&as->table_lock);
	again = upt_lookup(as->root, va);
	if (again.pte.raw == e->pte.raw)
		page_get(upte_hpa(e->pte));
	spin_unlock(&as->table_lock);
	return again.pte.raw == e->pte.raw;
}

static int copy_page(struct aspace *as, const struct region *r, hva_t va, const struct upt_entry *e)
{
	hpa_t old = upte_hpa(e->pte), copy;

	if (!hold_page(as, va, e))
		return 0;
	copy = page_alloc();
	if (copy.raw == 0) {
		page_put(old);
		return -ENOMEM;
	}
	memcpy(hpa_to_ptr(copy), hpa_to_ptr(old), PAGE_SIZE);
	notifier_begin(as, page_range(va), NOTIFY_COW, NOTIFY_MAY_BLOCK);
	bool swapped = swap_page(as, r, va, e, copy);

	notifier_end(as, page_range(va));
	page_put(swapped ? old : copy); /* the table's reference, or the copy that nobody needs */
	page_put(old);
	return 0;
}

/* A shared 2 MiB leaf is split first; the access faults once more. */
static int split_leaf(struct aspace *as, hva_t va)
{
	int error;

	spin_lock(&as->table_lock);
	error = upt_split(as->root, va);
	spin_unlock(&as->table_lock);
	return error;
}

static int break_cow(struct aspace *as, const struct region *r, hva_t va, const struct upt_entry *e)
{
	if (e->level > 0)
		return split_leaf(as, va);
	if (try_reuse(as, r, va, e))
		return 0;
	return copy_page(as, r, va, e);
}

/* ---- The fault ----------------------------------------------------------------------------------------- */

static struct upt_entry look(struct aspace *as, hva_t va)
{
	struct upt_entry e;

	spin_lock(&as->table_lock);
	e = upt_lookup(as->root, va);
	spin_unlock(&as->table_lock);
	return e;
}

/* The leaf has less than its region allows: a move, or a fork that failed half-way, left it so. */
static void raise_rights(struct aspace *as, const struct region *r, hva_t va, const struct upt_entry *e)
{
	u32 rights = r->prot | (upte_rights(e->pte) & UPT_DEVICE);

	spin_lock(&as->table_lock);
	replace_locked(as, va, e, upte_make_leaf(upte_hpa(e->pte), e->level, rights));
	spin_unlock(&as->table_lock);
}

static int fault_locked(struct aspace *as, hva_t va, enum access access)
{
	struct region *r = region_find(as, va);
	struct upt_entry e;
	u32 rights;

	if (!r || !(r->prot & prot_for(access)))
		return -EFAULT;
	e = look(as, va);
	if (upte_kind(e.pte, e.level) == UPT_EMPTY)
		return fill_empty(as, r, va, e.level);
	rights = upte_rights(e.pte);
	if (rights & prot_for(access))
		return 0;
	if (rights & UPT_COW)
		return break_cow(as, r, va, &e);
	raise_rights(as, r, va, &e);
	return 0;
}

int aspace_fault(struct aspace *as, hva_t va, enum access access)
{
	int error;

	if (va.raw >= USER_END)
		return -EFAULT;
	rwmutex_lock_read(&as->lock);
	error = fault_locked(as, va, access);
	rwmutex_unlock_read(&as->lock);
	if (!error)
		arch_flush_local(page_range(va).start, page_range(va).end);
	return error;
}

/* ---- The kernel's own accesses ------------------------------------------------------------------------- */

enum direction { FROM_USER, TO_USER };

static void copy_bytes(void *user, void *kernel, size_t size, enum direction direction)
{
	void *to = direction == TO_USER ? user : kernel;
	const void *from = direction == TO_USER ? kernel : user;

	if (size == sizeof(u32) && IS_ALIGNED((u64)user, sizeof(u32)) && IS_ALIGNED((u64)kernel, sizeof(u32)))
		__atomic_store_n((u32 *)to, __atomic_load_n((const u32 *)from, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
	else
		memcpy(to, from, size);
}

/*
 * A fault may need another one after it: a shared 2 MiB page is split, then copied.  Device memory, which is not for
 * the kernel to read, never gets there.
 */
#define FAULTS_MAX 8

/* The page at va with a reference if it is there and allows the access; hpa(0) if not. */
static hpa_t hold_for_access(struct aspace *as, hva_t va, enum access access)
{
	struct upt_entry e;
	hpa_t page = hpa(0);
	u32 rights;

	spin_lock(&as->table_lock);
	e = upt_lookup(as->root, va);
	rights = upte_kind(e.pte, e.level) == UPT_LEAF ? upte_rights(e.pte) : 0;
	if ((rights & prot_for(access)) && !(rights & UPT_DEVICE)) {
		page = hpa_add(upte_hpa(e.pte), ALIGN_DOWN(va.raw - e.start.raw, PAGE_SIZE));
		page_get(page);
	}
	spin_unlock(&as->table_lock);
	return page;
}

/* The page at va with a reference, faulted in if need be.  The lock is held for reading. */
static int hold_or_fault_locked(struct aspace *as, hva_t va, enum access access, hpa_t *page)
{
	for (int i = 0; i < FAULTS_MAX; i++) {
		int error;

		*page = hold_for_access(as, va, access);
		if (page->raw)
			return 0;
		error = fault_locked(as, va, access);
		if (error)
			return error;
	}
	return -EFAULT;
}

/* The lock is held from the fault to the copy: whoever takes pages away waits, so a copy never has to begin again. */
static int copy_in_page(struct aspace *as, hva_t va, void *kernel, size_t size, enum direction direction)
{
	hpa_t page;
	int error;

	rwmutex_lock_read(&as->lock);
	error = hold_or_fault_locked(as, va, direction == TO_USER ? ACCESS_WRITE : ACCESS_READ, &page);
	if (!error) {
		copy_bytes((char *)hpa_to_ptr(page) + va.raw % PAGE_SIZE, kernel, size, direction);
		page_put(page);
	}
	rwmutex_unlock_read(&as->lock);
	return error;
}

static int copy(struct aspace *as, hva_t va, void *kernel, size_t size, enum direction direction)
{
	char *at = kernel;

	if (va.raw > USER_END || size > USER_END - va.raw)
		return -EFAULT;
	while (size > 0) {
		size_t part = MIN(size, PAGE_SIZE - va.raw % PAGE_SIZE);
		int error = copy_in_page(as, va, at, part, direction);

		if (error)
			return error;
		va = hva_add(va, part);
		at += part;
		size -= part;
	}
	return 0;
}

int aspace_read(struct aspace *as, void *to, hva_t from, size_t size)
{
	return copy(as, from, to, size, FROM_USER);
}

int aspace_write(struct aspace *as, hva_t to, const void *from, size_t size)
{
	return copy(as, to, (void *)from, size, TO_USER);
}

/* ---- For listeners and futexes ------------------------------------------------------------------------- */

static bool page_in(const struct upt_entry *e, hva_t va, struct user_page *found)
{
	if (upte_kind(e->pte, e->level) != UPT_LEAF)
		return false;
	*found = (struct user_page){
		.page = hpa_add(upte_hpa(e->pte), ALIGN_DOWN(va.raw - e->start.raw, PAGE_SIZE)),
		.level = e->level,
		.rights = upte_rights(e->pte),
	};
	return true;
}

static bool look_at_leaf(struct aspace *as, hva_t va, struct user_page *found)
{
	struct upt_entry e = look(as, va);

	return page_in(&e, va, found);
}

/*
 * Tables and pages go only after change_flush(), which waits for every CPU that has the root loaded: for this one too,
 * and it does not answer while its interrupts are off.  What was read may be out of date at once, as always.
 */
bool aspace_resolve_hot(struct aspace *as, hva_t va, enum access access, struct user_page *found)
{
	bool is_there = false;

	arch_irq_disable();
	if (this_cpu()->aspace == as && va.raw < USER_END) {
		struct upt_entry e = upt_lookup(as->root, va);

		is_there = page_in(&e, va, found);
	}
	arch_irq_enable();
	return is_there && (found->rights & prot_for(access));
}

bool aspace_peek(struct aspace *as, hva_t va, struct user_page *found)
{
	bool is_there;

	rwmutex_lock_read(&as->lock);
	is_there = as->root.raw && look_at_leaf(as, va, found);
	rwmutex_unlock_read(&as->lock);
	return is_there;
}

int aspace_resolve(struct aspace *as, hva_t va, enum access access, struct user_page *found)
{
	for (;;) {
		bool resolved;
		int error;

		rwmutex_lock_read(&as->lock);
		resolved = as->root.raw && look_at_leaf(as, va, found) && (found->rights & prot_for(access));
		rwmutex_unlock_read(&as->lock);
		if (resolved)
			return 0;
		error = aspace_fault(as, va, access);
		if (error)
			return error;
	}
}

int aspace_futex_key(struct aspace *as, hva_t va, struct futex_key *key)
{
	struct region *r;

	rwmutex_lock_read(&as->lock);
	r = region_find(as, va);
	if (r && r->file)
		*key = (struct futex_key){ r->file->id, r->offset + (va.raw - r->start.raw) };
	else if (r)
		*key = (struct futex_key){ (u64)as, va.raw };
	rwmutex_unlock_read(&as->lock);
	return r ? 0 : -EFAULT;
}
