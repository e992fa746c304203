/*
 * Memory for tables: an allocator that is as hostile as it may be.
 *
 * I1 What is allocated and what is freed is filled with SIM_POISON: nobody can rely on the content.
 * I2 Before and after each block lies a page that is never given away (a red zone).
 * I3 A freed block keeps its poison until it is allocated again: sim_mem_check() finds a late write.
 *
 * Guest pages are numbers: any hpa outside [base, base + size).
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include "grading/sim/sim.h"

#define SIM_POISON 0xdb6bdb6bdb6bdb6bull

#define SIM_ORDER_MAX 4

enum sim_reuse {
	SIM_REUSE_LATE,    /* as late as possible */
	SIM_REUSE_AT_ONCE, /* what was freed last first */
	SIM_REUSE_NEVER,   /* quarantine */
};

enum sim_fail_mode { SIM_FAIL_NEVER, SIM_FAIL_ONCE, SIM_FAIL_FROM_ON };

/* How free tables are chosen; SIM_REUSE_LATE to begin with. */
void sim_mem_reuse(enum sim_reuse reuse);

/*
 * The n-th allocation from now on (n = 1: the next) fails, or it and all that follow.  host_root_open() asks too, as if
 * it allocated.
 */
void sim_mem_fail(enum sim_fail_mode mode, uint64_t n);

/* 2^order pages; hpa(0) if there are none.  host_table_alloc() is this. */
hpa_t sim_mem_alloc(int order);

/* For what takes memory elsewhere: does this allocation fail? */
bool sim_mem_refuses(void);

/*
 * Give a block back.  `grace` holds a bit for each actor that may still read it: it is poisoned and reused when
 * sim_mem_grace_end() has been called for all of them.  Fails for what is not a block of this order.
 */
void sim_mem_free(hpa_t table, int order, unsigned grace);
void sim_mem_grace_end(int actor);

/* Pages and blocks allocated now, those in their grace period included. */
uint64_t sim_mem_pages(void);
uint64_t sim_mem_blocks(void);

/* Red zones and poison; fails if something was written there. */
void sim_mem_check(void);

/* ---- Where an address lies ------------------------------------------------------------------------------ */

enum sim_page_state {
	SIM_PAGE_OUTSIDE, /* not memory for tables */
	SIM_PAGE_FREE,
	SIM_PAGE_RED,
	SIM_PAGE_LIVE,
	SIM_PAGE_DYING, /* freed, in its grace period */
};

/* A block of pages that is live or dying. */
struct sim_block {
	hpa_t start;
	int order;
	enum sim_page_state state;
	unsigned grace;    /* actors that may still read it: a bit each */
	uint64_t checksum; /* of a dying block, as it was freed */
	int level;         /* of its entries, while it is linked (point.h); else -1 */
};

enum sim_page_state sim_mem_state(hpa_t at);

/* The block that the byte belongs to; NULL unless it is live or dying. */
struct sim_block *sim_mem_block(hpa_t at);

/* All of them, one after the other; NULL begins and ends. */
const struct sim_block *sim_mem_next_block(const struct sim_block *block);

/* Simulated memory as the walker sees it. */
const struct walk_memory *sim_memory(void);

void *sim_mem_pointer(hpa_t at);
hpa_t sim_mem_hpa(const void *pointer);

#endif
