/*
 * ln old new: another name for the file `old` (a link).  If new is a directory, the name goes into it.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "", "ln old new");
	static char inner[PATH_MAX];
	struct stat st;

	args_flag(&a);
	if (args_left(&a) != 2)
		args_usage(&a);
	char *old = args_next(&a), *new = args_next(&a);

	if (stat_path(new, &st) == 0 && st.type == T_DIR && path_join(inner, new, path_base(old)) == 0)
		new = inner;
	int error = link(old, new);

	if (error)
		warn(error == -EEXIST ? new : old, error);
	return error ? 1 : 0;
}
