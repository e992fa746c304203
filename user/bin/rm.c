/*
 * rm [-rf] path...: remove files; -r: and directories with all they hold; -f: it is no error if there is nothing.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"

static struct {
	bool recursive, force;
} option;

static int remove_file(const char *path)
{
	struct stat st;

	if (stat_path(path, &st) == 0 && st.type == T_DIR)
		return -EISDIR;
	return unlink(path);
}

static void report(const char *path, int error)
{
	if (error != -ENOENT || !option.force)
		warn(path, error);
}

static int remove(const char *path)
{
	if (option.recursive)
		return remove_tree(path, report);
	int error = remove_file(path);

	if (error)
		report(path, error);
	return error;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "rf", "rm [-rf] path...");
	int status = 0;

	for (int flag; (flag = args_flag(&a));) {
		option.recursive |= flag == 'r';
		option.force |= flag == 'f';
	}
	if (!args_left(&a) && !option.force)
		args_usage(&a);
	for (char *path; (path = args_next(&a));) {
		int error = remove(path);

		if (error && !(error == -ENOENT && option.force))
			status = 1;
	}
	return status;
}
