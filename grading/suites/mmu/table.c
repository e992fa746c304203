/*
 * All suites, in the order in which they run: from what the others rest on to what takes longest.
 */
#include <stddef.h>

#include "grading/suites/mmu/table.h"

extern const struct check_suite suite_laws, suite_iter, suite_input, suite_alloc, suite_tlb, suite_model;

const struct mmu_suite_entry mmu_suites[] = {
	{ "laws", &suite_laws },
	{ "iter", &suite_iter },
	{ "input", &suite_input },
	{ "alloc", &suite_alloc },
	{ "tlb", &suite_tlb },
	{ "model", &suite_model },
	{ NULL, NULL },
};
