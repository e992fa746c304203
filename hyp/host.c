/*
 * mmu/host.h for real: see host_state.h.
 */
#include "mmu/host.h"
#include "hyp/vm.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mmu/pt/todo.h"
#include "proc.h"
#include "trace.h"

#define LONG_NS   (100 * 1000ull) /* so long, and an exclusive holder lets others in */
#define ASIDE_MAX 32u

_Static_assert(MMU_EINTR == EINTR && MMU_EIO == EIO && MMU_EAGAIN == EAGAIN && MMU_ENOMEM == ENOMEM, "the same values");
_Static_assert(MMU_EFAULT == EFAULT && MMU_EINVAL == EINVAL && MMU_ENOSYS == ENOSYS, "the same values");
_Static_assert(MMU_ELOOP == ELOOP && MMU_EDQUOT == EDQUOT, "the same values");

/* All that is kept about a table page; no MMU adds to it.  `make stats` quotes the number. */
_Static_assert(sizeof(struct page) == 32, "the metadata of a table page");

/* ---- Memory -------------------------------------------------------------------------------------------- */

void *host_memory_alloc(struct host *h, uint64_t size)
{
	return kmalloc(size);
}

void host_memory_free(struct host *h, void *memory)
{
	kfree(memory);
}

/* ---- Tables -------------------------------------------------------------------------------------------- */

static bool charge(struct host *h, u64 pages)
{
	u64 count = __atomic_add_fetch(&h->table_count, pages, __ATOMIC_RELAXED);

	if (count <= READ_ONCE(h->table_limit) && (!h->owner || aspace_charge(h->owner, pages)))
		return true;
	__atomic_fetch_sub(&h->table_count, pages, __ATOMIC_RELAXED);
	__atomic_fetch_add(&h->refused_count, 1, __ATOMIC_RELAXED);
	return false;
}

int host_why(const struct host *host, u64 refused, int error)
{
	return error == -ENOMEM && READ_ONCE(host->refused_count) != refused ? -EDQUOT : error;
}

static void uncharge(struct host *h, u64 pages)
{
	__atomic_fetch_sub(&h->table_count, pages, __ATOMIC_RELAXED);
	if (h->owner)
		aspace_uncharge(h->owner, pages);
}

static void free_now(struct host *h, hpa_t table, int order)
{
	buddy_free(table, order);
	uncharge(h, 1ull << order);
}

/* 0, -ENOMEM or -EDQUOT. */
static int alloc(struct host *h, int order, hpa_t *table)
{
	*table = hpa(0);
	if (!charge(h, 1ull << order))
		return -EDQUOT;
	*table = buddy_alloc(order);
	if (table->raw)
		return 0;
	uncharge(h, 1ull << order);
	return -ENOMEM;
}

hpa_t host_table_alloc(struct host *h, int order)
{
	hpa_t table;

	alloc(h, order, &table);
	return table;
}

int host_table_reserve(struct host *h, hpa_t *tables, int have, int want)
{
	int error = 0;
	int got = have;

	host_tidy(h);
	while (got < want && !error) {
		error = alloc(h, 0, &tables[got]);
		got += !error;
	}
	while (error && got > have)
		free_now(h, tables[--got], 0);
	return error;
}

void host_table_free(struct host *h, hpa_t table, int order)
{
	struct page *page = page_of(table);

	if (rw_is_held_write(&h->lock)) {
		free_now(h, table, order);
		return;
	}
	page->owner = table.raw | order;
	spin_lock(&h->aside_lock);
	list_push_back(&h->aside, &page->link);
	WRITE_ONCE(h->aside_count, h->aside_count + 1);
	spin_unlock(&h->aside_lock);
}

