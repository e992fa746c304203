/*
 * What the errors of abi/errno.h mean.
 */
#include "string.h"
#include "abi/errno.h"

static const struct {
	int error;
	const char *text;
} texts[] = {
	{ 0, "no error" },
	{ EPERM, "not allowed" },
	{ ENOENT, "no such file or directory" },
	{ ESRCH, "no such process" },
	{ EINTR, "interrupted" },
	{ EIO, "input/output error" },
	{ ENXIO, "no such device" },
	{ E2BIG, "arguments too long" },
	{ ENOEXEC, "not a program for this machine" },
	{ EBADF, "bad file descriptor" },
	{ ECHILD, "no child process" },
	{ EAGAIN, "temporarily not possible" },
	{ ENOMEM, "out of memory" },
	{ EFAULT, "bad address" },
	{ EBUSY, "in use" },
	{ EEXIST, "exists already" },
	{ EXDEV, "on another device" },
	{ ENODEV, "the device cannot do that" },
	{ ENOTDIR, "not a directory" },
	{ EISDIR, "is a directory" },
	{ EINVAL, "invalid argument" },
	{ ENFILE, "too many open files in the system" },
	{ EMFILE, "too many open files" },
	{ ENOTTY, "not possible on this kind of file" },
	{ EFBIG, "file too large" },
	{ ENOSPC, "disk full" },
	{ ESPIPE, "cannot seek" },
	{ EROFS, "read-only" },
	{ EMLINK, "too many links" },
	{ EPIPE, "nobody reads the pipe" },
	{ ERANGE, "out of range" },
	{ EDEADLK, "would wait for itself" },
	{ ENAMETOOLONG, "name too long" },
	{ ENOSYS, "no such system call" },
	{ ENOTEMPTY, "directory not empty" },
	{ ELOOP, "the same again and again" },
	{ EOVERFLOW, "value too large" },
	{ ETIMEDOUT, "timed out" },
	{ EDQUOT, "over a limit" },
};

const char *strerror(int error)
{
	if (error < 0)
		error = -error;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].error == error)
			return texts[i].text;
	return "unknown error";
}
