/*
 * Bytes as sequences of operations, for a fuzzer.
 */
#ifndef SUITES_MMU_FUZZ_H
#define SUITES_MMU_FUZZ_H

#include "grading/suites/mmu/suite.h"

#define FUZZ_OP_BYTES  12 /* of one operation */
#define FUZZ_BYTES_MAX (1 + 60 * FUZZ_OP_BYTES)

/* Run the sequence; false if it fails, after it was printed, as short as it can be. */
bool fuzz_one(const struct mmu_env *env, const uint8_t *bytes, size_t size);

#endif
