/*
 * Directories.
 */
#include "io.h"
#include "stdlib.h"
#include "string.h"

int dir_open(struct dir *d, const char *path)
{
	struct stat st;

	*d = (struct dir){ .fd = open(path, O_RDONLY) };
	if (d->fd < 0)
		return d->fd;
	int error = fstat(d->fd, &st);

	if (!error && st.type != T_DIR)
		error = -ENOTDIR;
	if (error)
		close(d->fd);
	return error;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int dir_next(struct dir *d, struct dirent **entry)
{
	do {
		if (d->at == d->count) {
			s64 n = getdents(d->fd, d->entry, sizeof(d->entry) / sizeof(d->entry[0]));

			if (n <= 0)
				return n;
			d->count = n;
			d->at = 0;
		}
		*entry = &d->entry[d->at++];
	} while (is_dots((*entry)->name));
	return 1;
}

void dir_close(struct dir *d)
{
	close(d->fd);
}

void names_free(char **names, size_t count)
{
	while (count)
		free(names[--count]);
	free(names);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct dir *d, char ***names, size_t *count)
{
	struct dirent *entry;
	int more;

	while ((more = dir_next(d, &entry)) > 0) {
		char **larger = realloc(*names, (*count + 1) * sizeof(char *));

		if (!larger)
			return -ENOMEM;
		*names = larger;
		if (!(larger[*count] = strdup(entry->name)))
			return -ENOMEM;
		++*count;
	}
	return more;
}

int dir_read_sorted(const char *path, char ***names, size_t *count)
{
	struct dir d;
	int error = dir_open(&d, path);

	*names = NULL;
	*count = 0;
	if (error)
		return error;
	error = read_names(&d, names, count);
	dir_close(&d);
	if (error) {
		names_free(*names, *count);
		return error;
	}
	qsort(*names, *count, sizeof(char *), compare_names);
	return 0;
}

/*
 * The directory is read anew after each pass that removed something: an entry that moves while others are unlinked is
 * found in the next pass.
 */
static int empty_dir(const char *path, void (*report)(const char *path, int error))
{
	size_t count;
	char **names, *inner = malloc(PATH_MAX);
	int error = inner ? dir_read_sorted(path, &names, &count) : -ENOMEM, first = error;

	for (size_t i = 0; !error && i < count; i++) {
		int e = path_join(inner, path, names[i]);

		if (!e)
			e = remove_tree(inner, report);
		if (!first)
			first = e;
	}
	if (!error)
		names_free(names, count);
	free(inner);
	return first;
}

/* unlink() alone removes all but directories that are not empty. */
int remove_tree(const char *path, void (*report)(const char *path, int error))
{
	int error = unlink(path);

	if (error == -ENOTEMPTY) {
		error = empty_dir(path, report);
		if (!error)
			error = unlink(path);
		else
			return error;
	}
	if (error && report)
		report(path, error);
	return error;
}
