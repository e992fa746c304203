/*
 * Trees that are made entry by entry, without mmu/tdp: what the cursor, the checker and the printer are tried on.
 */
#ifndef SUITES_MMU_TREE_H
#define SUITES_MMU_TREE_H

#include "grading/sim/sim.h"
#include "mmu/pt/pt_check.h"

/* The shape of the case's trees: for_each_shape() goes through all that the format has. */
struct shape {
	int levels, extra;
};

extern struct shape shape;

/* Run for every shape; a failure names the shape. */
void for_each_shape(void (*run)(void));

/* A machine with nothing in it. */
void machine_start(void);

/* Call `watch` before each access to an entry, until the next machine_start(). */
void machine_watch(void (*watch)(const void *slot, const char *what));

/* A tree with nothing in it; a table of empty entries. */
struct pt tree_make(void);
hpa_t tree_table(const struct pt *pt, int level);

/* Set an entry; tables on the way to it are made. */
void tree_set(const struct pt *pt, ia_t at, int level, pte_t pte);

/* The entry's slot; NULL if there is no table for it. */
pte_t *tree_slot(const struct pt *pt, ia_t at, int level);

/* A leaf that the format has, for an output address that nothing else uses. */
pte_t tree_leaf(int level, uint64_t number);

/* Fill [0, end) with a few tables and leaves here and there, most of all at its ends and at borders of tables. */
void tree_grow(const struct pt *pt, uint64_t *random, int count);

/* An address that a walk might be wrong at: around the borders of what entries of some level translate. */
ia_t tree_address(const struct pt *pt, uint64_t *random);

#endif
