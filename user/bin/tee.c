/*
 * tee [-a] file...: copy what comes in to the output and to the files; -a: to their ends.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "a", "tee [-a] file...");
	static char buf[16 * 1024];
	u64 mode = O_TRUNC;
	int fd[16] = { 1 }, count = 1, status = 0;
	s64 n;

	while (args_flag(&a))
		mode = O_APPEND;
	if (args_left(&a) >= 16)
		die("too many files", 0);
	for (char *name; (name = args_next(&a));) {
		int file = open(name, O_WRONLY | O_CREATE | mode);

		if (file < 0)
			die(name, file);
		fd[count++] = file;
	}
	while ((n = read(0, buf, sizeof(buf))) > 0)
		for (int i = 0; i < count; i++)
			if (write_all(fd[i], buf, n))
				status = 1;
	if (n < 0)
		die("input", n);
	return status;
}
