/*
 * Running one case by itself; instances and the fuzzer use it.
 */
#ifndef SUITES_MMU_HARNESS_H
#define SUITES_MMU_HARNESS_H

#include "grading/suites/mmu/suite.h"

enum mmu_verdict run_check_case(const struct check_case *c, const struct mmu_env *env);

#endif
