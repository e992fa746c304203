/*
 * touch file...: make the files that do not exist, empty.
 */
#include "args.h"
#include "stdio.h"
#include "sys.h"

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "", "touch file...");
	int status = 0;

	args_flag(&a);
	if (!args_left(&a))
		args_usage(&a);
	for (char *name; (name = args_next(&a));) {
		int fd = open(name, O_RDONLY | O_CREATE);

		if (fd < 0) {
			warn(name, fd);
			status = 1;
		} else {
			close(fd);
		}
	}
	return status;
}
