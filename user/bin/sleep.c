/*
 * sleep seconds: wait.  Fractions are fine: sleep 0.25.
 */
#include "ctype.h"
#include "stdio.h"
#include "stdlib.h"
#include "sys.h"

/* "seconds[.fraction]" in ns; false if it is something else. */
static bool parse_seconds(const char *s, u64 *ns)
{
	u64 unit = SECOND;

	if (!isdigit(*s))
		return false;
	for (*ns = 0; isdigit(*s); s++)
		*ns = *ns * 10 + (*s - '0') * SECOND;
	if (*s == '.')
		for (s++; isdigit(*s); s++)
			*ns += (*s - '0') * (unit /= 10);
	return !*s;
}

int main(int argc, char **argv)
{
	u64 ns;

	if (argc != 2 || !parse_seconds(argv[1], &ns)) {
		dprintf(2, "usage: sleep seconds\n");
		return 2;
	}
	int error = sleep(ns);

	if (error)
		die("sleep", error);
	return 0;
}
