/*
 * Memslots: which memory of the monitor's is the guest's, and where.
 *
 * A machine's set is a small array, sorted by gpa, with a sequence that is odd while the set is being changed:
 *
 *   reader   sequence (acquire), even?; find and copy one; sequence the same?     no lock; odd or moved: it is BUSY
 *   update   1 lock for writing                      a notifier's begin() waits from here on
 *            2 MMU lock exclusive: sequence odd      faults that look from here on are told BUSY; those under way retry
 *            3 mmu_unmap(), mmu_protect() of what goes
 *            4 change the array; sequence even
 *            5 unlock: who was told BUSY has waited here
 *
 * So a guest sees the old set or the new one and, between the two, waits.  begin() sees the new set, and whatever an
 * update drops is gone before begin() looks.  Nothing is allocated: once its arguments are checked, an update cannot
 * fail.
 *
 * I1 Sorted by gpa, none overlap; two may show the same hva.
 * I2 start, end, hva are page-aligned; end <= 2^gpa_bits; hva + size <= USER_END.
 * I3 Nothing here grows with the size of a memslot.
 *
 * Locking: `lock` (RANK_MEMSLOT); never taken before the address space's.
 * Ordering: the sequence is a sequence lock's; pairs with itself.
 */
#ifndef HYP_MEMSLOT_H
#define HYP_MEMSLOT_H

#include "kernel.h"
#include "lock.h"
#include "abi/vm.h"
#include "mm/notifier.h"
#include "mmu/pt/addr.h"

struct vm;

struct memslot {
	gpa_t start, end;
	hva_t hva;  /* of start */
	u32 id;     /* the monitor's name for it */
	u32 flags;  /* VM_SLOT_ */
};

struct memslots {
	struct rwmutex lock;
	u64 sequence; /* atomic */
	u32 count;
	struct memslot slot[VM_SLOT_MAX];
};

void memslots_init(struct memslots *set);

/* The memslot at this address, by value.  BUSY: the set is being changed.  Any context. */
enum memslot_found { MEMSLOT_NONE, MEMSLOT_FOUND, MEMSLOT_BUSY };
enum memslot_found memslot_find(const struct memslots *set, gpa_t at, struct memslot *slot);

/*
 * See abi/vm.h for the arguments; vm->lock is held.  -EINVAL (not aligned, wraps, beyond the width, outside user
 * space, an unknown id or flag), -EEXIST (overlaps another), -ENOENT (removes what is not there), -ENOSYS (log).
 */
int memslot_update(struct vm *vm, const struct vm_memslot *request);

/* Wait until no update is under way.  May sleep; no lock is held. */
void memslots_wait(struct memslots *set);

/*
 * Copy between the kernel and guest memory, as the guest might.  By a thread of the owner's.  -EFAULT: no memory there,
 * or read-only, or the monitor has none; -ENOMEM.  May sleep.
 */
int guest_read(struct vm *vm, gpa_t from, void *to, size_t size);
int guest_write(struct vm *vm, gpa_t to, const void *from, size_t size);

extern const struct notifier_ops memslot_notifier;

#endif
