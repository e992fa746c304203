/*
 * The suites of an instance over mmu/direct: those that know mmu/mmu.h alone.
 */
#include <stddef.h>

#include "grading/suites/mmu/table.h"

extern const struct check_suite suite_fault, suite_taking, suite_retry;

const struct mmu_suite_entry mmu_suites[] = {
	{ "fault", &suite_fault },
	{ "taking", &suite_taking },
	{ "retry", &suite_retry },
	{ NULL, NULL },
};
