/*
 * Memslots: see memslot.h.
 */
#include "hyp/memslot.h"
#include "hyp/vm.h"

void memslots_init(struct memslots *set)
{
	rwmutex_init(&set->lock, "memslots", RANK_MEMSLOT);
	set->sequence = 0;
	set->count = 0;
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

/*
 * The index of the first memslot that ends above this address.  While the set is changed under us what we read may be
 * of no set at all, so all indices stay within the array.
 */
static u32 first_above(const struct memslots *set, gpa_t at)
{
	u32 low = 0, high = MIN(READ_ONCE(set->count), VM_SLOT_MAX);

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (READ_ONCE(set->slot[middle].end.raw) > at.raw)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void copy_slot(struct memslot *to, const struct memslot *from)
{
	to->start = gpa(READ_ONCE(from->start.raw));
	to->end = gpa(READ_ONCE(from->end.raw));
	to->hva = hva(READ_ONCE(from->hva.raw));
	to->id = READ_ONCE(from->id);
	to->flags = READ_ONCE(from->flags);
}

static bool find(const struct memslots *set, gpa_t at, struct memslot *slot)
{
	u32 i = first_above(set, at);

	if (i >= MIN(READ_ONCE(set->count), VM_SLOT_MAX))
		return false;
	copy_slot(slot, &set->slot[i]);
	return at.raw >= slot->start.raw && at.raw < slot->end.raw;
}

/* Ordering: the fence keeps the second look at the sequence behind what was read; pairs with end_change(). */
enum memslot_found memslot_find(const struct memslots *set, gpa_t at, struct memslot *slot)
{
	u64 sequence = __atomic_load_n(&set->sequence, __ATOMIC_ACQUIRE);
	bool found;

	if (sequence & 1)
		return MEMSLOT_BUSY;
	found = find(set, at, slot);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (READ_ONCE(set->sequence) != sequence)
		return MEMSLOT_BUSY;
	return found ? MEMSLOT_FOUND : MEMSLOT_NONE;
}

void memslots_wait(struct memslots *set)
{
	rwmutex_lock_read(&set->lock);
	rwmutex_unlock_read(&set->lock);
}

/* ---- Updating ------------------------------------------------------------------------------------------ */

/*
 * Ordering: with the MMU lock held exclusively, so every fault has either mapped already, which the caller will unmap,
 * or sees the new sequence in host_must_retry().  The fence is the writer's part of the sequence lock.
 */
static void begin_change(struct vm *vm)
{
	rwmutex_lock_write(&vm->slots.lock);
	rw_lock_write(&vm->host.lock);
	__atomic_store_n(&vm->slots.sequence, vm->slots.sequence + 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rw_unlock_write(&vm->host.lock);
}

static void end_change(struct vm *vm)
{
	__atomic_store_n(&vm->slots.sequence, vm->slots.sequence + 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&vm->slot_updates, 1, __ATOMIC_RELAXED);
	rwmutex_unlock_write(&vm->slots.lock);
}

static void remove_at(struct memslots *set, u32 index)
{
	for (u32 i = index; i + 1 < set->count; i++)
		copy_slot(&set->slot[i], &set->slot[i + 1]);
	WRITE_ONCE(set->count, set->count - 1);
}

static void insert(struct memslots *set, const struct memslot *slot)
{
	u32 at = first_above(set, slot->start);

	for (u32 i = set->count; i > at; i--)
		copy_slot(&set->slot[i], &set->slot[i - 1]);
	copy_slot(&set->slot[at], slot);
	WRITE_ONCE(set->count, set->count + 1);
}

/* The index of the memslot with this id, or set->count. */
static u32 index_of(const struct memslots *set, u32 id)
{
	u32 i = 0;

	while (i < set->count && set->slot[i].id != id)
		i++;
	return i;
}

/* Does it overlap one with another id? */
static bool overlaps(const struct memslots *set, const struct memslot *slot)
{
	for (u32 i = 0; i < set->count; i++)
		if (set->slot[i].id != slot->id && set->slot[i].start.raw < slot->end.raw &&
		    set->slot[i].end.raw > slot->start.raw)
			return true;
	return false;
}

static int check_request(const struct vm *vm, const struct vm_memslot *r)
{
	u64 limit = 1ull << vm->gpa_bits;

	if (r->reserved || (r->flags & ~(VM_SLOT_READ_ONLY | VM_SLOT_LOG)) || r->id >= VM_SLOT_MAX)
		return -EINVAL;
	if (!IS_ALIGNED(r->guest | r->length | r->memory, PAGE_SIZE))
		return -EINVAL;
	if (r->guest > limit || r->length > limit - r->guest)
		return -EINVAL;
	if (r->memory > USER_END || r->length > USER_END - r->memory)
		return -EINVAL;
	return r->flags & VM_SLOT_LOG ? -ENOSYS : 0;
}

/* What the guest had by the old one and may not have by the new one: all of it, unless only writing is forbidden. */
static void take_away(struct vm *vm, const struct memslot *old, const struct memslot *new)
{
	bool same_place = old->start.raw == new->start.raw && old->end.raw == new->end.raw &&
			  old->hva.raw == new->hva.raw;

	if (!same_place)
		mmu_unmap(vm->mmu, old->start, old->end, MMU_MAY_YIELD);
	else if (new->flags & VM_SLOT_READ_ONLY)
		mmu_protect(vm->mmu, old->start, old->end, PT_READ | PT_EXEC, MMU_MAY_YIELD);
}

/* `new` takes the place of what has its id, if anything; empty: nothing does. */
static void replace(struct vm *vm, u32 index, const struct memslot *new)
{
	struct memslots *set = &vm->slots;

	begin_change(vm);
	if (index < set->count) {
		take_away(vm, &set->slot[index], new);
		remove_at(set, index);
	}
	if (new->end.raw > new->start.raw)
		insert(set, new);
	end_change(vm);
}

/* Nobody but the holder of vm->lock changes the set, so it may be read here without more. */
int memslot_update(struct vm *vm, const struct vm_memslot *r)
{
	struct memslot new = {
		.start = gpa(r->guest), .end = gpa(r->guest + r->length), .hva = hva(r->memory), .id = r->id,
		.flags = r->flags,
	};
	u32 index = index_of(&vm->slots, r->id);
	int error = check_request(vm, r);

	if (error)
		return error;
	if (r->length == 0 && index == vm->slots.count)
		return -ENOENT;
	if (r->length && overlaps(&vm->slots, &new))
		return -EEXIST;
	replace(vm, index, &new);
	return 0;
}

/* ---- Guest memory -------------------------------------------------------------------------------------- */

enum direction { FROM_GUEST, TO_GUEST };

static int find_waiting(struct vm *vm, gpa_t at, struct memslot *slot)
{
	enum memslot_found found = memslot_find(&vm->slots, at, slot);

	while (found == MEMSLOT_BUSY) {
		memslots_wait(&vm->slots);
		found = memslot_find(&vm->slots, at, slot);
	}
	return found == MEMSLOT_FOUND ? 0 : -EFAULT;
}

/* If the memslot goes in the middle of it, what is copied is the monitor's memory still. */
static int copy_part(struct vm *vm, gpa_t at, void *kernel, size_t size, enum direction direction)
{
	struct memslot slot;
	int error = find_waiting(vm, at, &slot);
	hva_t user;

	if (error || size > slot.end.raw - at.raw)
		return -EFAULT;
	user = hva_add(slot.hva, at.raw - slot.start.raw);
	if (direction == FROM_GUEST)
		return aspace_read(vm->owner, kernel, user, size);
	if (slot.flags & VM_SLOT_READ_ONLY)
		return -EFAULT;
	return aspace_write(vm->owner, user, kernel, size);
}

/* By pages, since memslots consist of pages. */
static int copy(struct vm *vm, gpa_t at, void *kernel, size_t size, enum direction direction)
{
	char *part = kernel;
	int error = 0;

	while (size && !error) {
		size_t n = MIN(size, PAGE_SIZE - at.raw % PAGE_SIZE);

		error = copy_part(vm, at, part, n, direction);
		at = gpa_add(at, n);
		part += n;
		size -= n;
	}
	return error;
}

int guest_read(struct vm *vm, gpa_t from, void *to, size_t size)
{
	return copy(vm, from, to, size, FROM_GUEST);
}

int guest_write(struct vm *vm, gpa_t to, const void *from, size_t size)
{
	return copy(vm, to, (void *)from, size, TO_GUEST);
}

/* ---- The owner's memory changes ------------------------------------------------------------------------ */

static struct vm *vm_of(struct notifier *n)
{
	return container_of(n, struct vm, notifier);
}

/* The part of the memslot whose memory is in the range. */
static bool guest_part(const struct memslot *slot, struct hva_range range, gpa_t *start, gpa_t *end)
{
	u64 size = slot->end.raw - slot->start.raw;
	u64 first = MAX(slot->hva.raw, range.start.raw);
	u64 last = MIN(slot->hva.raw + size, range.end.raw);

	*start = gpa_add(slot->start, first - slot->hva.raw);
	*end = gpa_add(slot->start, last - slot->hva.raw);
	return first < last;
}

static void take_range(struct vm *vm, struct hva_range range, enum notify_why why)
{
	for (u32 i = 0; i < vm->slots.count; i++) {
		gpa_t start, end;

		if (!guest_part(&vm->slots.slot[i], range, &start, &end))
			continue;
		if (why == NOTIFY_FORK)
			mmu_protect(vm->mmu, start, end, PT_READ | PT_EXEC, MMU_MAY_YIELD);
		else
			mmu_unmap(vm->mmu, start, end, MMU_MAY_YIELD);
	}
}

/* With the lock, so that it sees what an update under way leads to, and what the update drops is dropped. */
static int begin(struct notifier *n, struct hva_range range, enum notify_why why, enum notify_block block)
{
	struct vm *vm = vm_of(n);

	if (block == NOTIFY_MAY_BLOCK)
		rwmutex_lock_read(&vm->slots.lock);
	else if (!rwmutex_try_lock_read(&vm->slots.lock))
		return -EAGAIN;
	__atomic_fetch_add(&vm->notifier_begins, 1, __ATOMIC_RELAXED);
	take_range(vm, range, why);
	rwmutex_unlock_read(&vm->slots.lock);
	return 0;
}

/* Faults look at the address space's own record of what is in progress. */
static void end(struct notifier *n, struct hva_range range)
{
}

static bool age_with(struct notifier *n, struct hva_range range, bool (*age)(struct mmu *mmu, gpa_t start, gpa_t end))
{
	struct vm *vm = vm_of(n);
	bool young = false;

	rwmutex_lock_read(&vm->slots.lock);
	for (u32 i = 0; i < vm->slots.count; i++) {
		gpa_t first, last;

		if (guest_part(&vm->slots.slot[i], range, &first, &last))
			young |= age(vm->mmu, first, last);
	}
	rwmutex_unlock_read(&vm->slots.lock);
	return young;
}

static bool age(struct notifier *n, struct hva_range range)
{
	return age_with(n, range, mmu_age);
}

static bool test_young(struct notifier *n, struct hva_range range)
{
	return age_with(n, range, mmu_test_young);
}

/* No thread of the owner's runs any more, so no vCPU does. */
static void release(struct notifier *n)
{
	struct vm *vm = vm_of(n);

	__atomic_store_n(&vm->is_dead, true, __ATOMIC_RELEASE);
	mmu_kill(vm->mmu);
}

const struct notifier_ops memslot_notifier = {
	.begin = begin,
	.end = end,
	.age = age,
	.test_young = test_young,
	.release = release,
};
