/*
 * Leaves of this machine's second stage: has hardware all that it wants in them?
 */
#include "grading/suites/hyp/stage2.h"
#include "grading/ktest/ktest.h"

static void check_leaf(int level, u32 rights)
{
	char bits[STAGE2_BITS_MAX];
	const char *lacks = stage2_leaf(level, rights, bits);

	ASSERT_FALSE(lacks, "[LEAF-USER-MISSING] did make a leaf, level %d, r%c%c | got %s | expected %s", level,
		     rights & STAGE2_WRITE ? 'w' : '-', rights & STAGE2_EXEC ? 'x' : '-', bits,
		     lacks ? lacks + strlen("lacks ") : "");
}

static void leaves_lack_nothing(void)
{
	for (int level = 0; level < 3; level++) {
		check_leaf(level, STAGE2_READ);
		check_leaf(level, STAGE2_READ | STAGE2_WRITE);
		check_leaf(level, STAGE2_READ | STAGE2_EXEC);
		check_leaf(level, STAGE2_READ | STAGE2_WRITE | STAGE2_EXEC);
	}
}

static const struct ktest_case cases[] = {
	CASE(leaves_lack_nothing),
};
KTEST_SUITE(hyp_leaf, cases);
