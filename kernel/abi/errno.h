/*
 * Errors.  A system call answers -E... and so does every kernel function that can fail; there is no errno
 * variable anywhere.
 */
#ifndef ABI_ERRNO_H
#define ABI_ERRNO_H

#define EPERM        1  /* not allowed */
#define ENOENT       2  /* no such file, directory or thing */
#define ESRCH        3  /* no such process or thread */
#define EINTR        4  /* the caller is being killed */
#define EIO          5  /* the device failed */
#define ENXIO        6  /* no such device */
#define E2BIG        7  /* arguments too long */
#define ENOEXEC      8  /* not a program for this machine */
#define EBADF        9  /* not an open file, or not open for that */
#define ECHILD      10  /* no child to wait for */
#define EAGAIN      11  /* not now; nothing was changed */
#define ENOMEM      12  /* no memory */
#define EFAULT      14  /* a bad user address */
#define EBUSY       16  /* in use */
#define EEXIST      17  /* is there already */
#define EXDEV       18  /* on another device */
#define ENODEV      19  /* the device cannot do that */
#define ENOTDIR     20  /* not a directory */
#define EISDIR      21  /* a directory */
#define EINVAL      22  /* a bad argument */
#define ENFILE      23  /* the kernel's table is full */
#define EMFILE      24  /* the process's table is full */
#define ENOTTY      25  /* no such ioctl here */
#define EFBIG       27  /* file too large */
#define ENOSPC      28  /* the disk is full */
#define ESPIPE      29  /* cannot seek here */
#define EROFS       30  /* read-only */
#define EMLINK      31  /* too many links */
#define EPIPE       32  /* nobody reads the pipe */
#define ERANGE      34  /* out of range */
#define EDEADLK     35  /* would wait for itself */
#define ENAMETOOLONG 36 /* name too long */
#define ENOSYS      38  /* no such call */
#define ENOTEMPTY   39  /* directory not empty */
#define ELOOP       40  /* again and again the same */
#define EOVERFLOW   75  /* value too large */
#define ETIMEDOUT  110  /* time is up */
#define EDQUOT     122  /* over a limit */

#endif
