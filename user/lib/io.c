/*
 * Files and paths.
 */
#include "io.h"
#include "string.h"

int write_all(s64 fd, const void *buf, size_t size)
{
	const u8 *p = buf;

	while (size) {
		s64 n = write(fd, p, size);

		if (n < 0)
			return n;
		p += n;
		size -= n;
	}
	return 0;
}

s64 read_all(s64 fd, void *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		s64 n = read(fd, (u8 *)buf + done, size - done);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += n;
	}
	return done;
}

int copy_file(s64 from, s64 to, s64 *failed)
{
	static char buf[16 * 1024];
	s64 n, bad = from;
	int error;

	while ((n = error = read(from, buf, sizeof(buf))) > 0) {
		if ((error = write_all(to, buf, n)) < 0) {
			bad = to;
			break;
		}
	}
	if (error < 0 && failed)
		*failed = bad;
	return error < 0 ? error : 0;
}

bool is_console(s64 fd)
{
	u32 mode;

	return ioctl(fd, TTY_GETMODE, (u64)&mode) == 0;
}

int stat_path(const char *path, struct stat *stat)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	int error = fstat(fd, stat);

	close(fd);
	return error;
}

char *path_base(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
	char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

int path_join(char to[PATH_MAX], const char *dir, const char *name)
{
	size_t length = strlcpy(to, dir, PATH_MAX);

	if (length < PATH_MAX && (!length || to[length - 1] != '/'))
		length = strlcat(to, "/", PATH_MAX);
	if (length < PATH_MAX)
		length = strlcat(to, name, PATH_MAX);
	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}
