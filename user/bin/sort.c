/*
 * sort [-nru] [file...]: the lines in order; -n: as numbers; -r: backwards; -u: equal lines once.
 */
#include "args.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

static struct {
	bool numeric, reverse, unique;
} option;

static struct {
	char **line;
	size_t count, room;
} all;

static int compare(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int order = 0;

	if (option.numeric) {
		s64 n = strtol(x, NULL, 10), m = strtol(y, NULL, 10);

		order = n < m ? -1 : n > m;
	}
	if (!order)
		order = strcmp(x, y);
	return option.reverse ? -order : order;
}

static int take_lines(int fd)
{
	struct reader r;
	int more;

	reader_init(&r, fd);
	while ((more = reader_next(&r)) > 0) {
		if (all.count == all.room) {
			all.room = 2 * all.room + 64;
			all.line = must_realloc(all.line, all.room * sizeof(char *));
		}
		all.line[all.count] = must_malloc(r.length + 1);
		memcpy(all.line[all.count++], r.line, r.length + 1);
	}
	reader_free(&r);
	return more;
}

static void take_file(const char *name)
{
	int fd = open(name, O_RDONLY);
	int error = fd < 0 ? fd : take_lines(fd);

	if (error)
		die(name, error);
	close(fd);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "nru", "sort [-nru] [file...]");

	for (int flag; (flag = args_flag(&a));) {
		option.numeric |= flag == 'n';
		option.reverse |= flag == 'r';
		option.unique |= flag == 'u';
	}
	int error = args_left(&a) ? 0 : take_lines(0);

	if (error)
		die("input", error);
	for (char *name; (name = args_next(&a));)
		take_file(name);
	qsort(all.line, all.count, sizeof(char *), compare);
	for (size_t i = 0; i < all.count; i++)
		if (!option.unique || i == 0 || compare(&all.line[i], &all.line[i - 1]) != 0)
			puts(all.line[i]);
	return 0;
}
