/*
 * The host's operating system.  See os.h.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void *os_alloc_page_aligned(size_t size)
{
	void *p;

	return posix_memalign(&p, size < 4096 ? 16 : 4096, size) == 0 ? p : NULL;
}

void *os_alloc_zeroed(size_t size)
{
	return calloc(1, size);
}

void os_free(void *p)
{
	free(p);
}

bool os_is_zero(const void *data, size_t size)
{
	const char *p = data;

	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

u64 os_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

void os_yield(void)
{
	sched_yield();
}

/* ---- Files --------------------------------------------------------------------------------------------- */

int os_open(const char *path, enum os_open how)
{
	static const int flags[] = { O_RDONLY, O_RDWR, O_RDWR | O_CREAT | O_TRUNC };

	return open(path, flags[how] | O_CLOEXEC, 0666);
}

void os_close(int fd)
{
	close(fd);
}

bool os_read_at(int fd, u64 offset, void *buf, size_t size)
{
	while (size > 0) {
		ssize_t n = pread(fd, buf, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf = (char *)buf + n;
		offset += (u64)n;
		size -= (size_t)n;
	}
	return true;
}

bool os_write_at(int fd, u64 offset, const void *buf, size_t size)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, buf, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf = (const char *)buf + n;
		offset += (u64)n;
		size -= (size_t)n;
	}
	return true;
}

bool os_set_size(int fd, u64 size)
{
	return ftruncate(fd, (off_t)size) == 0;
}

s64 os_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (s64)st.st_size : -1;
}

const char *os_error(void)
{
	return strerror(errno);
}

/* ---- Directories --------------------------------------------------------------------------------------- */

static enum os_type type_of(const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = malloc(size);
	struct stat st;
	enum os_type type = OS_OTHER;

	if (!path)
		return OS_OTHER;
	snprintf(path, size, "%s/%s", directory, name);
	if (stat(path, &st) == 0)
		type = S_ISREG(st.st_mode) ? OS_FILE : S_ISDIR(st.st_mode) ? OS_DIRECTORY : OS_OTHER;
	free(path);
	return type;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct os_entry *)a)->name, ((const struct os_entry *)b)->name);
}

static bool add_entry(struct os_entry **entries, s64 count, const char *path, const char *name)
{
	struct os_entry *more = realloc(*entries, ((size_t)count + 1) * sizeof(*more));

	if (!more)
		return false;
	*entries = more;
	more[count].name = strdup(name);
	more[count].type = type_of(path, name);
	return more[count].name != NULL;
}

s64 os_list(const char *path, struct os_entry **entries)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	s64 count = 0;

	*entries = NULL;
	if (!dir)
		return -1;
	while ((d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (!add_entry(entries, count, path, d->d_name))
			abort();
		count++;
	}
	closedir(dir);
	if (count > 0)
		qsort(*entries, (size_t)count, sizeof(**entries), by_name);
	return count;
}

void os_free_list(struct os_entry *entries, s64 count)
{
	for (s64 i = 0; i < count; i++)
		free(entries[i].name);
	free(entries);
}

/* ---- Processes ----------------------------------------------------------------------------------------- */

int os_run(int (*fn)(void *arg), void *arg, u32 seconds)
{
	int status;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid < 0)
		return 127;
	if (pid == 0) {
		alarm(seconds);
		status = fn(arg);
		fflush(stdout);
		_exit(status);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
