/*
 * Pipes: bytes go in at one file and come out at another, in order, through a ring of four pages.
 *
 * A write of up to PIPE_ATOMIC bytes is never mixed with other writes.  A reader waits for the first byte and takes
 * what is there; 0 once it is empty and no writer is left.  A writer waits for room; -EPIPE once no reader is left.  A
 * wait ends with -EINTR when the process is being killed.
 */
#ifndef KERNEL_FS_PIPE_H
#define KERNEL_FS_PIPE_H

#include "fs/file.h"

#define PIPE_ATOMIC 4096

/* A new pipe: *reader and *writer, each with count 1.  0 or -ENOMEM. */
int pipe_create(struct file **reader, struct file **writer);

#endif
