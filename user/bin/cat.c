/*
 * cat [file...]: copy the files, or what comes in, to the output.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

static int cat(const char *name, int fd)
{
	s64 failed;
	int error = copy_file(fd, 1, &failed);

	if (error == -EPIPE)
		exit(1); /* whoever reads has seen enough */
	if (error && failed == 1)
		die("output", error);
	if (error)
		warn(name, error);
	return error;
}

static int cat_file(const char *name)
{
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		warn(name, fd);
		return fd;
	}
	int error = cat(name, fd);

	close(fd);
	return error;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "", "cat [file...]");
	int status = 0;

	args_flag(&a);
	if (!args_left(&a))
		return cat("input", 0) ? 1 : 0;
	for (char *name; (name = args_next(&a));) {
		int error = strcmp(name, "-") == 0 ? cat("input", 0) : cat_file(name);

		if (error)
			status = 1;
	}
	return status;
}
