/*
 * A format of which no machine reports faults here: nothing to decode.
 */
#include "grading/suites/mmu/check.h"

const struct check_suite suite_decode = { "decode", NULL, 0 };
