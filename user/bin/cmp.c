/*
 * cmp [-s] file file: where two files differ first; -s: say nothing.  Exit status: 0 equal, 1 different, 2 trouble.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"

static int open_or_exit(const char *name)
{
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		warn(name, fd);
		exit(2);
	}
	return fd;
}

static NORETURN void trouble(const char *name, s64 error)
{
	warn(name, error);
	exit(2);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "s", "cmp [-s] file file");
	static u8 x[16 * 1024], y[sizeof(x)];
	bool silent = false;
	u64 offset = 0;
	s64 n, m;

	while (args_flag(&a))
		silent = true;
	if (args_left(&a) != 2)
		args_usage(&a);
	char *first = args_next(&a), *second = args_next(&a);
	int fd1 = open_or_exit(first), fd2 = open_or_exit(second);

	do {
		if ((n = read_all(fd1, x, sizeof(x))) < 0)
			trouble(first, n);
		if ((m = read_all(fd2, y, sizeof(y))) < 0)
			trouble(second, m);
		s64 at = 0;

		while (at < n && at < m && x[at] == y[at])
			at++;
		if (at < n || at < m) {
			if (!silent)
				printf("%s %s differ: byte %lu\n", first, second, offset + at + 1);
			return 1;
		}
		offset += n;
	} while (n > 0);
	return 0;
}
