/*
 * The cursor, and what changes below it: parts of the cases in iter.c.
 */
#ifndef SUITES_MMU_ITER_CHANGE_H
#define SUITES_MMU_ITER_CHANGE_H

/* pt_iter_cas() and pt_iter_xchg(), while others write the same entry before any of their accesses. */
void iter_change_races(void);

/* pt_iter_left() and pt_iter_seek(), for trees of the present shape. */
void iter_change_left(void);

#endif
