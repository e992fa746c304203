/*
 * All that an MMU implementation (mmu/tdp, mmu/direct) may ask of its surroundings.
 *
 * The kernel implements it for real, grading/sim simulates it.  A `struct host` is the surroundings of one guest
 * address space; each function takes it first.
 *
 * Locking: one reader-writer lock a host.  With HOST_SHARED, any number of callers change entries by compare-and-swap
 * alone; with HOST_EXCLUSIVE there is one caller - but hardware still sets accessed and dirty.  Within it, the table
 * lock: a spin lock, for lists.
 */
#ifndef MMU_HOST_H
#define MMU_HOST_H

#include "mmu/fmt/tdp_fault.h"
#include "mmu/pt/pt.h"

struct host;
struct host_root;

/* What is answered, negative: the values of the kernel's abi/errno.h, which this layer cannot include. */
enum {
	MMU_EINTR = 4,
	MMU_EIO = 5,
	MMU_EAGAIN = 11,
	MMU_ENOMEM = 12,
	MMU_EFAULT = 14,
	MMU_EINVAL = 22,
	MMU_ENOSYS = 38,
	MMU_ELOOP = 40,
	MMU_EDQUOT = 122,
};

enum host_lock { HOST_SHARED, HOST_EXCLUSIVE };

/* ---- Memory -------------------------------------------------------------------------------------------- */

/* `size` bytes of zeroes, aligned to 16; NULL if there are none.  Does not sleep. */
void *host_memory_alloc(struct host *h, uint64_t size);
void host_memory_free(struct host *h, void *memory);

/* ---- Tables -------------------------------------------------------------------------------------------- */

/*
 * 2^order pages, content undefined; hpa(0) if there are none.  May be called with the lock held.
 */
hpa_t host_table_alloc(struct host *h, int order);

/*
 * Fill tables[have..want) with single pages, content undefined: all of them, or none and -ENOMEM, or -EDQUOT if the
 * monitor may have no more.  May sleep; no lock is held.
 */
int host_table_reserve(struct host *h, hpa_t *tables, int have, int want);

/*
 * Give back what the two gave.  No hardware walker can reach it: it was never linked, or it was unlinked and
 * host_flush() has returned since.  Other callers with HOST_SHARED may still read it; it is reused only when they have
 * all let go of the lock.
 */
void host_table_free(struct host *h, hpa_t table, int order);

/* What to add to a table's physical address to get a pointer to it. */
uint64_t host_table_window(struct host *h);

/* ---- Roots --------------------------------------------------------------------------------------------- */

/*
 * Hardware will walk this tree: hardware IDs, and the CPUs that use them, belong to what is returned.  NULL: no memory.
 * Closed after its last flush, before the table is freed; no CPU has it loaded then.  Neither sleeps.
 */
struct host_root *host_root_open(struct host *h, hpa_t table, int levels, int extra);
void host_root_close(struct host *h, struct host_root *root);

/* ---- Locks --------------------------------------------------------------------------------------------- */

/* From here to host_unlock() the caller does not sleep; with HOST_SHARED, interrupts are off. */
void host_lock(struct host *h, enum host_lock mode);
void host_unlock(struct host *h, enum host_lock mode);
bool host_lock_is_held(struct host *h, enum host_lock mode);

/* Does somebody wait for the lock, or has the caller held it for long?  Then it should let go for a moment. */
bool host_should_yield(struct host *h);

/* The table lock.  Taken with or without the other one; its holder uses plain memory and host_trace() alone. */
void host_table_lock(struct host *h);
void host_table_unlock(struct host *h);

/* ---- Translations that CPUs have cached ------------------------------------------------------------------ */

/* Each takes in the ones before it. */
enum host_flush_what {
	HOST_FLUSH_HERE,   /* this CPU alone, of leaves: they allow more now than it may remember */
	HOST_FLUSH_LEAVES, /* what leaves in the range said */
	HOST_FLUSH_ALL,    /* that, and what is remembered of tables on the way to it */
};

/*
 * On every CPU that may have used the tree under `root`, forget what is cached of [start, end).  Returns when all
 * have.  May be called with the lock held.
 */
void host_flush(struct host *h, struct host_root *root, ia_t start, ia_t end, enum host_flush_what what);

/* ---- Guest pages --------------------------------------------------------------------------------------- */

/*
 * How old is what is looked up from here on?  Taken first; host_must_retry() says later whether it still holds.
 *
 * Ordering: an acquire; what is looked up is read after it.
 */
struct host_sample {
	uint64_t notifier, memslots;
};
struct host_sample host_sample(struct host *h);

/* A memslot: [start, end) of the guest is the monitor's memory from `hva` on. */
struct host_slot {
	gpa_t start, end;
	hva_t hva;
	pt_prot_t rights; /* at most */
	int level_max;    /* of leaves; 0 while writes are logged */
};

enum host_slot_kind {
	HOST_SLOT_NONE, /* there is no memory: a device, or nothing */
	HOST_SLOT_RAM,
	HOST_SLOT_BUSY, /* it is being changed: neither of the two yet */
};

/* The memslot at `at`, by value.  Any lock may be held; does not wait for an update. */
enum host_slot_kind host_lookup(struct host *h, gpa_t at, struct host_slot *slot);

/* A page of the monitor's memory. */
struct host_page {
	hpa_t page;       /* the 4 KiB that were asked for */
	int level;        /* of the aligned block around it that is one piece in the host */
	bool is_writable; /* now, without asking the host again */
};

/*
 * The page for `at`, brought in and made private if need be; writable after TDP_ACCESS_WRITE.  No reference is taken:
 * it may be gone at once, which host_must_retry() tells.  -EFAULT: the monitor has no such page, or may not use it so;
 * -ENOMEM; -EINTR: the thread is being killed.  May sleep, and calls notifiers; no lock is held.
 */
int host_resolve(struct host *h, const struct host_slot *slot, gpa_t at, enum tdp_access access,
		 struct host_page *page);

/*
 * May what was looked up since the sample be wrong by now?  Yes if the notifiers' sequence or the memslots have moved,
 * or a range with this page is being changed.  The lock is held: who announces a change after a no takes the lock
 * before the page goes, and finds what was mapped.
 */
bool host_must_retry(struct host *h, const struct host_sample *sample, const struct host_slot *slot, gpa_t at);

/*
 * The `size` bytes at `page` have been accessed or written (PT_ACCESSED, PT_DIRTY) through translations at `at`.
 * Called with the lock held.  Who acts on it, and cleans the page say, takes the lock before: until the flush, which
 * comes after this, a CPU may go on writing by what it remembers.
 */
void host_page_mark(struct host *h, ia_t at, hpa_t page, uint64_t size, unsigned ad);

/* ---- Watching ------------------------------------------------------------------------------------------ */

enum host_trace {
	HOST_TRACE_SET,   /* `count` adjacent entries of `level` from `at` on changed */
	HOST_TRACE_FLUSH, /* `count` tables are freed after it */
	HOST_TRACE_YIELD,
	HOST_TRACE_FAULT, /* at `at`, with a leaf of at most `level`; `count`: enum mmu_outcome */
	HOST_TRACE_ROOT,  /* the root at table `at` was not used again; `count`: enum tdp_refusal */
};

/* For tracepoints. */
void host_trace(struct host *h, enum host_trace what, ia_t at, int level, uint64_t count);

/* A mistake of the MMU itself, with its text; does not return. */
void host_bug(struct host *h, const char *text, uint64_t a, uint64_t b) __attribute__((noreturn));

#endif
