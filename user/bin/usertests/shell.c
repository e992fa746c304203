/*
 * The shell and the utilities: scripts in /tests that check themselves.
 */
#include "test.h"

TEST(shell, language)
{
	EXPECT_EQ(run_program((const char *[]){ "/bin/sh", "/tests/sh.sh", NULL }), 0);
}

TEST(shell, utilities)
{
	EXPECT_EQ(run_program((const char *[]){ "/bin/sh", "/tests/utilities.sh", NULL }), 0);
}
