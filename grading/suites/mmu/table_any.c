/*
 * The suites that any MMU is judged by: those that know mmu/mmu.h alone.
 */
#include <stddef.h>

#include "grading/suites/mmu/table.h"

extern const struct check_suite suite_fault, suite_taking, suite_roots, suite_retry;

const struct mmu_suite_entry mmu_suites[] = {
	{ "fault", &suite_fault },
	{ "taking", &suite_taking },
	{ "roots", &suite_roots },
	{ "retry", &suite_retry },
	{ NULL, NULL },
};
