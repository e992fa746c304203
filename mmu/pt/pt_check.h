/*
 * The checker and the printer: what is in a tree, and is it a legal one?
 *
 * Both are aids.  They use the same hooks as the code they look at, so a wrong hook can fool them; verdicts come from
 * the independent walkers in grading/sim.
 *
 * Rules, in the order they are looked for:
 *   R1 a table's address is aligned, not 0, and below 2^PT_OA_BITS
 *   R2 no table is linked twice, and no tree is deeper or larger than the caller's `tables_max`
 *   R3 a leaf's level and rights are ones that pte_leaf_ok() allows
 *   R4 a leaf's page is aligned to its level and ends below 2^PT_OA_BITS
 *   R5 no entry is frozen
 *
 * Locking: nobody changes the tree meanwhile.
 */
#ifndef MMU_PT_PT_CHECK_H
#define MMU_PT_PT_CHECK_H

#include "mmu/pt/pt_iter.h"

struct pt_census {
	uint64_t leaf_count[PT_LEVELS_MAX];
	uint64_t table_count; /* root included */
	int broken;           /* the number of the first broken rule, 0 if none */
	struct pt_entry at;   /* the entry that breaks it */
};

/* Count everything, up to the first broken rule. */
void pt_census(const struct pt *pt, uint64_t tables_max, struct pt_census *census);

/* Describe an entry in one line: "l0 0x80003000-0x80004000 leaf 0x81200000 rw---- AD"; returns buf. */
#define PT_LINE_MAX 120
const char *pt_entry_line(const struct pt_entry *e, char buf[PT_LINE_MAX]);

/*
 * The walk for one address, as a walker goes it: the root; each entry on the way, an empty one too, in one line with
 * its slot and its value; and last what the walk yields.  `at` is below pt_ia_end().
 *
 *	root      0x8f428000, 3 levels
 *	l2 0x80000000-0xc0000000 table 0x8f42c000, slot 2: 0x23d0b001
 *	l1 0x80200000-0x80400000 leaf 0x8f600000 rwx--- AD, slot 1: 0x23d800df
 *	yields    0x8f601234: read, write, execute
 */
void pt_walk(const struct pt *pt, ia_t at, void (*print)(void *arg, const char *line), void *arg);

/* One line for each entry of [start, end) that is not empty, indented by depth. */
void pt_dump(const struct pt *pt, ia_t start, ia_t end, void (*print)(void *arg, const char *line), void *arg);

#endif
