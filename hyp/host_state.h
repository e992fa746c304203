/*
 * What mmu/host.h stands on in the kernel: one for each machine, embedded in it.
 *
 * Tables that were unlinked.  Somebody who holds the lock for reading may still look at one.  So a table that is freed
 * by anybody but the exclusive holder is put aside, and freed by the next exclusive holder: when it got the lock, all
 * who had seen the table had let go.
 *
 * I1 `table_count` is what the machine has of table pages, put aside ones included, and what its owner was charged; it
 *    is at most `table_limit` where that has not been lowered since.
 *
 * Locking: `lock` (RANK_MMU) is host_lock(), `table_lock` (RANK_TABLE) host_table_lock(), `aside_lock` (RANK_ASIDE) for
 * the list of tables put aside.
 */
#ifndef HYP_HOST_STATE_H
#define HYP_HOST_STATE_H

#include "kernel.h"
#include "lock.h"
#include "lib/list.h"

struct aspace;
struct vm;

struct host {
	/* constant */
	struct vm *vm;        /* NULL: tables alone, for tests */
	struct aspace *owner; /* NULL: nobody is charged */

	struct rwlock lock;
	struct spinlock table_lock;
	u64 locked_since;     /* the exclusive holder's: ns of arch_clock() */

	struct spinlock aside_lock;
	struct list aside;    /* struct page by its link; owner: address and order */
	u32 aside_count;      /* aside_lock to change */

	/* atomic */
	u64 table_count, table_limit; /* pages */
	u64 flush_count, yield_count;
	u64 refused_count; /* tables that a limit has refused */
};

void host_init(struct host *host, struct vm *vm, struct aspace *owner);

/* Free what was put aside.  Nobody uses the host any more. */
void host_exit(struct host *host);

/*
 * Why an operation of the MMU's has failed that allocates tables, but can say only that it got none: -EDQUOT for
 * -ENOMEM, if a limit has refused one since refused_count was `refused`.
 */
int host_why(const struct host *host, u64 refused, int error);

/* Free what was put aside, if it has become much.  No lock is held; may spin. */
void host_tidy(struct host *host);

#endif
