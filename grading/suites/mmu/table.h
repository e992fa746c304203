/*
 * All suites of an instance.
 */
#ifndef SUITES_MMU_TABLE_H
#define SUITES_MMU_TABLE_H

#include "grading/suites/mmu/check.h"

struct mmu_suite_entry {
	const char *name;
	const struct check_suite *suite;
};

/* Ends with a name that is NULL. */
extern const struct mmu_suite_entry mmu_suites[];

#endif
