/*
 * mv old... new: give a file or directory another name; into the directory `new`, if it is one.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return stat_path(path, &st) == 0 && st.type == T_DIR;
}

static int move_into(char *old, const char *dir)
{
	static char inner[PATH_MAX];
	int error = path_join(inner, dir, path_base(old));

	return error ? error : rename(old, inner);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "f", "mv old... new");
	int status = 0;

	while (args_flag(&a))
		; /* -f is what it does anyway */
	if (args_left(&a) < 2)
		args_usage(&a);
	const char *new = argv[argc - 1];
	bool into = is_dir(new);

	if (args_left(&a) > 2 && !into)
		die(new, -ENOTDIR);
	while (args_left(&a) > 1) {
		char *old = args_next(&a);
		int error = into ? move_into(old, new) : rename(old, new);

		if (error) {
			warn(old, error);
			status = 1;
		}
	}
	return status;
}
