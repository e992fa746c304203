/*
 * cp [-r] from... to: copy files; into the directory `to`, if it is one; -r: directories with all they hold.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

static bool recursive;

static int copy(const char *from, const char *to);

static int complain(const char *path, int error)
{
	warn(path, error);
	return error;
}

static int copy_data(int from_fd, const char *from, const char *to)
{
	int to_fd = open(to, O_WRONLY | O_CREATE | O_TRUNC);
	s64 failed;

	if (to_fd < 0)
		return complain(to, to_fd);
	int error = copy_file(from_fd, to_fd, &failed);

	close(to_fd);
	return error ? complain(failed == to_fd ? to : from, error) : 0;
}

/* Copy the entries called names[] of one directory to another. */
static int copy_entries(const char *from, const char *to, char **names, size_t count)
{
	char *inner_from = must_malloc(PATH_MAX), *inner_to = must_malloc(PATH_MAX);
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		int error = path_join(inner_from, from, names[i]);

		if (!error)
			error = path_join(inner_to, to, names[i]);
		if (error)
			complain(names[i], error);
		else
			error = copy(inner_from, inner_to);
		if (error)
			status = error;
	}
	free(inner_from);
	free(inner_to);
	return status;
}

/* The names are read before the copy is made: a directory copied into itself ends. */
static int copy_dir(const char *from, const char *to)
{
	char **names;
	size_t count;
	int error = dir_read_sorted(from, &names, &count);

	if (error)
		return complain(from, error);
	error = mkdir(to);
	if (error && error != -EEXIST)
		complain(to, error);
	else
		error = copy_entries(from, to, names, count);
	names_free(names, count);
	return error;
}

static int copy_opened(int fd, const char *from, const char *to)
{
	struct stat st, there;
	int error = fstat(fd, &st);

	if (error)
		return complain(from, error);
	if (stat_path(to, &there) == 0 && there.ino == st.ino && there.dev == st.dev && there.type == st.type) {
		warn("source and target are the same", 0);
		return -EINVAL;
	}
	if (st.type != T_DIR)
		return copy_data(fd, from, to);
	return recursive ? copy_dir(from, to) : complain(from, -EISDIR);
}

static int copy(const char *from, const char *to)
{
	int fd = open(from, O_RDONLY);

	if (fd < 0)
		return complain(from, fd);
	int error = copy_opened(fd, from, to);

	close(fd);
	return error;
}

static int copy_into(char *from, const char *dir)
{
	static char inner[PATH_MAX];
	int error = path_join(inner, dir, path_base(from));

	return error ? complain(from, error) : copy(from, inner);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "r", "cp [-r] from... to");
	struct stat st;
	int status = 0;

	while (args_flag(&a))
		recursive = true;
	if (args_left(&a) < 2)
		args_usage(&a);
	const char *to = argv[argc - 1];
	bool into = stat_path(to, &st) == 0 && st.type == T_DIR;

	if (args_left(&a) > 2 && !into)
		die(to, -ENOTDIR);
	while (args_left(&a) > 1) {
		char *from = args_next(&a);

		if (into ? copy_into(from, to) : copy(from, to))
			status = 1;
	}
	return status;
}
