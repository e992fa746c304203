/*
 * All that an MMU implementation (mmu/tdp, mmu/direct) may ask of its surroundings.
 *
 * The kernel implements it for real, grading/sim simulates it.  A `struct host` is the surroundings of one guest
 * address space; each function takes it first.
 *
 * Locking: one reader-writer lock a host.  With HOST_SHARED, any number of callers change entries by compare-and-swap
 * alone; with HOST_EXCLUSIVE there is one caller - but hardware still sets accessed and dirty.
 */
#ifndef MMU_HOST_H
#define MMU_HOST_H

#include "mmu/pt/pt.h"

struct host;

enum host_lock { HOST_SHARED, HOST_EXCLUSIVE };

/* ---- Tables -------------------------------------------------------------------------------------------- */

/*
 * 2^order pages, aligned to their size, content undefined; hpa(0) if there are none.  May be called with the lock
 * held.
 */
hpa_t host_table_alloc(struct host *h, int order);

/*
 * Give back what host_table_alloc() gave.  No hardware walker can reach it: it was never linked, or it was unlinked
 * and host_flush() has returned since.  Other callers with HOST_SHARED may still read it; it is reused only when they
 * have all let go of the lock.
 */
void host_table_free(struct host *h, hpa_t table, int order);

/* What to add to a table's physical address to get a pointer to it. */
uint64_t host_table_window(struct host *h);

/* ---- Lock ---------------------------------------------------------------------------------------------- */

void host_lock(struct host *h, enum host_lock mode);
void host_unlock(struct host *h, enum host_lock mode);
bool host_lock_is_held(struct host *h, enum host_lock mode);

/* Does somebody wait for the lock, or has the caller held it for long?  Then it should let go for a moment. */
bool host_should_yield(struct host *h);

/* ---- Translations that CPUs have cached ------------------------------------------------------------------ */

enum host_flush_what {
	HOST_FLUSH_LEAVES, /* what leaves in the range said */
	HOST_FLUSH_ALL,    /* that, and what is remembered of tables on the way to it */
};

/*
 * On every CPU that may have used the tree under `root`, forget what is cached of [start, end).  Returns when all
 * have.  May be called with the lock held.
 */
void host_flush(struct host *h, hpa_t root, ia_t start, ia_t end, enum host_flush_what what);

/* ---- Guest pages --------------------------------------------------------------------------------------- */

/*
 * The `size` bytes at `page` have been accessed or written (PT_ACCESSED, PT_DIRTY) through translations at `at`.
 * Called with the lock held.  Who acts on it, and cleans the page say, takes the lock before: until the flush, which
 * comes after this, a CPU may go on writing by what it remembers.
 */
void host_page_mark(struct host *h, ia_t at, hpa_t page, uint64_t size, unsigned ad);

/* ---- Watching ------------------------------------------------------------------------------------------ */

enum host_trace { HOST_TRACE_SET, HOST_TRACE_FLUSH, HOST_TRACE_YIELD };

/* `count` adjacent entries of `level` from `at` on changed; for tracepoints. */
void host_trace(struct host *h, enum host_trace what, ia_t at, int level, uint64_t count);

/* A mistake of the MMU itself, with its text; does not return. */
void host_bug(struct host *h, const char *text, uint64_t a, uint64_t b) __attribute__((noreturn));

#endif
