/*
 * Looking at machines that run, in this process or in others.
 */
#ifndef VM_WATCH_H
#define VM_WATCH_H

#include "abi/vm.h"

/* Statistics of the machine that a process is the monitor of: 0, -ENOENT, or what the kernel answers. */
int stat_of_process(int dev, int pid, struct vm_stat *stat);

/* How often a vCPU left the guest. */
u64 vcpu_exits(const struct vm_vcpu_stat *stat);

/* As text, with `eol` at the end of each line. */
void print_stat(int fd, const struct vm_stat *stat, const char *eol);

/* What `vm why` says of an address, to a file descriptor.  Nothing, if the kernel does not answer. */
void print_why(int fd, int dev, u32 id, u64 at);

/* The commands: their arguments, and what `vm` exits with. */
int watch_list(int argc, char **argv);
int watch_stat(int argc, char **argv);
int watch_dump(int argc, char **argv);
int watch_why(int argc, char **argv);
int watch_trace(int argc, char **argv);

#endif
