/*
 * Leaves of this machine's second stage: has hardware all that it wants in them?
 */
#include "grading/suites/hyp/stage2.h"
#include "grading/ktest/ktest.h"

static void leaves_lack_nothing(void)
{
	static const u32 rights[] = {
		STAGE2_READ, STAGE2_READ | STAGE2_WRITE, STAGE2_READ | STAGE2_EXEC,
		STAGE2_READ | STAGE2_WRITE | STAGE2_EXEC,
	};
	char bits[STAGE2_BITS_MAX];

	for (int level = 0; level < 3; level++) {
		for (u32 i = 0; i < ARRAY_SIZE(rights); i++) {
			const char *lacks = stage2_leaf(level, rights[i], bits);

			ASSERT_FALSE(lacks, "[LEAF-USER-MISSING] did make a leaf of level %d, r%c%c | got %s | expected %s",
				     level, rights[i] & STAGE2_WRITE ? 'w' : '-', rights[i] & STAGE2_EXEC ? 'x' : '-', bits,
				     lacks ? lacks + strlen("lacks ") : "");
		}
	}
}

static const struct ktest_case cases[] = {
	CASE(leaves_lack_nothing),
};
KTEST_SUITE(hyp_leaf, cases);
