/*
 * head [-n lines] [file...]: the first lines of files; 10 of them.
 */
#include "args.h"
#include "stdio.h"
#include "sys.h"

static int head(int fd, s64 lines)
{
	struct reader r;
	int more = 0;

	reader_init(&r, fd);
	while (lines-- > 0 && (more = reader_next(&r)) > 0) {
		print_bytes(r.line, r.length);
		if (r.newline)
			putchar('\n');
	}
	reader_free(&r);
	return more < 0 ? more : 0;
}

static int head_file(const char *name, s64 lines)
{
	int fd = open(name, O_RDONLY);
	int error = fd < 0 ? fd : head(fd, lines);

	if (error)
		warn(name, error);
	if (fd >= 0)
		close(fd);
	return error;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "n:", "head [-n lines] [file...]");
	s64 lines = 10;
	int status = 0;

	while (args_flag(&a))
		lines = args_number(&a);
	bool several = args_left(&a) > 1;

	if (!args_left(&a))
		return head(0, lines) ? 1 : 0;
	for (char *name; (name = args_next(&a));) {
		if (several)
			printf("==> %s <==\n", name);
		if (head_file(name, lines))
			status = 1;
	}
	return status;
}