/* All who could have seen these tables have let go of the lock: it is held exclusively, or nobody is left. */
static void free_aside(struct host *h)
{
	struct list all = LIST_INIT(all);

	spin_lock(&h->aside_lock);
	while (!list_is_empty(&h->aside)) {
		struct page *page = list_first(&h->aside, struct page, link);

		list_remove(&page->link);
		list_push_back(&all, &page->link);
	}
	WRITE_ONCE(h->aside_count, 0);
	spin_unlock(&h->aside_lock);
	while (!list_is_empty(&all)) {
		struct page *page = list_first(&all, struct page, link);

		list_remove(&page->link);
		free_now(h, hpa(ALIGN_DOWN(page->owner, PAGE_SIZE)), page->owner % PAGE_SIZE);
	}
}

uint64_t host_table_window(struct host *h)
{
	return (u64)hpa_to_ptr(hpa(0));
}

/* ---- Roots --------------------------------------------------------------------------------------------- */

struct host_root *host_root_open(struct host *h, hpa_t table, int levels, int extra)
{
	struct host_root *root = kmalloc(sizeof(*root));

	if (root)
		root_init(root, table, levels);
	return root;
}

void host_root_close(struct host *h, struct host_root *root)
{
	ASSERT(READ_ONCE(root->cpus) == 0, "host_root_close: cpus 0x%x have it loaded", root->cpus);
	kfree(root);
}

/* ---- Locks --------------------------------------------------------------------------------------------- */

void host_lock(struct host *h, enum host_lock mode)
{
	if (mode == HOST_SHARED) {
		rw_lock_read(&h->lock);
		return;
	}
	rw_lock_write(&h->lock);
	h->locked_since = arch_clock();
	if (READ_ONCE(h->aside_count))
		free_aside(h);
}

void host_unlock(struct host *h, enum host_lock mode)
{
	if (mode == HOST_SHARED)
		rw_unlock_read(&h->lock);
	else
		rw_unlock_write(&h->lock);
}

bool host_lock_is_held(struct host *h, enum host_lock mode)
{
	return mode == HOST_SHARED ? rw_is_held_read(&h->lock) : rw_is_held_write(&h->lock);
}

/* Interrupts are off while it is held, so a long holder keeps its own CPU's waiting too. */
bool host_should_yield(struct host *h)
{
	if (rw_is_contended(&h->lock))
		return true;
	return rw_is_held_write(&h->lock) && arch_clock() - h->locked_since > LONG_NS;
}

void host_table_lock(struct host *h)
{
	spin_lock(&h->table_lock);
}

void host_table_unlock(struct host *h)
{
	spin_unlock(&h->table_lock);
}

void host_tidy(struct host *h)
{
	if (READ_ONCE(h->aside_count) < ASIDE_MAX)
		return;
	host_lock(h, HOST_EXCLUSIVE);
	host_unlock(h, HOST_EXCLUSIVE);
}

/* ---- Flushes ------------------------------------------------------------------------------------------- */

void host_flush(struct host *h, struct host_root *root, ia_t start, ia_t end, enum host_flush_what what)
{
	if (what == HOST_FLUSH_HERE) {
		irq_push();
		arch_root_flush_here(root, gpa(start.raw), gpa(end.raw));
		irq_pop();
		return;
	}
	__atomic_fetch_add(&h->flush_count, 1, __ATOMIC_RELAXED);
	root_flush(root);
}

/* ---- Guest pages --------------------------------------------------------------------------------------- */

struct host_sample host_sample(struct host *h)
{
	return (struct host_sample){
		.notifier = notifier_sample(h->owner),
		.memslots = __atomic_load_n(&h->vm->slots.sequence, __ATOMIC_ACQUIRE),
	};
}

enum host_slot_kind host_lookup(struct host *h, gpa_t at, struct host_slot *slot)
{
	struct memslot found;
	pt_prot_t rights = PT_READ | PT_EXEC;

