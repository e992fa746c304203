/*
 * Address spaces: which user addresses exist (regions), and which pages back them (stage-1 tables).
 *
 * A region says what is allowed; pages come with the first touch.  Anonymous private memory is shared copy-on-write
 * by fork; anonymous shared memory and device pages are shared for good.
 *
 * I1 Every leaf lies inside a region, has no right that the region lacks, and is page- or 2 MiB-sized.
 * I2 A leaf of RAM holds one reference to each 4 KiB page that it maps.
 * I3 A leaf with PROT_WRITE maps pages that no other private region maps.
 * I4 An entry that loses a right or its page is changed between notifier_begin() and notifier_end(), and every CPU
 *    that has the root loaded is flushed before notifier_end(); the page's reference is dropped after it.
 *
 * Locking: `lock` (rank RANK_ASPACE): regions change with it held for writing.  Held for reading, entries change
 * only with `table_lock` held as well, and only by faults: empty to leaf, more rights, copy for shared page.
 *
 * Ordering: a CPU sets its bit in `cpus` before it loads the root; whoever changes an entry reads `cpus` after.
 * Both sides have a full barrier between, so a CPU either sees the new entry or gets the flush.
 */
#ifndef KERNEL_MM_ASPACE_H
#define KERNEL_MM_ASPACE_H

#include "cpu.h"
#include "lock.h"
#include "mm/notifier.h"
#include "mm/upt.h"

struct file;

#define STACK_SIZE  (1024 * 1024ull)
#define REGIONS_MAX 4096u /* per address space */

struct region {
	struct list link; /* in order of address */
	hva_t start, end; /* page-aligned */
	u32 prot;         /* PROT_ */
	u32 flags;        /* MAP_SHARED or MAP_PRIVATE, MAP_ANON, MAP_HUGE */
	struct file *file; /* shared memory or a device: counted, put when the lock is free again */
	u64 offset;       /* of start in file */
};

struct aspace {
	u32 count;            /* references to this struct; atomic */
	hpa_t root;
	cpu_mask_t cpus;      /* that have root loaded; atomic */

	struct rwmutex lock;
	struct list regions;  /* lock */
	u32 region_count;     /* lock */
	struct spinlock table_lock; /* rank RANK_UPT */
	u64 page_count;       /* 4 KiB pages of RAM mapped; atomic */
	u64 charge_count;     /* pages that the kernel has on its behalf; atomic */

	struct notifier_state notifiers;
	struct page_batch *batch; /* pages on their way out; lock, for writing */
};

/* An empty address space with count 1; NULL without memory. */
struct aspace *aspace_create(void);

/*
 * Unmap everything and free the tables, after the listeners' release().  No thread runs in it any more.  The struct
 * itself goes with the last aspace_put().
 */
void aspace_destroy(struct aspace *as);
void aspace_get(struct aspace *as);
void aspace_put(struct aspace *as);

/* A copy for fork; NULL without memory.  The caller is a thread of `from`. */
struct aspace *aspace_fork(struct aspace *from);

/* Make this CPU translate through as (NULL: kernel only).  Interrupts off. */
void aspace_load(struct aspace *as);

/* What mmap() asks for. */
struct map_request {
	hva_t addr;  /* with MAP_FIXED; else a hint that is ignored */
	u64 size;    /* bytes, rounded up to pages */
	u32 prot, flags;
	struct file *file; /* NULL for MAP_ANON */
	u64 offset;
};

/*
 * The start address as a positive number, or -EINVAL (arguments), -ENOMEM (memory, addresses, regions), -EEXIST
 * (MAP_FIXED over a region), -ENODEV, or what the device answers.
 */
s64 aspace_map(struct aspace *as, const struct map_request *request);

/* On page-aligned ranges inside user space.  -EINVAL, -ENOMEM (a region or table for a split; nothing changed). */
int aspace_unmap(struct aspace *as, struct hva_range range);
int aspace_protect(struct aspace *as, struct hva_range range, u32 prot);
int aspace_dontneed(struct aspace *as, struct hva_range range);
int aspace_move(struct aspace *as, struct hva_range range);

/*
 * A user access (or the kernel's on the user's behalf) found no translation.  0 when it may be tried again, -EFAULT
 * (no region, or not allowed), -ENOMEM.  May sleep.
 */
int aspace_fault(struct aspace *as, hva_t va, enum access access);

/*
 * Copy between kernel memory and user addresses of `as`, faulting pages in; as its own user would be allowed to.  0,
 * -EFAULT or -ENOMEM; on an error some bytes may have been copied.  An aligned u32 is copied in one access.  May sleep.
 */
int aspace_read(struct aspace *as, void *to, hva_t from, size_t size);
int aspace_write(struct aspace *as, hva_t to, const void *from, size_t size);

/*
 * Find the page behind va for a listener (notifier.h has the protocol): faults it in if need be and takes no reference,
 * so the answer is only as good as the sequence sampled before.  0, -EFAULT, -ENOMEM.  May sleep.
 */
struct user_page {
	hpa_t page;   /* the 4 KiB page at va */
	int level;    /* of the leaf that maps it */
	u32 rights;   /* PROT_ and UPT_: what the leaf allows */
};
int aspace_resolve(struct aspace *as, hva_t va, enum access access, struct user_page *found);

/*
 * The same without a lock and without sleeping, if the page is there already and `as` is what this CPU translates by;
 * else false.  Interrupts are on.
 */
bool aspace_resolve_hot(struct aspace *as, hva_t va, enum access access, struct user_page *found);

/* The same for what is there now: nothing is faulted in.  False: no page.  May sleep. */
bool aspace_peek(struct aspace *as, hva_t va, struct user_page *found);

/*
 * Pages that the kernel takes for this address space's sake, and gives back: shown as its own.  False, and none are
 * charged: it would have more than a quarter of all memory so.
 */
bool aspace_charge(struct aspace *as, u64 pages);
void aspace_uncharge(struct aspace *as, u64 pages);

/*
 * What identifies a futex at va for all who share it: the address space, or the shared object's id, which no later
 * object gets: a waiter may outlive the mapping of its word.  0 or -EFAULT.
 */
struct futex_key {
	u64 space, address;
};
int aspace_futex_key(struct aspace *as, hva_t va, struct futex_key *key);

/* Verify I1-I3 against the tables and page counts; panics with values.  Takes the lock.  For tests. */
void aspace_check(struct aspace *as);

#endif
