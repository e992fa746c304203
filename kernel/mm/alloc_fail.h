/*
 * Fault injection: let an allocation fail, so that tests can try every error path.
 */
#ifndef KERNEL_MM_ALLOC_FAIL_H
#define KERNEL_MM_ALLOC_FAIL_H

#include "kernel.h"

enum fail_mode { FAIL_ONCE, FAIL_ALWAYS };

/* What a thread has asked for. */
struct alloc_fail {
	u64 made;  /* allocations since alloc_fail_nth() */
	u64 nth;   /* 0: none shall fail */
	enum fail_mode mode;
};

/*
 * Of the allocations (buddy_alloc, page_alloc, page_alloc_block, kmalloc) that the calling thread makes from here on,
 * let the n-th (1 is the next) fail, once or from then on.  0 turns it off.  Returns how many it has made since the
 * last call.  Allocations of interrupt handlers count as the interrupted thread's.
 */
u64 alloc_fail_nth(u64 n, enum fail_mode mode);

/* For allocators: shall this allocation fail? */
bool alloc_should_fail(void);

#endif
