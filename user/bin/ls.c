/*
 * ls [-a1il] [path...]: what is in a directory, sorted by name.
 *
 *	-a  names that start with a dot, too      -1  one name a line (always so if the output is not the console)
 *	-i  with inode numbers                    -l  with type, links and size (of a device: its numbers)
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

#define SCREEN_WIDTH 80

static struct {
	bool all, inode, details, one_column;
} show;

static void print_details(const struct stat *st)
{
	static const char letters[] = "?-dcp"; /* by enum file_type */

	printf("%c %3u ", letters[st->type <= T_PIPE ? st->type : 0], st->nlink);
	if (st->type == T_DEV)
		printf("%6u,%3u ", st->major, st->minor);
	else
		printf("%10lu ", st->size);
}

/* One line about the file at path, which is called name. */
static int print_file(const char *path, const char *name)
{
	struct stat st;
	int error = show.inode || show.details ? stat_path(path, &st) : 0;

	if (error) {
		warn(path, error);
		return error;
	}
	if (show.inode)
		printf("%6u ", st.ino);
	if (show.details)
		print_details(&st);
	printf("%s\n", name);
	return 0;
}

/* Names in as many columns as fit the screen, sorted downwards. */
static void print_columns(char **names, size_t count)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++)
		width = strlen(names[i]) > width ? strlen(names[i]) : width;
	size_t columns = SCREEN_WIDTH / (width + 2) ? SCREEN_WIDTH / (width + 2) : 1;
	size_t rows = (count + columns - 1) / columns;

	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < count; i += rows)
			printf("%-*s", i + rows < count ? (int)width + 2 : 0, names[i]);
		printf("\n");
	}
}

static int print_names(const char *path, char **names, size_t count)
{
	static char inner[PATH_MAX];
	int status = 0;

	if (!show.one_column && !show.details && !show.inode) {
		print_columns(names, count);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		int error = path_join(inner, path, names[i]);

		if (!error)
			error = print_file(inner, names[i]);
		if (error)
			status = error;
	}
	return status;
}

/* Take the names that are not to be shown out of the list. */
static size_t hide_dots(char **names, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (names[i][0] == '.' && !show.all)
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	return kept;
}

static int list_dir(const char *path)
{
	char **names;
	size_t count;
	int error = dir_read_sorted(path, &names, &count);

	if (error) {
		warn(path, error);
		return error;
	}
	count = hide_dots(names, count);
	error = print_names(path, names, count);
	names_free(names, count);
	return error;
}

static int list(const char *path)
{
	struct stat st;
	int error = stat_path(path, &st);

	if (error) {
		warn(path, error);
		return error;
	}
	return st.type == T_DIR ? list_dir(path) : print_file(path, path);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "a1il", "ls [-a1il] [path...]");
	int status = 0;

	show.one_column = !is_console(1);
	for (int flag; (flag = args_flag(&a));) {
		show.all |= flag == 'a';
		show.one_column |= flag == '1';
		show.inode |= flag == 'i';
		show.details |= flag == 'l';
	}
	bool several = args_left(&a) > 1;

	if (!args_left(&a))
		return list(".") ? 1 : 0;
	for (char *path; (path = args_next(&a));) {
		if (several)
			printf("%s:\n", path);
		if (list(path))
			status = 1;
		if (several && args_left(&a))
			printf("\n");
	}
	return status;
}
