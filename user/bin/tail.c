/*
 * tail [-n lines] [file]: the last lines of a file; 10 of them.
 */
#include "args.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

/* The last lines seen, in a ring: line k is in ring[k % size]. */
static int tail(int fd, u64 size)
{
	char **ring = calloc(size ? size : 1, sizeof(char *));
	struct reader r;
	u64 count = 0;
	int more;

	if (!ring)
		return -ENOMEM;
	reader_init(&r, fd);
	while ((more = reader_next(&r)) > 0 && size) {
		char **place = &ring[count++ % size];

		free(*place);
		if (!(*place = strdup(r.line)))
			return -ENOMEM;
	}
	for (u64 i = count > size ? count - size : 0; i < count; i++)
		puts(ring[i % size]);
	return more < 0 ? more : 0;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "n:", "tail [-n lines] [file]");
	s64 lines = 10;

	while (args_flag(&a))
		lines = args_number(&a);
	if (args_left(&a) > 1 || lines < 0)
		args_usage(&a);
	char *name = args_next(&a);
	int fd = name ? open(name, O_RDONLY) : 0;
	int error = fd < 0 ? fd : tail(fd, lines);

	if (error)
		die(name ? name : "input", error);
	return 0;
}
