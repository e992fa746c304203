/*
 * mkdir [-p] directory...: make directories; -p: also those on the way, and it is no error if they exist.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "string.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return stat_path(path, &st) == 0 && st.type == T_DIR;
}

static int make_one(const char *path)
{
	int error = mkdir(path);

	return error == -EEXIST && is_dir(path) ? 0 : error;
}

/* Make each prefix of path that ends before a slash, and then path. */
static int make_path(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		int error = make_one(path);

		*slash = '/';
		if (error)
			return error;
	}
	return make_one(path);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "p", "mkdir [-p] directory...");
	bool parents = false;
	int status = 0;

	while (args_flag(&a))
		parents = true;
	if (!args_left(&a))
		args_usage(&a);
	for (char *path; (path = args_next(&a));) {
		int error = parents ? make_path(path) : mkdir(path);

		if (error) {
			warn(path, error);
			status = 1;
		}
	}
	return status;
}
