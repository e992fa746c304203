/*
 * What CPUs remember.  Per CPU, tagged by hardware ID alone:
 *
 *   leaf      a translation: page, size, rights, and whether writes go through without setting D in memory
 *   table     where the table for a part of the address space is, at each level (a paging-structure cache)
 *   nothing   that there was nothing (formats in which that may be cached)
 *   stage 1   what a guest's own tables said: gva -> gpa, tagged by (hardware ID, guest's ASID)
 *
 * I1 Nothing is forgotten unless it is flushed (at SIM_TLB_MAX entries the oldest goes, which is counted).
 * I2 What is remembered is used before memory is looked at, the oldest first.
 * I3 The same (kind, ID, level, address) is there once.
 *
 * A CPU that finds that a remembered translation refuses an access looks again in memory, unless the format lets it
 * refuse by what it remembers (less_may_be_cached).
 */
#ifndef SIM_TLB_H
#define SIM_TLB_H

#include "grading/sim/sim.h"

#define SIM_TLB_MAX 2048

enum sim_tlb_kind { SIM_TLB_LEAF = 1, SIM_TLB_TABLE = 2, SIM_TLB_NOTHING = 4, SIM_TLB_STAGE1 = 8 };

struct sim_tlb_entry {
	enum sim_tlb_kind kind;
	int level;       /* of the entry in memory that it stems from */
	unsigned id;
	uint64_t ia;     /* the first byte that it is about */
	hpa_t out;       /* page or table; SIM_TLB_STAGE1: the gpa */
	unsigned rights; /* of a leaf; a table: what the tables up to here let through */
	unsigned ad;     /* of a leaf */
	unsigned asid;   /* SIM_TLB_STAGE1 */
};

/* ---- Use by CPUs ---------------------------------------------------------------------------------------- */

/* What is looked for. */
struct sim_tlb_key {
	enum sim_tlb_kind kind;
	unsigned id, asid;
	uint64_t ia;
};

/* The oldest entry that covers the address, of the lowest level if it is a table; NULL. */
const struct sim_tlb_entry *sim_tlb_find(int cpu, const struct sim_tlb_key *key);

/* Remember; replaces what I3 would have twice. */
void sim_tlb_add(int cpu, const struct sim_tlb_entry *entry);

/* All that a CPU remembers; `count` becomes how much. */
const struct sim_tlb_entry *sim_tlb_entries(int cpu, int *count);

/* How many entries had to go because there was no room. */
uint64_t sim_tlb_evictions(void);

/* ---- Flushing ------------------------------------------------------------------------------------------- */

#define SIM_TLB_ANY_ID    (~0u)
#define SIM_TLB_ANY_ASID  (~0u)
#define SIM_TLB_ANY_LEVEL (-1)

/* Forget what matches all of it. */
struct sim_tlb_flush {
	unsigned kinds; /* of enum sim_tlb_kind, or-ed */
	unsigned id, asid;
	int level;      /* a level hint: entries of this level alone */
	uint64_t start, last; /* what is about a byte of [start, last] */
};

void sim_tlb_flush(int cpu, const struct sim_tlb_flush *flush);

/* Forget everything on one CPU, as hardware may at any time. */
void sim_tlb_forget(int cpu);

#endif
