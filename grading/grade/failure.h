/*
 * One failure as it is shown: in full, or in a line.
 *
 *   FAIL pte.leaf_user riscv, 0 of 6 points                                [PTE-U-MISSING]
 *     did      map gpa 0x80003000 -> hpa 0x81200000 rw- level 0
 *     got      0x20480007  ppn 0x81200  -- - - - W R V
 *     expected 0x204800d7  ppn 0x81200  DA - U - W R V     differs: D A U
 *     why      G-stage accesses are checked as user's: each access faults again (Two-Stage Address Translation)
 *     look     pte_make_leaf(), mmu/fmt/riscv/pte.h      read  labs/pte/README.md#user-bit
 *     again    make grade LAB=pte ARCH=riscv T=pte.leaf_user SEED=7      debug: add GDB=1
 *
 * I1 At most FAILURE_LINES lines of 100 columns, unless more is asked for.
 */
#ifndef GRADING_GRADE_FAILURE_H
#define GRADING_GRADE_FAILURE_H

#include "grading/grade/score.h"

enum { FAILURE_LINES = 12 };

enum failure_form { FAILURE_SHORT, FAILURE_WITH_ALL_LINES };

void failure_print(const struct score *score, const struct outcome *o, enum failure_form form);
void failure_print_in_a_line(const struct score *score, const struct outcome *o);

/* Does a line of explanation belong into a report?  Not if it only counts, or repeats what the report says. */
int failure_shows(const char *line);

#endif
