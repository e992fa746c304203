/*
 * Files, directories and paths: what programs do again and again with the calls of sys.h.
 */
#ifndef USER_IO_H
#define USER_IO_H

#include "sys.h"

/* Write all of it: 0 or -E... */
int write_all(s64 fd, const void *buf, size_t size);

/* Read until size bytes are there or the file ends: how many, or -E... */
s64 read_all(s64 fd, void *buf, size_t size);

/* Copy the rest of one file to another: 0, or -E...; *failed (if not NULL) is the descriptor that made the error. */
int copy_file(s64 from, s64 to, s64 *failed);

bool is_console(s64 fd);

/* fstat() by path.  Opens the file for reading. */
int stat_path(const char *path, struct stat *stat);

/* What is behind the last slash ("a/b/" is "b", "/" is "/"): points into path, and shortens it by its last slashes. */
char *path_base(char *path);

/* "dir/name" in to: 0 or -ENAMETOOLONG. */
int path_join(char to[PATH_MAX], const char *dir, const char *name);

/*
 * The entries of a directory, without "." and "..", one at a time.  An entry that is unlinked while the directory is
 * read does not disturb the others.
 */
struct dir {
	int fd;
	int count, at;
	struct dirent entry[16];
};

int dir_open(struct dir *d, const char *path);      /* 0 or -E... */
int dir_next(struct dir *d, struct dirent **entry); /* 1, 0 at the end, or -E... */
void dir_close(struct dir *d);

/* All names of a directory, sorted, from malloc(): *names is an array of *count strings.  0 or -E... */
int dir_read_sorted(const char *path, char ***names, size_t *count);
void names_free(char **names, size_t count);

/*
 * Remove path and, if it is a directory, all below it.  0 or the first error; report (if not NULL) is called with each
 * path that could not be removed.
 */
int remove_tree(const char *path, void (*report)(const char *path, int error));

#endif