	switch (memslot_find(&h->vm->slots, at, &found)) {
	case MEMSLOT_NONE: return HOST_SLOT_NONE;
	case MEMSLOT_BUSY: return HOST_SLOT_BUSY;
	default: break;
	}
	if (!(found.flags & VM_SLOT_READ_ONLY))
		rights |= PT_WRITE;
	*slot = (struct host_slot){ found.start, found.end, found.hva, rights, PT_LEAF_LEVEL_MAX };
	return HOST_SLOT_RAM;
}

static hva_t place_of(const struct host_slot *slot, gpa_t at)
{
	return hva_add(slot->hva, at.raw - slot->start.raw);
}

/*
 * The guest's right to execute does not depend on the monitor's.  A device's page is not memory: to let a guest have
 * one would be to let it at the device.
 */
int host_resolve(struct host *h, const struct host_slot *slot, gpa_t at, enum tdp_access access,
		 struct host_page *page)
{
	enum access as = access == TDP_ACCESS_WRITE ? ACCESS_WRITE : ACCESS_READ;
	struct user_page found;
	int error = 0;

	if (!aspace_resolve_hot(h->owner, place_of(slot, at), as, &found))
		error = proc_is_leaving() ? -EINTR : aspace_resolve(h->owner, place_of(slot, at), as, &found);
	if (error)
		return error;
	if (found.rights & UPT_DEVICE)
		return -EFAULT;
	*page = (struct host_page){ found.page, found.level, found.rights & PROT_WRITE };
	return 0;
}

bool host_must_retry(struct host *h, const struct host_sample *sample, const struct host_slot *slot, gpa_t at)
{
	return __atomic_load_n(&h->vm->slots.sequence, __ATOMIC_ACQUIRE) != sample->memslots ||
	       notifier_must_retry(h->owner, sample->notifier, place_of(slot, at));
}

void host_page_mark(struct host *h, ia_t at, hpa_t page, uint64_t size, unsigned ad)
{
	u32 flags = (ad & PT_ACCESSED ? PAGE_ACCESSED : 0) | (ad & PT_DIRTY ? PAGE_DIRTY : 0);

	for (u64 i = 0; i < size; i += PAGE_SIZE)
		page_mark(hpa_add(page, i), flags);
}

/* ---- Watching ------------------------------------------------------------------------------------------ */

void host_trace(struct host *h, enum host_trace what, ia_t at, int level, uint64_t count)
{
	u32 id = h->vm ? h->vm->id : 0;

	switch (what) {
	case HOST_TRACE_SET: TRACE(mmu_set, id, at.raw, level, count); break;
	case HOST_TRACE_FLUSH: TRACE(mmu_flush, id, at.raw, level, count); break;
	case HOST_TRACE_FAULT: TRACE(mmu_fault, id, at.raw, level, count); break;
	case HOST_TRACE_ROOT: TRACE(mmu_root, id, at.raw, level, count); break;
	case HOST_TRACE_YIELD:
		__atomic_fetch_add(&h->yield_count, 1, __ATOMIC_RELAXED);
		TRACE(mmu_yield, id, at.raw, level, count);
		break;
	}
}

void host_bug(struct host *h, const char *text, uint64_t a, uint64_t b)
{
	panic("mmu: %s (0x%lx, 0x%lx), machine %u", text, a, b, h->vm ? h->vm->id : 0);
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

void host_init(struct host *h, struct vm *vm, struct aspace *owner)
{
	*h = (struct host){ .vm = vm, .owner = owner, .table_limit = ~0ull };
	rw_init(&h->lock, "mmu", RANK_MMU);
	spin_init(&h->table_lock, "mmu tables", RANK_TABLE);
	spin_init(&h->aside_lock, "mmu aside", RANK_ASIDE);
	list_init(&h->aside);
}

/* In a release for students, who frees tables may not be written yet. */
void host_exit(struct host *h)
{
	free_aside(h);
	if (h->table_count && lab_todo_first) {
		printk("%s() is not written yet: %lu table pages are lost\n", lab_todo_first, h->table_count);
		return;
	}
	ASSERT(h->table_count == 0, "host_exit: %lu table pages are left", h->table_count);
}
