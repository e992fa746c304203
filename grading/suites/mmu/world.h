/*
 * A machine with one tree of mmu/tdp on it, and CPUs that run in it: where most suites begin.
 */
#ifndef SUITES_MMU_WORLD_H
#define SUITES_MMU_WORLD_H

#include "grading/sim/sim.h"
#include "grading/suites/mmu/tree.h"
#include "mmu/tdp/tdp_iter.h"

/* CPUs 0 and 1 run in the tree; their hardware ID. */
#define WORLD_CPUS 2
#define WORLD_ID   1

extern struct world {
	struct host *host;
	struct tdp_root root;
} world;

/* machine_start(), an empty root of for_each_shape()'s shape, its space open, CPUs in it. */
void world_start(void);

/* CPUs leave, the root goes; nothing may be left. */
void world_finish(void);

/* Between two operations: does the tree obey its rules, do counts agree with memory, is nothing stale or lost? */
void world_check(void);

/* What hardware finds of these rights. */
unsigned world_rights(pt_prot_t prot);

/*
 * Rights that the format has at all levels of leaves: i = 0 is read and write, 1 read; then all others; false behind.
 */
bool world_prot(int i, pt_prot_t *prot);
int world_prot_count(void);

/* Map with rights i of world_prot(), output address `page`. */
int world_map(uint64_t start, uint64_t end, uint64_t page, int prot, int max_level);

/* CPU 0 or 1: what does an access need to have these rights, and do they suffice? */
bool world_may(pt_prot_t prot, unsigned access);

/* An access by a guest; in stage 1, by user mode if the rights are for user mode. */
bool world_access(int cpu, uint64_t at, unsigned access);

/* The smallest shape of the format; cases for which the shape does not matter. */
void world_smallest_shape(void);

#endif
