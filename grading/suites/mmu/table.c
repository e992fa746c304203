/*
 * All suites, in the order in which they run: from what the others rest on to what takes longest.
 */
#include <stddef.h>

#include "grading/suites/mmu/table.h"

extern const struct check_suite suite_laws, suite_hardware, suite_iter, suite_yield, suite_checker, suite_print,
	suite_input, suite_alloc, suite_tlb, suite_choke, suite_debt, suite_explorer, suite_interleave, suite_decode,
	suite_fault, suite_taking, suite_roots, suite_roots_tdp, suite_retry, suite_model;

const struct mmu_suite_entry mmu_suites[] = {
	{ "laws", &suite_laws },
	{ "hardware", &suite_hardware },
	{ "iter", &suite_iter },
	{ "yield", &suite_yield },
	{ "checker", &suite_checker },
	{ "print", &suite_print },
	{ "input", &suite_input },
	{ "alloc", &suite_alloc },
	{ "tlb", &suite_tlb },
	{ "choke", &suite_choke },
	{ "debt", &suite_debt },
	{ "explorer", &suite_explorer },
	{ "interleave", &suite_interleave },
	{ "decode", &suite_decode },
	{ "fault", &suite_fault },
	{ "taking", &suite_taking },
	{ "roots", &suite_roots },
	{ "roots_tdp", &suite_roots_tdp },
	{ "retry", &suite_retry },
	{ "model", &suite_model },
	{ NULL, NULL },
};
